"""One image of a file, painted to a size; or the words why it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.errors import InvalidDicomError

from dicommap.model.member_names import shown_type
from dicommap.model.pydicom_words import pydicom_words_kept_back
from dicommap.pictures.codec_process import CODECS
from dicommap.pictures.decoding import decode
from dicommap.pictures.display import displayed, pixel_height
from dicommap.pictures.drawing import fitted
from dicommap.pictures.files import NoPictureError
from dicommap.pictures.plain import is_for_codecs

if TYPE_CHECKING:
    from PIL.Image import Image

    from dicommap.pictures.files import PictureFile


def painted(file: PictureFile, index: int, size: int | None) -> tuple[Image, str]:
    """Return a frame, counted from 0, as an image, and a remark on its window; codecs work in a process of their own.

    Raises NoPictureError, and nothing else, whatever the file holds.
    """
    return CODECS.painted(file, index, size) if is_for_codecs(file.path) else painted_here(file, index, size)


def painted_here(file: PictureFile, index: int, size: int | None) -> tuple[Image, str]:
    """Do the same in this process, codecs and all."""
    with pydicom_words_kept_back():  # what goes wrong is told on the picture
        try:
            frame = decode(file, index)
            array, remark = displayed(frame, index)
            return fitted(array, pixel_height(frame.attributes), size), remark
        except NoPictureError:
            raise
        except InvalidDicomError:
            raise NoPictureError("The file has changed since the scan") from None
        except OSError:
            raise NoPictureError("The file cannot be read") from None
        except MemoryError:
            raise NoPictureError("The image is larger than memory") from None
        except Exception as error:  # noqa: BLE001  pydicom and the codecs raise all kinds
            raise NoPictureError(f"The image cannot be decoded ({shown_type(type(error))})") from None
