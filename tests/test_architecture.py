"""docs/architecture.md and CONTRIBUTING.md name what the tree has: every room, every module, and files that exist."""

from __future__ import annotations

import re

import pytest

from tests.support.module_list import PAGE, ROOT, SOURCE, page_with_modules

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = TEXT.partition("## To change X, edit Y")[2].partition("\n## ")[0].splitlines()
TABLE = [line.strip("|").split("|") for line in ROWS if line.startswith("|") and "---" not in line][1:]
PATH = re.compile(r"`([a-zA-Z0-9_./*]+\.(?:py|md|json))`")


def exists(path: str) -> bool:
    """Return whether a path of the documents exists; words in capitals and `*` stand for any name."""
    pattern = re.sub(r"(?<![a-z_])(?:COMMAND|FAMILY|ROOM|NAME|TOPIC)(?![a-z_])", "*", path)
    return any(
        any(root.glob(f"**/{pattern}" if "/" not in pattern else pattern))
        for root in (ROOT / "docs", ROOT / "schemas", ROOT / "tests", SOURCE, ROOT)
    )


def test_the_list_of_modules_is_that_of_the_tree() -> None:
    assert page_with_modules(TEXT) == TEXT, "run: make docs/architecture.md"


def test_every_room_has_its_paragraph() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").is_file()}
    assert not [room for room in rooms if f"**`{room}`**" not in TEXT]


def test_the_table_of_changes_has_at_least_25_rows() -> None:
    assert len(TABLE) >= 25
    assert all(PATH.search(row[1]) for row in TABLE)


def test_the_constants_and_functions_that_the_table_names_are_in_their_files() -> None:
    named = re.compile(r"`([a-z0-9_/]+\.py)` \(([A-Za-z0-9_.]+(?:, [A-Za-z0-9_.]+)*)\)")
    pairs = [pair for row in TABLE for pair in named.findall(row[1])]
    assert len(pairs) > 40
    missing = []
    for path, names in pairs:
        text = next(root / path for root in (SOURCE, ROOT) if (root / path).is_file()).read_text(encoding="utf-8")
        codes = {name for name in names.split(", ") if f'"{name}"' in text}  # such as rules.removal
        for part in {part for name in names.split(", ") if name not in codes for part in name.split(".")}:
            defined = rf"^ *(?:def |class |[A-Z_]+, )?{part}\b(?:: [^=\n]+)?(?:[(:,]| =)"
            missing += [] if re.search(defined, text, re.MULTILINE) else [f"{path}: {part}"]
    assert missing == []


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").partition("## Every module")[0]
    missing = [path for path in PATH.findall(text) if not exists(path) and "test_x" not in path and "/x.py" not in path]
    if page == "docs/architecture.md":
        text = TEXT.partition("<!-- end of modules -->")[2]
        missing += [path for path in PATH.findall(text) if not exists(path)]
    assert not missing
