"""Authoring and validating overrides, beside pydicom and jsonschema on the same documents: `make bench`.

Each study gets 20 attributes. Ours makes the edits from text, settles them, writes the override and checks it in full;
the peers only read and check what ours wrote: `pydicom.Dataset.from_json` and jsonschema with the shipped schema.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pydicom

from dicommap.authoring.settling import settle
from dicommap.checks.override_check import override_file_issues
from dicommap.checks.registry import validator
from dicommap.issues import Location
from dicommap.model.dicom_json import attribute_from_text, dump_data_set
from dicommap.model.edits import Edit
from dicommap.model.hierarchy import Series, Study, Target
from dicommap.model.profile import Profile
from dicommap.model.tags import tag_of

STUDIES = 10_000
REPEATS = 3
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- authoring: begin -->\n", "<!-- authoring: end -->\n"

VALUES = {
    "PatientID": "HOSP-{0:06}",
    "PatientName": "Family{0}^Given^^Dr",
    "PatientBirthDate": "19700101",
    "PatientSex": "F",
    "PatientComments": "comment {0}",
    "OtherPatientNames": "Other{0}^Name",
    "StudyDate": "20260102",
    "StudyTime": "101112",
    "AccessionNumber": "ACC{0}",
    "StudyID": "S{0}",
    "StudyDescription": "description {0}",
    "ReferringPhysicianName": "Doctor{0}^Who",
    "PatientAge": "056Y",
    "PatientSize": "1.75",
    "PatientWeight": "71.5",
    "Occupation": "occupation",
    "AdmissionID": "ADM{0}",
    "IssuerOfPatientID": "HOSP",
    "EthnicGroup": "group",
    "AdditionalPatientHistory": "history of {0}",
}


def studies(count: int) -> Iterator[Study]:
    """Yield studies as an inventory does, one at a time."""
    for number in range(count):
        uid = f"1.2.826.0.1.3680043.10.{number}"
        values = {keyword: {"old": 2} for keyword in VALUES}
        series = Series(
            study_instance_uid=uid, series_instance_uid=f"{uid}.1", instances=2, files=2, size=1, values=values
        )
        yield Study.of([series])


def author(study: Study) -> bytes:
    """Return the override of one study, from 20 texts, checked in full."""
    number = int(study.study_instance_uid.rpartition(".")[2])
    target = Target(study_instance_uid=study.study_instance_uid)
    edits = []
    for keyword, text in VALUES.items():
        tag = tag_of(keyword) or 0
        attribute = attribute_from_text(tag, text.format(number), Location(path="studies.csv", row=number))
        assert isinstance(attribute, dict)
        edits.append(Edit(target=target, tag=tag, attribute=attribute, cause="studies.csv"))
    (override,) = settle(study, edits).overrides
    data = dump_data_set(override.data_set).encode()
    assert not override_file_issues(data, target, Profile())
    return data


def ours(count: int) -> None:
    """Author and check overrides for this many studies, keeping none."""
    for study in studies(count):
        author(study)


def peers(documents: Iterable[bytes]) -> None:
    """Read documents with pydicom and check them with jsonschema."""
    check = validator("dicom-json")
    for data in documents:
        pydicom.Dataset.from_json(data.decode())
        assert not list(check.iter_errors(json.loads(data)))


def seconds(run: Callable[[], None]) -> float:
    """Return the CPU time that a call takes in this process."""
    started = time.process_time()
    run()
    return time.process_time() - started


def peak(count: int) -> int:
    """Return the most bytes that authoring this many studies holds at once."""
    tracemalloc.start()
    ours(count)
    (_, most) = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def measure() -> str:
    """Measure, and return the table."""
    ours(100)  # caches of the dictionary are filled once in a process
    documents = [author(study) for study in studies(STUDIES)]
    times: dict[str, list[float]] = {"ours": [], "peers": [], "tenth": []}
    for _ in range(REPEATS):
        times["ours"].append(seconds(lambda: ours(STUDIES)))
        times["peers"].append(seconds(lambda: peers(documents)))
        times["tenth"].append(seconds(lambda: ours(STUDIES // 10)))
    own, other, tenth = (statistics.median(times[name]) for name in ("ours", "peers", "tenth"))
    small, large = peak(STUDIES // 10), peak(STUDIES)
    versions = ", ".join(f"{name} {version(name)}" for name in ("dicommap", "pydicom", "jsonschema"))
    return (
        f"{date.today().isoformat()}, Python {platform.python_version()}, {platform.machine()}, {versions}; CPU time of"
        f" one process, medians of {REPEATS} alternating repeats, {STUDIES:,} studies of {len(VALUES)} attributes.\n\n"
        "| | ms per study | ratio |\n|---|---|---|\n"
        f"| dicommap: edits from text, settled, written, checked in full | {own / STUDIES * 1000:.2f} | 1 |\n"
        f"| pydicom `Dataset.from_json` and jsonschema on the same documents | {other / STUDIES * 1000:.2f} |"
        f" {other / own:.1f} |\n\n"
        f"Ten times as many studies took {own / tenth:.1f} times as long. The most memory that authoring held at once"
        f" was {small / 1024:.0f} KiB for {STUDIES // 10:,} studies and {large / 1024:.0f} KiB for {STUDIES:,}.\n"
    )


def main() -> None:
    """Measure, print the table, and put it into the page of benchmarks."""
    table = measure()
    sys.stdout.write(table)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
