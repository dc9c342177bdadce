"""Pictures of series and studies; pixels are read only when a picture is asked for."""

from dicommap.pictures.picture import Picture
from dicommap.pictures.picture_file import PictureFile

__all__ = ["Picture", "PictureFile"]
