"""Authoring and validating overrides, beside pydicom and jsonschema on the same documents.

Each study gets 20 attributes. Ours makes the edits from text, settles them, writes the override and checks it in full;
the peers only read and check what ours wrote: `pydicom.Dataset.from_json` and jsonschema with the shipped schema.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pydicom

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.json_model import attribute_from_text, dump_data_set
from dicommap.edits.edit import Edit
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.issues import Location
from dicommap.model.study import Series, Study, Target
from dicommap.overrides.study_resolution import resolve_study
from dicommap.validation.configuration_check import check_override_file
from dicommap.validation.schema_registry import get_schema_validator
from tests.benchmarks.machine import provenance
from tests.benchmarks.options import Options
from tests.benchmarks.rounds import Contestant, medians
from tests.benchmarks.table import table, times

STUDIES = 10_000
REPEATS = 3

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
        yield Study.from_series([series])


def author(study: Study) -> bytes:
    """Return the override of one study, from 20 texts, checked in full."""
    number = int(study.study_instance_uid.rpartition(".")[2])
    target = Target(study_instance_uid=study.study_instance_uid)
    edits = []
    for keyword, text in VALUES.items():
        tag = tag_of(keyword) or 0
        attribute = attribute_from_text(tag, text.format(number), Location(path="studies.csv", row=number))
        assert isinstance(attribute, dict)
        edits.append(Edit(target=target, tag=tag, attribute=attribute, origin="studies.csv"))
    (override,) = resolve_study(study, edits).overrides
    data = dump_data_set(override.data_set).encode()
    assert not check_override_file(data, target, Assumptions())
    return data


def ours(count: int) -> None:
    """Author and check overrides for this many studies, keeping none."""
    for study in studies(count):
        author(study)


def peers(documents: Iterable[bytes]) -> None:
    """Read documents with pydicom and check them with jsonschema."""
    check = get_schema_validator("dicom-json")
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


def measure(_options: Options) -> str:
    """Measure, and return the section."""
    ours(100)  # caches of the dictionary are filled once in a process
    documents = [author(study) for study in studies(STUDIES)]
    runs = {
        "ours": partial(ours, STUDIES),
        "peers": partial(peers, documents),
        "tenth": partial(ours, STUDIES // 10),
    }
    found = medians({name: Contestant(partial(seconds, run), REPEATS) for name, run in runs.items()})
    own, other, tenth = found["ours"], found["peers"], found["tenth"]
    small, large = peak(STUDIES // 10), peak(STUDIES)
    rows = (
        ("dicommap: edits from text, resolved, written, checked in full", f"{own / STUDIES * 1000:.2f}", "1"),
        (
            "pydicom `Dataset.from_json` and jsonschema on the same documents",
            f"{other / STUDIES * 1000:.2f}",
            times(other / own),
        ),
    )
    return f"""## Authoring

{provenance("dicommap", "pydicom", "jsonschema")}

Each study gets {len(VALUES)} attributes. dicommap makes the edits from text, settles them, writes the override file and
checks it in full: JSON, DICOM JSON Model, values, levels. The peers only read and check what dicommap wrote. CPU time
of one process, medians of {REPEATS} alternating repeats, {STUDIES:,} studies.

{table(("", "ms per study", "× dicommap"), rows)}
Ten times as many studies took {own / tenth:.1f} times as long. The most memory that authoring held at once was
{small / 1024:.0f} KiB for {STUDIES // 10:,} studies and {large / 1024:.0f} KiB for {STUDIES:,}.
"""
