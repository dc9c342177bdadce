"""The documents are true: what is made from the code is current, and what they show is valid or runs."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import botocore.session
import pytest
from botocore.validate import ParamValidator

import dicommap
from dicommap.display.issue_report import format_codes_markdown
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.inventory import Inventory
from dicommap.issues import CATALOGUE
from dicommap.model.study import Disposition, Target
from dicommap.testing import ImportJobService
from dicommap.validation.configuration_check import check_override_file
from dicommap.validation.schema_check import check_schema
from tests.support import docs_commands
from tests.support.fake_clock import skip_waits
from tests.support.p10_files import small_tree
from tests.support.s3_memory_server import memory_server_process
from tests.support.s3_server import REGION, environment
from tests.support.troubleshooting_files import write_troubleshooting_files

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), TOP / "README.md", TOP / "CHANGELOG.md"]
HOW_TO = sorted((DOCS / "howto").glob("*.md"))
CALLING_AWS = [
    DOCS / f"howto/{name}.md"
    for name in (
        "submit",
        "check-data-store",
        "adopt",
        "events",
        "verify",
        "promote",
        "correct-instances",
        "update",
        "probe",
        "stored",
    )
]
"""Pages whose commands call AWS: here they reach the stand-in, and an S3 server with the buckets of the examples."""
PYTHON_PAGES = sorted((DOCS / "reference/python").glob("*.md"))
WITHOUT_EXAMPLE = {
    "fhir-file",
    "picture",
    "stage-result",
    "testing",
    "watch-result",
    "adopt-result",
    "verification",
    "promote-result",
    "audit",
    "update-result",
}
"""Pages of classes whose examples need AWS or an extra. They link to a page with examples that run."""
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))

FAMILIES = "|".join(sorted({name.partition(".")[0] for name in CATALOGUE}))
CODE = re.compile(rf"`((?:{FAMILIES})\.(?!toml`|csv`|py`|zip`|jsonl?`|key`)[a-z-]+)`")
"""What looks like an issue code: a family's name, a dot, and the rest; no name of a file."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_page_of_issue_codes_is_current() -> None:
    page = text_of(DOCS / "issue-codes.md")
    assert page == "".join(format_codes_markdown(CATALOGUE.values())), "run: make docs/issue-codes.md"


def test_the_examples_of_rules_are_valid() -> None:
    examples = re.findall(r"```toml\n(.*?)```", text_of(DOCS / "formats/rules.md"), re.DOTALL)
    assert examples
    for example in examples:
        assert check_schema("rules", tomllib.loads(example)) == []


def test_the_override_example_is_valid() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", text_of(DOCS / "formats/package.md"), re.DOTALL)
    assert check_override_file(example.encode(), Target(study_instance_uid="1.2"), Assumptions()) == []


@pytest.mark.parametrize(
    ("file", "operation"), [("update.json", "UpdateImageSetMetadata"), ("copy.json", "CopyImageSet")]
)
def test_the_requests_that_correct_an_image_set_are_valid(file: str, operation: str) -> None:
    text = docs_commands.find_files(text_of(DOCS / "howto/conflicts.md"))[file]
    model = botocore.session.get_session().get_service_model("medical-imaging").operation_model(operation)
    request = json.loads(text)
    assert not ParamValidator().validate(request, model.input_shape).has_errors()
    # botocore checks types and required members only, so that identifiers and the blob are checked here.
    for name, value in request.items():
        pattern = model.input_shape.members[name].metadata.get("pattern")
        assert pattern is None or re.fullmatch(pattern, value)
    updates = request.get("updateImageSetMetadataUpdates", {}).get("DICOMUpdates", {})
    metadata = [json.loads(blob) for blob in updates.values()]
    assert [document["SchemaVersion"] for document in metadata] == [1.1] * len(updates)


@pytest.fixture(scope="module")
def incoming_in_s3(pydicom_files: Path) -> Iterator[None]:
    """Let commands find the bucket that pages name, with pydicom's files."""
    tree = pydicom_files / "test_files" / "dicomdirtests"
    with memory_server_process(tree, "incoming/") as url, patch.dict(os.environ, environment(url)):
        yield


@pytest.fixture
def account(import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the buckets that pages name, or empty them: another page may have used them before.

    Commands that run in this process do not wait for AWS's rate limits, which the stand-in of the tests does not have.
    """
    skip_waits(monkeypatch)
    client = dicommap.Clients(region=REGION).s3
    for bucket in ("example-bucket", "example-output"):
        client.create_bucket(Bucket=bucket)
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", ()):
                client.delete_object(Bucket=bucket, Key=item["Key"])


@pytest.mark.parametrize("place", [DOCS / "quick-start.md", DOCS / "worklist.md", *HOW_TO], ids=lambda path: path.stem)
@pytest.mark.usefixtures("incoming_in_s3")
def test_what_a_page_shows_runs_as_it_is_shown(place: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if place in CALLING_AWS:
        request.getfixturevalue("account")
    docs_commands.check_page(place, tmp_path)


def test_the_messages_of_the_troubleshooting_page_are_those_that_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.imagingstudy", None)  # as if the extra were not installed
    write_troubleshooting_files(tmp_path)
    docs_commands.check_page(DOCS / "troubleshooting.md", tmp_path, may_fail=True)


def test_the_troubleshooting_page_has_the_twenty_likeliest_failures() -> None:
    assert text_of(DOCS / "troubleshooting.md").count("\n### ") >= 20


def test_every_disposition_is_explained() -> None:
    page = text_of(DOCS / "formats/inventory.md")
    assert all(f"`{disposition.value}`" in page for disposition in Disposition)


def test_the_pictures_example_runs(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dicommap.scan(tree, output="incoming.db").close()
    pictures, plots = re.findall(r"```python\n(.*?)```", (DOCS / "pictures.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(pictures, {})
    assert sorted(path.name for path in Path().glob("*.png")) == ["series.png", "study.png"]
    with Inventory.open("incoming.db") as inventory:
        exec(plots, {"inv": inventory})


def read_documented_names(*pages: Path) -> set[str]:
    """Return the public names that directives of the pages describe."""
    text = "".join(map(text_of, pages))
    return set(re.findall(r"^\.\. auto(?:function|class):: dicommap\.(\w+)$", text, re.MULTILINE))


def test_every_public_name_is_in_the_python_reference() -> None:
    pages = {page: read_documented_names(page) for page in PYTHON_PAGES}
    classes = {name for name in dicommap.__all__ if isinstance(getattr(dicommap, name), type)} - {"DicommapError"}
    verbs = read_documented_names(DOCS / "reference/python.md")
    assert verbs == set(dicommap.__all__) - classes - {"DicommapError", "REMOVE"}
    assert "dicommap.REMOVE" in str(dicommap.draft.__doc__)  # a value, which the page of draft() explains
    assert sorted(name for names in pages.values() for name in names) == sorted(classes)
    assert max(map(len, pages.values())) == 1, "each public class has a page of its own"
    assert ".. automodule:: dicommap.errors" in text_of(DOCS / "reference/python/errors.md")


@pytest.fixture(scope="module")
def python_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with what the examples of the Python reference read: a tree, its inventory and a package."""
    directory = tmp_path_factory.mktemp("python")
    small_tree(directory / "incoming")
    with dicommap.scan(directory / "incoming", output=directory / "incoming.db") as inventory:
        dicommap.draft(
            inventory,
            by_study=lambda study: {"StudyDescription": "Knee"},
            input_s3_uri="s3://bucket/incoming/",
            output=directory / "package",
        )
    return directory


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda path: path.stem)
def test_the_example_of_a_class_runs(page: Path, python_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(python_files)
    examples = re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL)
    assert examples or page.stem in WITHOUT_EXAMPLE
    with Inventory.open("incoming.db") as inventory:
        for example in examples:
            exec(example, {"dm": dicommap, "inv": inventory})


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page)):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda path: path.stem)
def test_issue_codes_that_are_named_exist(page: Path) -> None:
    assert set(CODE.findall(text_of(page))) <= set(CATALOGUE)


def test_the_changelog_says_nothing_twice() -> None:
    items = re.split(r"^(?:- |\n|#.*\n)", text_of(TOP / "CHANGELOG.md"), flags=re.MULTILINE)
    beginnings = Counter(" ".join(item.split())[:60] for item in items if len(item) > 60)
    assert len(beginnings) > 150
    assert [beginning for beginning, count in beginnings.items() if count > 1] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(notebook: Path) -> None:
    cells = [cell for cell in json.loads(text_of(notebook))["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


def test_every_page_and_notebook_is_in_the_contents() -> None:
    contents = (DOCS / "index.md", DOCS / "reference/python.md")
    listed = [(page, entry) for page in contents for entry in re.findall(r"^([\w./-]+)$", text_of(page), re.MULTILINE)]
    found = {(page.parent / entry).resolve() for page, entry in listed}
    pages = {*PAGES, *NOTEBOOKS} - {DOCS / "index.md", TOP / "README.md"}
    assert pages == {path for path in pages if path.resolve().with_suffix("") in found}
