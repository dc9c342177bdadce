"""The made corpus: a tree of many series, the same for the same number of files, with pixel data that are holes."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pydicom

from tests.benchmarks.made.layouts import LAYOUTS
from tests.benchmarks.made.series import MadeSeries

_SEED = "dicommap"
_CHECKED_EVERY = 997
_COMPLETE = "complete"


def made_corpus(files: int, place: Path) -> Path:
    """Return the tree of this many files below `place`, made where it is not there yet."""
    root = place / f"made-{files}-{_fingerprint()}"
    tree, complete = root / "files", root / _COMPLETE
    if not complete.exists():
        if root.exists():
            shutil.rmtree(root)
        for count, (series, directory) in enumerate(_series(files, tree)):
            directory.mkdir(parents=True)
            _write(series, directory, check_first=count % 10 == 0)
        complete.touch()
    return tree


def _fingerprint() -> str:
    """Return a name for how this package makes files: files of another making are not taken for its own."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


def _series(files: int, tree: Path) -> Iterator[tuple[MadeSeries, Path]]:
    dice = random.Random(_SEED)
    study, left_in_study, number, left = 0, 0, 0, files
    while left:
        if left_in_study <= 0:
            study, number = study + 1, 0
            layout = LAYOUTS[study % len(LAYOUTS)]
            left_in_study = dice.randint(*layout.study_size)
            study_uid = f"{layout.uid_root}.{dice.randint(1, 10**9)}.{study}"
        number += 1
        instances = min(dice.choice(layout.series_sizes), left, left_in_study)
        left, left_in_study = left - instances, left_in_study - instances
        made = MadeSeries(
            layout=layout,
            seed=f"{_SEED}/{study}",
            patient=study,
            study_instance_uid=study_uid,
            number=number,
            instances=instances,
        )
        yield made, tree / f"study{study:04}" / f"series{number:04}"


def _write(series: MadeSeries, directory: Path, *, check_first: bool) -> None:
    """Write a series; some of its files are read back with pydicom."""
    for index, (uid, head, pixels, end) in enumerate(series.files()):
        path = directory / f"IM{index + 1:05}.dcm"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.write(descriptor, head)
            os.truncate(descriptor, len(head) + pixels)
            if end:
                os.pwrite(descriptor, end, len(head) + pixels)
        finally:
            os.close(descriptor)
        if index % _CHECKED_EVERY == (0 if check_first else _CHECKED_EVERY - 1):
            _check(path, series, index, uid)


def _check(path: Path, series: MadeSeries, index: int, uid: str) -> None:
    found = pydicom.dcmread(path)
    meant = {
        "SOPInstanceUID": uid,
        "StudyInstanceUID": series.study_instance_uid,
        "SeriesInstanceUID": series.series_instance_uid,
        "InstanceNumber": series.instance_number(index),
        "PatientName": series.layout.patient_name,
        "Rows": series.layout.size[0],
    }
    for keyword, value in meant.items():
        if found[keyword].value != value:
            raise ValueError(f"{path.name}: {keyword} is not what was meant")
    if found.file_meta.MediaStorageSOPInstanceUID != uid or "PixelData" not in found:
        raise ValueError(f"{path.name}: the file meta or the pixel data is not what was meant")
