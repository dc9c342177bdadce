"""Check ImagingStudy resources with the fhir.resources library.

The models are those of R4B, which for ImagingStudy are R4's: of the resources that were changed between the two none
existed in R3 (hl7.org/fhir/R4B/r3maps.html), and ImagingStudy did.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dicommap.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

_SPACES = re.compile(r"[^\S \r\n\t]")
"""White space that FHIR allows in a text, since its expression means XML Schema's \\S, and the library's does not."""


def load_imaging_study_check() -> Callable[[dict[str, Any]], None]:
    """Return a function that takes an ImagingStudy and raises ValueError if it is not valid.

    The error names members and never values. Raises MissingExtraError if fhir.resources is not installed.
    """
    try:
        from fhir.resources.R4B.imagingstudy import ImagingStudy
    except ImportError:
        raise MissingExtraError(
            "fhir.resources cannot be imported.", fix="Install it: pip install 'dicommap[fhir]'"
        ) from None
    from pydantic import ValidationError

    def check(resource: dict[str, Any]) -> None:
        try:
            ImagingStudy.model_validate(_replace_unusual_spaces(resource))
        except ValidationError as error:
            places = {"/".join(map(str, one["loc"])) for one in error.errors(include_input=False, include_url=False)}
            raise ValueError(f"no ImagingStudy: {', '.join(sorted(places))}") from None

    return check


def _replace_unusual_spaces(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    if isinstance(value, dict):
        return {name: _replace_unusual_spaces(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_replace_unusual_spaces(item) for item in value]
    return _SPACES.sub(" ", value) if isinstance(value, str) else value
