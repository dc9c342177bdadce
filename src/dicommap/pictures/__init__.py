"""Pictures of what an inventory names, and plots of what it counts; no pixel is read unless a picture is asked for."""

from dicommap.pictures.files import PictureFile
from dicommap.pictures.picture import Picture

__all__ = ["Picture", "PictureFile"]
