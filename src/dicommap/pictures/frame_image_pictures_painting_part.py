"""One image of a file, painted to a size; or the words why it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.errors import InvalidDicomError

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.pictures.codec_process import CODEC_PROCESS
from dicommap.pictures.decodable_file import has_native_compression
from dicommap.pictures.drawing import resize_image
from dicommap.pictures.frame_decoding import decode_frame
from dicommap.pictures.frame_image import pixel_aspect_ratio, to_8_bit_pixels
from dicommap.pictures.picture_file import NoPictureError

if TYPE_CHECKING:
    from PIL.Image import Image

    from dicommap.pictures.picture_file import PictureFile


def render_frame(file: PictureFile, index: int, size: int | None) -> tuple[Image, str]:
    """Return a frame, counted from 0, as an image, and a remark on its window; codecs work in a process of their own.

    Raises NoPictureError, and nothing else, whatever the file holds.
    """
    return (
        CODEC_PROCESS.painted(file, index, size)
        if has_native_compression(file.path)
        else render_frame_in_process(file, index, size)
    )


def render_frame_in_process(file: PictureFile, index: int, size: int | None) -> tuple[Image, str]:
    """Do the same in this process, codecs and all."""
    with silence_pydicom():  # what goes wrong is told on the picture
        try:
            frame = decode_frame(file, index)
            array, remark = to_8_bit_pixels(frame, index)
            return resize_image(array, pixel_aspect_ratio(frame.attributes), size), remark
        except NoPictureError:
            raise
        except InvalidDicomError:
            raise NoPictureError("The file has changed since the scan") from None
        except OSError:
            raise NoPictureError("The file cannot be read") from None
        except MemoryError:
            raise NoPictureError("The image is larger than memory") from None
        except Exception as error:  # noqa: BLE001  pydicom and the codecs raise all kinds
            raise NoPictureError(f"The image cannot be decoded ({mask_unknown_type(type(error))})") from None
