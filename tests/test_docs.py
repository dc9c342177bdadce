"""The documents are true: what is made from the code is current, and what they show is valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dicommap.checks.override_check import override_file_issues
from dicommap.checks.schema_check import schema_issues
from dicommap.inventory import Inventory
from dicommap.issues import CATALOGUE
from dicommap.model.hierarchy import Disposition, Target
from dicommap.model.profile import Profile
from dicommap.render.codes import codes_markdown
from tests.cli.running import dicommap

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_issue_codes_is_current() -> None:
    page = (DOCS / "issue-codes.md").read_text(encoding="utf-8")
    assert page == "".join(codes_markdown(CATALOGUE.values())), "run: make docs/issue-codes.md"


def test_the_rules_example_is_valid() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (DOCS / "formats/rules.md").read_text(encoding="utf-8"), re.DOTALL)
    assert schema_issues("rules", tomllib.loads(example)) == []


def test_the_override_example_is_valid() -> None:
    page = (DOCS / "formats/package.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert override_file_issues(example.encode(), Target(study_instance_uid="1.2"), Profile()) == []


def test_the_worklist_example_runs_as_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "worklist.md").read_text(encoding="utf-8")
    for name, language in (("worklist.csv", "csv"), ("rules.toml", "toml")):
        (text,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
        Path(name).write_text(text, encoding="utf-8")
    for shell in re.findall(r"```\n(\$ .*?)```", page, re.DOTALL):
        for command, shown in re.findall(r"^\$ dicommap (.*)\n((?:[^$].*\n)*)", shell, re.MULTILINE):
            ran = dicommap(*command.split())
            assert ran.status == 0
            assert not shown or [line.rstrip() for line in ran.out.splitlines()] == shown.splitlines()
    files = sorted(path.name for path in Path("package/jobs/0001/files/dicommap-overrides").iterdir())
    assert files == [
        f"1.3.6.1.4.1.5962.1.1.0.0.0.{study}.0.1.json" for study in ("1196527414.5534", "1196533885.18148")
    ]


def test_every_disposition_is_explained() -> None:
    page = (DOCS / "formats/inventory.md").read_text(encoding="utf-8")
    assert all(f"`{disposition.value}`" in page for disposition in Disposition)


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_pictures_example_runs(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = dicommap("scan", tree, "-o", "incoming.db")
    assert ran.status == 0
    pictures, plots = re.findall(r"```python\n(.*?)```", (DOCS / "pictures.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(pictures, {})
    assert sorted(path.name for path in Path().glob("*.png")) == ["series.png", "study.png"]
    with Inventory.open("incoming.db") as inventory:
        exec(plots, {"inv": inventory})
