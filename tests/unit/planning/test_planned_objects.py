import csv
import io

import pytest

from dicommap.model.study import Disposition
from dicommap.planning.planned_objects import PlannedObject, dump_objects_csv, parse_objects_csv

OBJECTS = [
    PlannedObject(
        key='a, b/"1"\n.dcm',
        size=12,
        etag='"0f"',
        disposition=Disposition.INSTANCE,
        study_instance_uid="1.2",
        series_instance_uid="1.2.3",
        sop_instance_uid="1.2.3.4",
        root=0,
        source="x/1.dcm",
    ),
    PlannedObject(key="ÄÖ.txt", size=0, modified_ns=-1, disposition=Disposition.NOT_DICOM, root=1, source="ÄÖ.txt"),
]


def test_what_is_written_is_read_again() -> None:
    assert list(parse_objects_csv(dump_objects_csv(OBJECTS).splitlines(keepends=True))) == OBJECTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Key,Size\r\n",
        dump_objects_csv(OBJECTS) + "Smith^John\r\n",
        dump_objects_csv(OBJECTS).replace("12", "twelve"),
    ],
)
def test_anything_else_is_refused_without_its_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"row \d+ is not a row of objects.csv") as refused:
        list(parse_objects_csv(text.splitlines(keepends=True)))
    assert "Smith" not in str(refused.value)
    assert "twelve" not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["=1+1.dcm", "-x/1.dcm", "'=1/a", "@a", "\uff1d1", " =1", "a;=b/c", "a,-b", "a\n=b\r\n+c", "'a", "\ufeff=x"]
)
def test_a_key_or_path_that_looks_like_a_formula_comes_back_exactly(key: str) -> None:
    one = PlannedObject(key=key, size=1, disposition=Disposition.NOT_DICOM, etag="=1", root=0, source=key + "x")
    text = dump_objects_csv([one])
    assert list(parse_objects_csv(io.StringIO(text, newline=""))) == [one]
    cells = next(csv.reader(io.StringIO(text.partition("\r\n")[2], newline="")))
    assert not any(cell.lstrip(" \ufeff").startswith(("=", "-", "+", "@", "\uff1d")) for cell in cells)
