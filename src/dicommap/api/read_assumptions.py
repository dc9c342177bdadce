"""read_assumptions(): read the assumptions that a probe has written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import convert_arguments, to_path
from dicommap.dicom.strict_json import parse_json
from dicommap.errors import DocumentError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.package.document_reader import format_path_name, read_document
from dicommap.reading.document_limits import SUBMISSION_LIMIT
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from _typeshed import StrPath


@convert_arguments(path=to_path)
def read_assumptions(path: StrPath) -> Assumptions:
    """Return the assumptions in a file, such as the assumptions.json that `probe` writes.

    The file is JSON; the schema `assumptions` describes it. `draft(assumptions=read_assumptions(path))` is the same as
    `dicommap draft --assume PATH`.

    Args:
        path: The file.

    Raises:
        DocumentError: The file cannot be read, or is not a file of assumptions.

    """
    place = Path(path)
    document, issues = parse_json(read_document(place, SUBMISSION_LIMIT.bytes), SUBMISSION_LIMIT.values)
    issues += [] if issues else check_schema("assumptions", document)
    if issues:
        raise DocumentError(
            f"{format_path_name(place)} is not a file of assumptions; the first issue: {issues[0]}",
            fix="Name the assumptions.json that 'dicommap probe' wrote; 'dicommap schema assumptions' describes it.",
        )
    return Assumptions.model_validate(document["assumptions"])
