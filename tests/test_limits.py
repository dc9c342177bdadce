"""The limits that docs/limits.md lists are those of the code."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dicommap.aws.object_copies import MAX_SINGLE_COPY_BYTES
from dicommap.healthimaging import limits
from dicommap.reading import document_limits
from dicommap.reading.document_limits import DocumentLimit
from dicommap.sources.archives import archive_limits as archive_limits

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if line.startswith("|") and re.search(r"`[A-Z][A-Z0-9_]+`\s*\|$", line)
]


@cache
def modules_by_constant() -> dict[str, list[str]]:
    """Return the names of the package's modules by the constants that they assign."""
    found = defaultdict[str, list[str]](list)
    for path in (ROOT / "src/dicommap").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for target in node.targets if isinstance(node, ast.Assign) else []:
                for one in ast.walk(target):
                    if isinstance(one, ast.Name):
                        found[one.id].append(module)
    return found


def constants(name: str) -> list[Any]:
    """Return the values of every constant of this name in the package's modules."""
    return [getattr(import_module(module), name) for module in modules_by_constant()[name]]


def numbers(cells: tuple[str, ...]) -> list[int]:
    return [int(cell.replace(",", "")) for cell in cells if re.fullmatch(r"[0-9][0-9,]*", cell)]


def numbers_of(limit: Any, count: int) -> list[int]:
    return [limit.bytes, limit.values][:count] if isinstance(limit, DocumentLimit) else [limit]


def test_there_are_rows() -> None:
    assert len(ROWS) > 10


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-1].strip("`"))
def test_each_number_is_that_of_the_code(row: tuple[str, ...]) -> None:
    name, told = row[-1].strip("`"), numbers(row)
    found = constants(name)
    assert found, f"there is no {name} in the code"
    assert told in [numbers_of(one, len(told)) for one in found]


def test_each_limit_of_a_document_has_its_row() -> None:
    names = {name for name, value in vars(document_limits).items() if isinstance(value, DocumentLimit)}
    names -= {"LARGEST_DOCUMENT_LIMIT"}
    assert names <= {row[-1].strip("`") for row in ROWS}


def test_integers_have_as_many_digits_as_python_reads() -> None:
    assert sys.int_info.default_max_str_digits == document_limits.DIGITS_LIMIT


def test_each_limit_of_an_archive_has_its_row() -> None:
    names = {name for name in vars(archive_limits) if name.startswith("MAX_")} - {"MAX_P10_BYTES"}
    assert names <= {row[-1].strip("`") for row in ROWS}


AWS = {name: value for name, value in vars(limits).items() if name.isupper()}
"""Every number and list of AWS, by its name."""

STATED = {
    "docs/howto/plan-jobs.md": [
        "by default {DEFAULT_JOB_FILES:,} files, {MAX_JOB_GB} GB, {MAX_JOB_FOLDERS:,} nested folders "
        "and {MAX_MAPPINGS:,} mappings",
    ],
    "docs/howto/submit.md": [
        "{CONCURRENT_JOBS} without it; AWS documents {CONCURRENT_JOBS_AP_SOUTHEAST_2} for ap-southeast-2",
    ],
    "docs/aws.md": [
        "`dicomMetadataMappings` has 1 to {MAX_MAPPINGS:,} items",
        "1 to {MAX_METADATA_FILE_PATH:,} printable ASCII characters",
        "at most {MAX_MAPPING_UID} characters",
        "{DEFAULT_JOB_FILES:,} files for a job by default (adjustable), {MAX_JOB_GB} GB in all, {MAX_JOB_FOLDERS:,} "
        "nested folders, {MAX_P10_GB} GB for a P10 file",
        "GetDICOMImportJob {GET_RATE.per_second} times with {GET_RATE.burst}",
        "ListDICOMImportJobs {LIST_RATE.per_second} times with {LIST_RATE.burst}",
        "taken once a second with a burst of {START_RATE.burst}",
        "SearchImageSets, GetImageSet and ListImageSetVersions are taken {SEARCH_IMAGE_SETS_RATE.per_second} times "
        "a second with a burst of {LIST_IMAGE_SET_VERSIONS_RATE.burst}",
        "GetImageSetMetadata {GET_IMAGE_SET_METADATA_RATE.per_second} times with {GET_IMAGE_SET_METADATA_RATE.burst}",
        "DeleteImageSet {DELETE_IMAGE_SET_RATE.per_second} times with {DELETE_IMAGE_SET_RATE.burst}",
        "{CONCURRENT_JOBS} import jobs of a data store at once by default, "
        "{CONCURRENT_JOBS_AP_SOUTHEAST_2} in ap-southeast-2",
    ],
    "docs/limits.md": ["{MAX_METADATA_MB} MB for the metadata of an image set"],
    "docs/issue-codes.md": [
        "P10 files of at most {MAX_P10_GB} GB",
        "an import job has from 1 to {MAX_MAPPINGS:,} mappings",
        "has at most {MAX_MAPPINGS:,} mappings",
        "a data store runs {CONCURRENT_JOBS} jobs",
    ],
}
"""Page -> the sentences in which it states numbers of AWS."""

NUMBERS_OF_AWS = re.compile(
    r"\b([0-9][0-9,]*) ((?:metadata )?mappings\b|nested folders\b|GB\b(?! of)|import jobs of a data store\b"
    r"|files (?:for a job )?by default)"
)


def in_one_line(page: str) -> str:
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


def test_each_number_of_aws_has_its_row() -> None:
    numbers = {name for name, value in AWS.items() if isinstance(value, int)}
    assert len(numbers) > 15
    assert numbers <= {row[-1].strip("`") for row in ROWS}


@pytest.mark.parametrize(("page", "sentence"), [(page, one) for page, all_ in STATED.items() for one in all_])
def test_pages_state_the_numbers_of_aws_as_the_code_has_them(page: str, sentence: str) -> None:
    assert sentence.format(**AWS) in in_one_line(page)


def test_no_page_states_another_number_of_aws() -> None:
    known = {
        "mappings": {AWS["MAX_MAPPINGS"]},
        "nested folders": {AWS["MAX_JOB_FOLDERS"]},
        "GB": {AWS["MAX_JOB_GB"], AWS["MAX_P10_GB"], MAX_SINGLE_COPY_BYTES // 2**30},
        "import jobs of a data store": {AWS["CONCURRENT_JOBS"]},
        "files by default": {AWS["DEFAULT_JOB_FILES"]},
        "files for a job by default": {AWS["DEFAULT_JOB_FILES"]},
    }
    pages = ["README.md", "docs/aws.md", "docs/limits.md", "docs/howto/plan-jobs.md", "docs/howto/submit.md"]
    found = [(page, *match.groups()) for page in pages for match in NUMBERS_OF_AWS.finditer(in_one_line(page))]
    assert len(found) > 8
    assert [one for one in found if int(one[1].replace(",", "")) not in known[one[2]]] == []


def test_no_other_module_states_a_number_of_aws() -> None:
    stated = re.compile(
        r"\b(?:1,000 (?:mappings|overrides)|5,000 (?:files|image sets)|10,000 nested|10 GB\b|50 MB for"
        r"|100 (?:import )?jobs|2,048 characters|(?:256|512|1,024) characters|1,024 (?:bytes|for a key))"
    )
    found = [
        (path.relative_to(ROOT).as_posix(), match[0])
        for path in (ROOT / "src/dicommap").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for match in stated.finditer(" ".join(node.value.split()))
    ]
    assert found == []
