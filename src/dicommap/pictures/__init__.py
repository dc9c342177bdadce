"""Pictures of what an inventory names, and plots of what it counts; no pixel is read unless a picture is asked for."""

from dicommap.pictures.picture import Picture
from dicommap.pictures.picture_file import PictureFile

__all__ = ["Picture", "PictureFile"]
