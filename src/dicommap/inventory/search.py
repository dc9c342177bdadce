"""Search an inventory: find studies, count distinct values, list inconsistent attributes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.keywords import not_captured_error
from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.errors import UsageError
from dicommap.inventory.cells import read_integer, read_location, read_rows, read_value
from dicommap.inventory.studies import Studies
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Self

    from dicommap.display.report import Report
    from dicommap.inventory.studies import PicturedStudy
    from dicommap.model.study import Series, ValueCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """One attribute that differs inside a study, or inside a series of it."""

    study_instance_uid: str
    series_instance_uid: str | None
    """None where the attribute is one of the whole study."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Distinct value -> number of files, the most frequent first; an absent attribute counts as the empty text."""


class Inconsistencies(tuple[Inconsistency, ...], Displayable):
    """What differs, in the order of finding."""

    _unmasked: bool

    def __new__(cls, found: Iterable[Inconsistency] = (), *, unmasked: bool = False) -> Self:
        """Take what was found; `unmasked` says whether text and HTML show patient values."""
        made = super().__new__(cls, found)
        made._unmasked = unmasked
        return made

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return the attributes that differ somewhere, each once: what `draft(harmonize=...)` takes."""
        return tuple(dict.fromkeys(one.keyword for one in self))

    # A tuple has both of its own.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__

    def _build_report(self) -> Report:
        from dicommap.display.inventory_report import build_inconsistencies_report

        return build_inconsistencies_report(self, show_values=is_unmasked_in_repr(unmasked=self._unmasked))


_UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID")
_INCONSISTENCY_QUERY = """
SELECT location FROM issue WHERE code IN ('study.inconsistent-attribute', 'series.inconsistent-attribute') ORDER BY id
"""


class SearchMixin:
    """Questions to an inventory whose answers are values."""

    _connection: sqlite3.Connection
    _unmasked: bool
    keywords: tuple[str, ...]

    def studies(self) -> Iterator[PicturedStudy]:
        """Yield the studies."""
        raise NotImplementedError

    def find(self, **match: str | Iterable[str]) -> Studies:
        """Return the studies with a series of which files match: `inventory.find(Modality="MR", PatientID="98*")`.

        Names are captured attributes or the two UIDs; values are patterns as in rules (`*`, `?`, `[...]`, whole values,
        case-sensitive), one or several of which one has to match. Without any, all studies. Raises AttributeNameError
        where the inventory does not hold one of the attributes, and UsageError for what is no text.
        """
        for keyword in match.keys() - {*_UID_KEYWORDS}:
            self._require_held(keyword)
        patterns = {keyword: _parse_patterns(keyword, given) for keyword, given in match.items()}
        found = (study for study in self.studies() if any(_is_match(series, patterns) for series in study.series))
        return Studies(found, unmasked=self._unmasked)

    def distinct(self, keyword: str, *, study: str | None = None, series: str | None = None) -> dict[str, int]:
        """Return the values of a captured attribute, each with its number of files, the most frequent first.

        `study` and `series` narrow it to one. An absent attribute counts as the empty text. Raises
        AttributeNameError where the inventory does not hold the attribute.
        """
        self._require_held(keyword)
        narrowed = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
        where = {column: uid for column, uid in narrowed.items() if uid is not None}
        # Crossed where a study is named, so that its headers are looked up first, and files by their header.
        join = "header CROSS JOIN file ON" if study is not None else "file JOIN header ON"
        query = (
            f"SELECT IFNULL(\"{keyword}\", ''), COUNT(*) FROM {join} file.header = header.id"  # noqa: S608
            f" WHERE disposition IN ('instance', 'duplicate'){''.join(f' AND {column} = ?' for column in where)}"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return dict(read_rows(self._connection, query, (read_value, read_integer), tuple(where.values())))

    def inconsistencies(self) -> Inconsistencies:
        """Return each attribute that differs inside a study or series, with its values and the files that have them.

        They are the findings `study.inconsistent-attribute` and `series.inconsistent-attribute` of the scan.
        """
        places = [place for (place,) in read_rows(self._connection, _INCONSISTENCY_QUERY, (read_location,))]
        return Inconsistencies(
            (
                Inconsistency(
                    study_instance_uid=place.study or "",
                    series_instance_uid=place.series,
                    keyword=place.keyword or "",
                    values=self.distinct(place.keyword or "", study=place.study, series=place.series),
                )
                for place in places
            ),
            unmasked=self._unmasked,
        )

    def _require_held(self, keyword: str) -> None:
        if keyword not in self.keywords:
            raise not_captured_error([keyword], self.keywords)


def _parse_patterns(keyword: str, asked: object) -> ShellPatterns:
    given = list(asked) if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) < len(given):
        raise UsageError(
            f"What {keyword} is to match is no text.", fix="Give a text such as '4*', or several in a list."
        )
    return ShellPatterns.of(texts)


def _is_match(series: Series, patterns: dict[str, ShellPatterns]) -> bool:
    uids = {"StudyInstanceUID": (series.study_instance_uid,), "SeriesInstanceUID": (series.series_instance_uid,)}
    return all(
        any(map(pattern.matches, uids[keyword] if keyword in uids else series.values[keyword]))
        for keyword, pattern in patterns.items()
    )
