"""The memory and time of the commands draft and validate for many studies with 20 edits each, from a sheet."""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dicommap.inventory.rows import HeaderRow, make_file_row
from dicommap.inventory.writer import InventoryWriter
from dicommap.model.captured_attributes import DEFAULT_KEYWORDS
from tests.benchmarks.authoring import VALUES
from tests.benchmarks.child_usage import Usage, usage_of
from tests.benchmarks.machine import provenance
from tests.benchmarks.options import Options, work_directory
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table
from tests.support.filled_inventories import added

STUDIES = 20_000
GROWTH = 10
STUDIES_IN_FOLDER = 500
"""Studies in one folder of the source, which becomes one import job."""
MEMORY_BOUND, GROWTH_BOUND, TIME_BOUND = 300, 1.3, 1.2
"""MB of the larger draft; its memory and its CPU time per study relative to the smaller draft."""

_OLD_VALUES = {
    "PatientBirthDate": "19690101",
    "PatientSex": "M",
    "StudyDate": "20260103",
    "StudyTime": "101113",
    "PatientAge": "057Y",
    "PatientSize": "1.76",
    "PatientWeight": "71.6",
}


def measure(_options: Options, studies: int = STUDIES) -> str:
    """Measure, and return the section."""
    with TemporaryDirectory(dir=work_directory()) as folder:
        small = _draft_and_validate(Path(folder), studies)
        large = _draft_and_validate(Path(folder), studies * GROWTH)
    rows = []
    for count, usages in ((studies, small), (studies * GROWTH, large)):
        for command, usage in zip(("draft", "validate"), usages, strict=True):
            per_study = f"{usage.cpu / count * 1000:.2f}"
            rows.append(
                (f"`dicommap {command}`", f"{count:,}", f"{usage.cpu:.0f}", per_study, f"{usage.peak / 1e6:.0f}")
            )
    targets = _targets(small, large, studies)
    return f"""## Drafts of any size

{provenance("dicommap")}

A CSV sheet changes {len(VALUES)} attributes of each study. A study has one instance; {STUDIES_IN_FOLDER} studies are in
a folder, which is one import job. MB is the most memory that the process held at once.

{table(("command", "studies", "s CPU", "ms per study", "peak MB"), rows)}
{targets_table(targets)}"""


def _targets(small: tuple[Usage, Usage], large: tuple[Usage, Usage], studies: int) -> list[Target]:
    """Return the targets. They are about the usual numbers of studies; a run with fewer does not judge them."""
    targets = []
    for command, usage, other in zip(("draft", "validate"), large, small, strict=True):
        name = f"{command} of {STUDIES * GROWTH:,} studies"
        growth = usage.cpu / other.cpu / GROWTH
        figures = (
            (name, MEMORY_BOUND, "MB", usage.peak / 1e6),
            (f"{name}: memory beside {STUDIES:,}", GROWTH_BOUND, "×", usage.peak / other.peak),
            (f"{name}: CPU time per study beside {STUDIES:,}", TIME_BOUND, "×", growth),
        )
        targets += [
            Target(name=text, bound=bound, at_least=False, unit=unit, measured=measured if studies >= STUDIES else None)
            for text, bound, unit, measured in figures
        ]
    return targets


def write_inputs(folder: Path, studies: int) -> tuple[Path, Path]:
    """Write an inventory, and a sheet that changes 20 attributes of each study. Return their paths."""
    inventory, sheet = folder / "inventory.db", folder / "studies.csv"
    keywords = tuple(dict.fromkeys((*DEFAULT_KEYWORDS, *VALUES)))
    with InventoryWriter(inventory, keywords, ["/archive"], cache=False) as writer, sheet.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["StudyInstanceUID", *VALUES])
        for number in range(studies):
            uid = f"1.2.826.0.1.3680043.10.{10_000_000 + number}"
            rows.writerow([uid, *(text.format(number) for text in VALUES.values())])
            values: dict[str, Any] = {keyword: _OLD_VALUES.get(keyword, f"old {number}") for keyword in VALUES}
            path = f"{number // STUDIES_IN_FOLDER:06}/{number:09}.dcm"
            _, source, header = added(path, f"{uid} {uid}.1 {uid}.1.1", size=524_288, SeriesNumber="1", **values)
            digests: dict[HeaderRow, bytes] = {}
            row = make_file_row(header, keywords, path, digests)
            writer.add_batch(0, [source], [row], {digest: header_row for header_row, digest in digests.items()})
        writer.finish(lambda one, other: True).close()
    return inventory, sheet


def _draft_and_validate(folder: Path, studies: int) -> tuple[Usage, Usage]:
    inputs = folder / str(studies)
    inputs.mkdir()
    inventory, sheet = write_inputs(inputs, studies)
    package = inputs / "package"
    source = ("--sheet", sheet, "--input-s3-uri", "s3://example-bucket/incoming/")
    draft = usage_of([sys.executable, "-m", "dicommap", "draft", inventory, *source, "--output", package])
    validate = usage_of([sys.executable, "-m", "dicommap", "validate", package])
    shutil.rmtree(inputs)
    return draft, validate
