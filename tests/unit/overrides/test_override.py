"""Override files are read back as they were written, in the form that the assumptions name."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.import_configuration import DicomMetadataMapping
from dicommap.overrides.override import Override, parse_override
from dicommap.overrides.override_file import dump_override

DATA_SET: Any = {
    "00080030": {"vr": "TM"},
    "00081111": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO"}}]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]},
}


@pytest.mark.parametrize("series", [None, "1.2.3"])
@pytest.mark.parametrize(
    ("data_set", "uids", "empty"),
    [*product(("object", "array"), ("absent", "present"), ("no-value", "null"))],
)
def test_every_form_is_read_back(data_set: Any, uids: Any, empty: Any, series: str | None) -> None:
    assumptions = Assumptions(dataSet=data_set, identifyingUids=uids, emptyValue=empty)
    text = dump_override(Override(study_instance_uid="1.2", series_instance_uid=series, data_set=DATA_SET), assumptions)
    found = parse_override(text.encode(), mapping(series), assumptions)
    assert (found.study_instance_uid, found.series_instance_uid) == ("1.2", series)
    assert dump_override(found, assumptions) == text


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}x", b"5", b'[{"00100020": {"vr": "LO"}}]', b'{"00100020": {"vr": "LO"}}', b"[{}, {}]"]
)
def test_what_the_assumptions_would_not_write_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="the file"):
        parse_override(data, mapping(None), Assumptions())


def mapping(series: str | None) -> DicomMetadataMapping:
    more = {} if series is None else {"seriesInstanceUID": series}
    return DicomMetadataMapping(studyInstanceUID="1.2", metadataFilePath="a.json", **more)


def test_an_override_is_never_for_an_instance() -> None:
    with pytest.raises(UsageError, match="single instance"):
        Override(study_instance_uid="1.2", series_instance_uid="1.2.1", sop_instance_uid="1.2.1.1", data_set={})
