"""The new values that rules give to attributes: fixed values, and values that are computed from current values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Protocol

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import Attribute, attribute_from_text
from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.edits.edit import REMOVE
from dicommap.edits.text_templates import NoResult
from dicommap.edits.unusable_texts import unusable_text_issues
from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from dicommap.edits.edit import Removal
    from dicommap.edits.edit_result import EditResult
    from dicommap.issues import Issue, Location
    from dicommap.model.study import AttributeValues

ComputeValue = Callable[..., str | NoResult]
"""A function that takes current values, one for each source keyword, and returns the new value.

If the new value cannot be computed, it returns the reason.
"""

COMBINATIONS_LIMIT = 100_000
"""Maximum number of combinations of current values in a study or series for which a new value is computed."""


RESULT_CHARACTERS_LIMIT = 2**22
"""Maximum total number of characters of all different new values of an attribute in a study or series."""


class NewValue(Protocol):
    """The interface of objects that compute the new value of one attribute. The verbs of a rule yield such objects."""

    @property
    def tag(self) -> int:
        """Return the tag of the attribute that gets the new value."""

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return the keywords of the attributes from whose current values the new value is computed."""

    def get_lookup_result(self, values: AttributeValues) -> EditResult | None:
        """Return the edit result of the lookup row that contains the new value; None if there is no lookup or no row.

        Args:
            values: The current values of the study or series.

        """

    def compute_attribute(
        self, values: AttributeValues, location: Location
    ) -> Attribute | Removal | list[Issue] | None:
        """Return the new attribute, `REMOVE` if it is removed, or the issues that prevent it; None for no change.

        Args:
            values: The current values of the study or series.
            location: The location of the issues.

        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedValue:
    """A new value that is the same for all studies."""

    tag: int
    fixed: Attribute = field(repr=False)
    """The new attribute. It is valid."""

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return an empty tuple, because no current value is used."""
        return ()

    def get_lookup_result(self, values: AttributeValues) -> None:
        """Return None: this value uses no row of a lookup table."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute:
        """Return the new attribute, which is the same for all studies."""
        return self.fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedValue:
    """The removal of an attribute, in place of a new value."""

    tag: int

    @property
    def source_keywords(self) -> tuple[str, ...]:
        """Return an empty tuple, because no current value is used."""
        return ()

    def get_lookup_result(self, values: AttributeValues) -> None:
        """Return None: this value uses no row of a lookup table."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Removal:
        """Return `REMOVE` for all studies, series and instances."""
        return REMOVE


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedValue:
    """A new value that is computed from current values."""

    tag: int
    source_keywords: tuple[str, ...]
    """The keywords of the attributes whose current values are the arguments of `compute`; at least one keyword."""
    compute: ComputeValue = field(repr=False)

    def get_lookup_result(self, values: AttributeValues) -> None:
        """Return None: this value uses no row of a lookup table."""

    def compute_attribute(self, values: AttributeValues, location: Location) -> Attribute | list[Issue]:
        """Return the new attribute of a study or series with these current values, or the issues that prevent it.

        If a source attribute has several current values, all of them must give the same new value.
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
        texts = merge_counts_of_equal_names(keyword_of(self.tag), dict.fromkeys(map(str, results), 1))
        if len(texts) > 1:
            return [make_issue("rules.differing-values", location, keyword=keyword_of(self.tag), count=len(texts))]
        text, known = next(iter(texts)), values.get(keyword_of(self.tag), ())
        return unusable_text_issues(self.tag, text, location, known) or attribute_from_text(self.tag, text, location)
