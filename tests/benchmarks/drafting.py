"""The commands draft and validate for packages of many studies, beside the same commands of another checkout."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.child_usage import Usage, usage_of
from tests.benchmarks.machine import provenance
from tests.benchmarks.options import ROOT, Options
from tests.benchmarks.rounds import Contestant, alternate
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table
from tests.support.p10_files import data_set, p10, uids_of_study

STUDIES = 20_000
STUDIES_IN_FOLDER = 500
"""Studies in one folder of the source, which becomes one import job."""
GROWTH = 10
"""The larger package has so many times as many studies."""
ROUNDS = 3
DRAFT_BOUND, VALIDATE_BOUND, GROWTH_BOUND = 0.25, 0.33, 1.2
"""CPU time relative to the checkout before, and CPU time per study of the larger package relative to the smaller."""

_RULES = '[[rule]]\nname = "description"\nlevel = "study"\nset = { StudyDescription = "corrected" }\n'
_OURS, _BEFORE = "this commit", "the commit before"


@dataclass(frozen=True, slots=True)
class _Checkout:
    """A checkout whose command line is measured. Both checkouts are run with the Python of this process."""

    root: Path

    def run(self, *words: str | Path) -> Usage:
        """Run a command of dicommap and return its usage. Raises CommandFailedError if it ends with an error."""
        command = ["/usr/bin/env", f"PYTHONPATH={self.root / 'src'}", sys.executable, "-m", "dicommap", *words]
        return usage_of(command, accepted=(0,))

    def write_inputs(self, folder: Path, tree: Path) -> Path:
        """Write the inventory and the rules file of a draft into a new folder, and return the folder.

        The checkout scans the files itself, because it may not read the inventories of another version.
        """
        folder.mkdir()
        self.run("scan", tree, "-o", folder / "inventory.db")
        (folder / "rules.toml").write_text(_RULES, encoding="utf-8")
        return folder


@dataclass(frozen=True, slots=True)
class _Measured:
    """The usage of both commands in one round."""

    draft: Usage
    validate: Usage


def measure(options: Options, studies: int = STUDIES) -> str:
    """Measure, and return the section."""
    checkouts = {_OURS: _Checkout(ROOT)}
    if options.before is not None:
        checkouts[_BEFORE] = _Checkout(options.before.absolute())
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        tree = _write_tree(folder / "tree", studies)
        contestants = {
            name: Contestant(partial(_draft_and_validate, checkout, checkout.write_inputs(folder / name, tree)), ROUNDS)
            for name, checkout in checkouts.items()
        }
        rounds = alternate(contestants)
        ours = checkouts[_OURS]
        many_files = _write_tree(folder / "many-files", studies * GROWTH)
        many = _draft_and_validate(ours, ours.write_inputs(folder / "many", many_files))
    rows = [_row(f"{name}, {studies:,} studies", measured) for name, measured in rounds.items()]
    rows.append(_row(f"{_OURS}, {studies * GROWTH:,} studies", [many]))
    return f"""## Drafting and validating packages

{provenance("dicommap", "pydantic", "jsonschema")}

`dicommap draft` with a rule that changes one attribute of each study, and `dicommap validate` of the package, each in a
process of its own, with start-up. A study has one instance; {STUDIES_IN_FOLDER} studies are in a folder, which is one
import job. CPU time is that of all processes, the median of {ROUNDS} alternating rounds ({studies * GROWTH:,} studies:
one round). MB is the most memory that the largest process held at once.

{table(("", "draft: s CPU", "MB", "validate: s CPU", "MB"), rows)}
{targets_table(_targets(rounds, many, studies))}"""


def _write_tree(tree: Path, studies: int) -> Path:
    """Write a P10 file for each study, and return the directory of the files."""
    for number in range(studies):
        path = tree / f"{number // STUDIES_IN_FOLDER:06}" / f"{number:08}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {**uids_of_study(number), "PatientID": f"P{number}", "StudyDescription": "Chest routine"}
        path.write_bytes(p10(data_set(**values)))
    return tree


def _draft_and_validate(checkout: _Checkout, inputs: Path) -> _Measured:
    package, inventory = inputs / "package", inputs / "inventory.db"
    uri = "s3://example-bucket/incoming/"
    draft = checkout.run(
        "draft", inventory, "--rules", inputs / "rules.toml", "--input-s3-uri", uri, "--output", package
    )
    validate = checkout.run("validate", package)
    shutil.rmtree(package)
    os.sync()  # so that the next command does not wait for the files of this one
    return _Measured(draft, validate)


def _median_cpu(usages: Sequence[Usage]) -> float:
    return statistics.median(usage.cpu for usage in usages)


def _row(name: str, rounds: Sequence[_Measured]) -> list[str]:
    figures = []
    for usages in ([measured.draft for measured in rounds], [measured.validate for measured in rounds]):
        figures += [f"{_median_cpu(usages):.2f}", f"{max(usage.peak for usage in usages) / 1e6:.0f}"]
    return [name, *figures]


def _targets(rounds: dict[str, list[_Measured]], many: _Measured, studies: int) -> list[Target]:
    """Return the targets. Those that compare with the checkout before need one, and as many studies as STUDIES.

    With fewer studies, the start of the processes would count too much.
    """
    ours, before = rounds[_OURS], rounds.get(_BEFORE) if studies >= STUDIES else None
    targets = []
    for command, bound in (("draft", DRAFT_BOUND), ("validate", VALIDATE_BOUND)):
        own = _median_cpu([getattr(measured, command) for measured in ours])
        others = None if before is None else _median_cpu([getattr(measured, command) for measured in before])
        ratio = None if others is None else own / others
        targets.append(Target(name=f"{command}, beside {_BEFORE}", bound=bound, at_least=False, measured=ratio))
        growth = getattr(many, command).cpu / own / GROWTH
        name = f"{command}, CPU time per study for {GROWTH} times as many studies"
        targets.append(Target(name=name, bound=GROWTH_BOUND, at_least=False, measured=growth))
    return targets
