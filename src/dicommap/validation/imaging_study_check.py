"""Check ImagingStudy resources with the library fhir.resources.

The library has models of FHIR R4B, and dicommap writes FHIR R4. The ImagingStudy resource is the same in both: all
resources that changed between R4 and R4B are newer than R3 (hl7.org/fhir/R4B/r3maps.html), and ImagingStudy already
existed in R3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dicommap.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

_SPACES = re.compile(r"[^\S \r\n\t]")
"""Unusual white space, such as a no-break space. FHIR allows it in a string, but the library's models do not.

FHIR's pattern for strings uses \\S of XML Schema, which matches these characters. Python's \\S does not match them.
"""


def load_imaging_study_check() -> Callable[[dict[str, Any]], None]:
    """Return a function that takes an ImagingStudy and raises ValueError if it is not valid.

    The message of the ValueError names members, but never values.

    Raises:
        MissingExtraError: fhir.resources is not installed.
    """
    try:
        from fhir.resources.R4B.imagingstudy import ImagingStudy
    except ImportError:
        raise MissingExtraError(
            "fhir.resources cannot be imported.", fix="Install it: pip install 'dicommap[fhir]'"
        ) from None
    from pydantic import ValidationError

    def require_valid_resource(resource: dict[str, Any]) -> None:
        try:
            ImagingStudy.model_validate(_replace_unusual_spaces(resource))
        except ValidationError as error:
            places = {
                "/".join(map(str, line_error["loc"]))
                for line_error in error.errors(include_input=False, include_url=False)
            }
            raise ValueError(f"no ImagingStudy: {', '.join(sorted(places))}") from None

    return require_valid_resource


def _replace_unusual_spaces(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a JSON value in which unusual white space in texts is replaced by spaces."""
    if isinstance(value, dict):
        return {name: _replace_unusual_spaces(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_replace_unusual_spaces(item) for item in value]
    return _SPACES.sub(" ", value) if isinstance(value, str) else value
