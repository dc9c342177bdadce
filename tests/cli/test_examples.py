"""The examples in each command's help, which the reference shows too: all are parsed, and run if they need no AWS."""

from __future__ import annotations

import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import pytest

import dicommap as dm
from dicommap.cli.commands import COMMANDS, RootParser
from tests.cli.running import dicommap
from tests.support.p10_files import small_tree

CALLING_AWS = re.compile(
    r"scan s3://|stage package --source|submit package --datastore-id|^watch |^adopt |^verify |--s3\b|--store\b"
    r"|^promote |^update |scan healthimaging:|--ask-value|^probe .*(?:--datastore-id|--clean-up)"
)
"""Examples that are only parsed."""

CALL = re.compile(r"(?:^|[|(] ?)dicommap ([^|>)]*)", re.MULTILINE)


def read_examples(command: str) -> list[str]:
    """Return the calls in a command's examples, without what a shell does around them."""
    examples: str = import_module(f"dicommap.cli.{command}").EXAMPLES
    lines = re.sub(r"\\\n\s*", "", examples).splitlines()
    return [call.strip() for line in lines for call in CALL.findall(line.strip())]


ALL_EXAMPLES = [(command, example) for command in COMMANDS for example in read_examples(command)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_of_itself(command: str) -> None:
    examples = read_examples(command)
    assert examples
    for example in examples:
        assert RootParser().parse_args(shlex.split(example, comments=True)).command == command


@pytest.fixture(scope="module")
def example_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the files that examples name."""
    directory = tmp_path_factory.mktemp("examples")
    small_tree(directory / "export")
    with dm.scan(directory / "export", output=directory / "inventory.db") as inventory:
        sheet = "".join(dm.sheet(inventory))
        dm.draft(
            inventory,
            by_study=lambda study: {"StudyDescription": "Knee"},
            input_s3_uri="s3://bucket/in/",
            output=directory / "package",
        )
    for name in ("i.db", "a.db", "b.db", "before.db", "after.db", "original.db", "copy.db"):
        shutil.copy(directory / "inventory.db", directory / name)
    for name in ("s.csv", "studies.csv", "edited.csv", "old.csv", "studies.xlsx"):  # content tells CSV and XLSX apart
        (directory / name).write_text(sheet, encoding="utf-8")
    (directory / "r.toml").write_text('[[rule]]\nname = "r"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    shutil.copy(directory / "package/jobs/0001/import-configuration.json", directory)
    return directory


@pytest.mark.parametrize("example", [example for _, example in ALL_EXAMPLES if not CALLING_AWS.search(example)])
def test_an_example_runs(example: str, example_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "files"
    shutil.copytree(example_files, directory)
    monkeypatch.chdir(directory)
    if example.startswith("draft"):
        shutil.rmtree("package")
    words = shlex.split(example, comments=True)
    if "--files-from" in words:
        Path("list").write_bytes(b"\0".join(str(path).encode() for path in Path("export").rglob("*") if path.is_file()))
        words[words.index("--files-from") + 1] = "list"
    for name in ("studies.csv", "studies.xlsx"):
        if "-o" in words and words[words.index("-o") + 1] == name:
            Path(name).unlink(missing_ok=True)
    ran = dicommap(*words)
    assert ran.status in (0, 1) or "No study" in ran.err, ran.everything
