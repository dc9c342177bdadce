"""New attribute values of edits: parsed from text, fixed, or computed from current values."""

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
"""From one current value of each needed attribute to the new value, or why it cannot be made."""

COMBINATIONS_LIMIT = 100_000
"""Combinations of current values that are tried to see whether they all come to the same new value."""


RESULT_CHARACTERS_LIMIT = 2**22
"""Characters of all the new values that are compared."""


class NewValue(Protocol):
    """What a verb yields: an attribute, and how its new value comes about."""

    @property
    def tag(self) -> int:
        """Return the attribute's tag."""

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return the keywords whose current values are asked for."""

    def row_result(self, values: AttributeValues) -> EditResult | None:
        """Return the account of the lookup row that the value comes from; None where it is the rule's own."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue] | None:
        """Return the new attribute, what keeps it from being one, or None where it is to stay as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedValue:
    """One attribute, and a new value that does not depend on current ones."""

    tag: int
    fixed: Attribute = field(repr=False)
    """It has been checked."""

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return nothing: no current value is asked for."""
        return ()

    def row_result(self, values: AttributeValues) -> None:
        """Return None: the value is the rule's own."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute:
        """Return the new attribute, the same for all."""
        return self.fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedValue:
    """One attribute, and how its new value comes from current ones."""

    tag: int
    source_keywords: tuple[str, ...]
    """The keywords whose current values are asked for, at least one."""
    compute: ComputeValue = field(repr=False)

    def row_result(self, values: AttributeValues) -> None:
        """Return None: the value is the rule's own."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue]:
        """Return the new attribute for a study or series of these values, or what keeps it from being one.

        Where the current values differ they must all come to the same new one.
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
