"""read_data_set(): return the metadata of one P10 file in the DICOM JSON Model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from dicommap.arguments import convert_arguments, to_path
from dicommap.dicom.json_model.from_pydicom import data_set_from_pydicom
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.errors import DocumentError
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from _typeshed import StrPath

    from dicommap.dicom.json_model import DataSet


@convert_arguments(path=to_path)
def read_data_set(path: StrPath) -> tuple[DataSet, list[Issue]]:
    """Return the data set of a P10 file as DICOM JSON without pixel data, and the issues of the file.

    Each value that JSON cannot represent has an issue. If the file is not a P10 file, the data set is empty, and an
    issue reports this.

    Raises:
        DocumentError: The file cannot be opened or read.

    """
    place = Path(path)
    try:
        with silence_pydicom():
            attributes, issues = data_set_from_pydicom(dcmread(place, stop_before_pixels=True))
    except InvalidDicomError:
        return {}, [make_issue("p10.not-dicom", Location(path=place.name))]
    except OSError:
        raise DocumentError(f"{path} cannot be read.", fix="Name a P10 file that you may read.") from None
    return attributes, [issue.with_location(path=place.name) for issue in issues]
