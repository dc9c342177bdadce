"""New attribute values of rules: fixed values, and values that are computed from current values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Protocol

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import Attribute, attribute_from_text
from dicommap.dicom.person_names import merge_equal_names
from dicommap.edits.text_templates import NoResult
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from dicommap.edits.edit_result import EditResult
    from dicommap.issues import Issue, Location
    from dicommap.model.study import AttributeValues

ComputeValue = Callable[..., str | NoResult]
"""From one current value of each source keyword to the new value, or the reason why it cannot be computed."""

COMBINATIONS_LIMIT = 100_000
"""Maximum number of combinations of current values for which a new value is computed."""


RESULT_CHARACTERS_LIMIT = 2**22
"""Maximum number of characters of all new values that are compared."""


class NewValue(Protocol):
    """The interface of new values that the verbs of a rule yield: the new value of one attribute."""

    @property
    def tag(self) -> int:
        """Return the attribute's tag."""

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return the keywords whose current values are used."""

    def row_result(self, values: AttributeValues) -> EditResult | None:
        """Return the edit result of the lookup row with the new value; None if no lookup is used."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue] | None:
        """Return the new attribute, the issues that prevent it, or None if the attribute does not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedValue:
    """An attribute with a new value that is the same for all studies."""

    tag: int
    fixed: Attribute = field(repr=False)
    """The new attribute, already checked."""

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return no keywords: no current value is used."""
        return ()

    def row_result(self, values: AttributeValues) -> None:
        """Return None: no lookup is used."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute:
        """Return the new attribute, which is the same for all studies."""
        return self.fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedValue:
    """An attribute with a new value that is computed from current values."""

    tag: int
    source_keywords: tuple[str, ...]
    """The keywords whose current values are used, at least one."""
    compute: ComputeValue = field(repr=False)

    def row_result(self, values: AttributeValues) -> None:
        """Return None: no lookup is used."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue]:
        """Return the new attribute for a study or series with these values, or the issues that prevent it.

        If the current values differ, all of them must give the same new value.
        """
        current = [values[keyword] or {"": 0} for keyword in self.source_keywords]
        count = math.prod(map(len, current))
        if count > COMBINATIONS_LIMIT:
            return [make_issue("rules.differing-values", location, keyword=keyword_of(self.tag), count=count)]
        results: set[str | NoResult] = set()
        length = 0
        for combination in product(*current):
            result = self.compute(*combination)
            length += len(result) if isinstance(result, str) and result not in results else 0
            results.add(result)
            if length > RESULT_CHARACTERS_LIMIT:
                return [
                    make_issue("rules.differing-values", location, keyword=keyword_of(self.tag), count=len(results))
                ]
        reasons = sorted({result.reason for result in results if isinstance(result, NoResult)})
        if reasons:
            return [make_issue("rules.no-result", location, keyword=keyword_of(self.tag), reason="; ".join(reasons))]
        texts = merge_equal_names(keyword_of(self.tag), dict.fromkeys(map(str, results), 1))
        if len(texts) > 1:
            return [make_issue("rules.differing-values", location, keyword=keyword_of(self.tag), count=len(texts))]
        return attribute_from_text(self.tag, next(iter(texts)), location)
