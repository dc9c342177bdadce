"""Any tree that is packed and scanned in its archive gives the instances and values of the tree itself."""

from __future__ import annotations

import tarfile
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from tests.support.archive_files import ARCHIVE_SUFFIXES, write_archive
from tests.support.example_counts import examples
from tests.support.p10_files import DEFLATED, EXPLICIT_BIG, p10

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)

parts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=12)
names = st.lists(parts.filter(lambda part: part not in (".", "..")), min_size=1, max_size=3).map("/".join)
files = st.one_of(
    st.builds(
        lambda number, patient, rows, syntax: p10(
            SOPInstanceUID=f"1.{number}", PatientID=patient, PatientName="x" * rows, Rows=rows, transfer_syntax=syntax
        ),
        st.integers(1, 9),
        st.sampled_from(["P1", "P2"]),
        st.sampled_from([1, 2, 60]),
        st.sampled_from(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", EXPLICIT_BIG, DEFLATED]),
    ),
    st.binary(max_size=600),
)


def fits(names: list[str]) -> bool:
    """Say whether a file system and every tar format take these names."""
    above = {name.rsplit("/", n)[0] for name in names for n in range(1, name.count("/") + 1)}
    short = all(len(name.encode()) <= 90 for name in names)
    return (
        short
        and not above & set(names)
        and not any(name.lower().endswith((".zip", ".tar", "z", "2")) for name in names)
    )


trees = st.dictionaries(names, files, max_size=8).filter(lambda tree: fits(list(tree)))


def found_in(root: Path, above: str, **options: Any) -> tuple[Counter[tuple[str, str, str]], list[Any], Counter[str]]:
    """Return files with what they are, the series with their values, and the findings by code."""
    with dicommap.scan(root, **options) as inventory:
        files = Counter(
            (one.path.removeprefix(above), str(one.size), one.disposition.value)
            for one in inventory.files()
            if one.disposition != "archive"
        )
        instances = sorted((one.path.removeprefix(above), one.sop_instance_uid) for one in inventory.instances())
        series = [(one.series_instance_uid, one.values) for one in inventory.series()]
        return files, [instances, series], Counter(found.code for found in inventory.issues())


@examples(60)
@given(trees, st.sampled_from(ARCHIVE_SUFFIXES), st.sampled_from(FORMATS), st.booleans())
def test_an_archive_of_a_tree_is_scanned_as_the_tree_itself(
    tree: dict[str, bytes], kind: str, form: int, backwards: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root, packed = Path(directory, "tree"), Path(directory, "packed")
        root.mkdir()
        for name, content in tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        write_archive(packed / f"s.{kind}", list(tree.items())[:: -1 if backwards else 1], form=form)
        assert found_in(packed, f"s.{kind}!/", archives=True) == found_in(root, "")
