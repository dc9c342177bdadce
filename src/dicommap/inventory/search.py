"""Search an inventory: find studies, count distinct values, and list inconsistent attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.errors import UsageError
from dicommap.inventory.cells import read_integer, read_location, read_rows, read_value
from dicommap.model.displayable import Displayable
from dicommap.model.masked_dicts import make_counts_class
from dicommap.model.masking import make_repr_masker
from dicommap.model.study import Inconsistency, Study

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from dicommap.display.report import Report
    from dicommap.edits.edit import Removal
    from dicommap.model.study import Series

UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID")
"""Keywords that `Inventory.find` accepts in addition to the captured attributes."""

_INCONSISTENCY_QUERY = """
SELECT location FROM issue WHERE code IN ('study.inconsistent-attribute', 'series.inconsistent-attribute') ORDER BY id
"""


class Studies(tuple[Study, ...], Displayable):
    """The result of `Inventory.find`: a tuple of studies in the order of their UIDs."""

    _unmasked: bool

    def __new__(cls, studies: Iterable[Study] = (), *, unmasked: bool = False) -> Self:
        """Create the tuple. `unmasked` says whether its text and HTML show patient values."""
        made = super().__new__(cls, studies)
        made._unmasked = unmasked
        return made

    def distinct(self, keyword: str) -> dict[str, int]:
        """Count the files of each value of a captured attribute in these studies.

        Returns:
            Value -> number of files, the most frequent value first.
        """
        total: Counter[str] = Counter()
        for study in self:
            total.update(study.values[keyword])
        ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
        return make_counts_class(keyword, is_unmasked=self._unmasked)(ranked)

    def edit(self, **values: str | Removal) -> Callable[[Study], dict[str, str | Removal]]:
        """Return a function for the argument `by_study` of `draft`.

        The function returns the new values for each study in this tuple. For example, `studies.edit(PatientID="P-1",
        StudyTime="", PatientAddress=dicommap.REMOVE)` sets PatientID, empties StudyTime and removes PatientAddress.
        """
        uids = frozenset(study.study_instance_uid for study in self)

        def edit_selected_study(study: Study) -> dict[str, str | Removal]:
            return values if study.study_instance_uid in uids else {}

        edit_selected_study.__name__ = f"edit of {', '.join(values)}"
        return edit_selected_study

    # Without these two lines, the __str__ and __repr__ of tuple would be used.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__

    def _build_report(self) -> Report:
        from dicommap.display.study_report import build_studies_report

        return build_studies_report(self, masker=make_repr_masker(unmasked=self._unmasked))


class Inconsistencies(tuple[Inconsistency, ...], Displayable):
    """Attributes that have different values in one study or series, in the order in which the scan found them."""

    _unmasked: bool

    def __new__(cls, inconsistencies: Iterable[Inconsistency] = (), *, unmasked: bool = False) -> Self:
        """Create the tuple. `unmasked` says whether its text and HTML show patient values."""
        made = super().__new__(cls, inconsistencies)
        made._unmasked = unmasked
        return made

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return the keywords of the inconsistent attributes, each once, for example for `draft(harmonize=...)`."""
        return tuple(dict.fromkeys(inconsistency.keyword for inconsistency in self))

    # Without these two lines, the __str__ and __repr__ of tuple would be used.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__

    def _build_report(self) -> Report:
        from dicommap.display.inventory_report import build_inconsistencies_report

        return build_inconsistencies_report(self, masker=make_repr_masker(unmasked=self._unmasked))


def parse_patterns(match: Mapping[str, str | Iterable[str]]) -> dict[str, ShellPatterns]:
    """Return the parsed patterns of each keyword. Raises UsageError if a pattern is not a text."""
    return {keyword: _parse_keyword_patterns(keyword, patterns) for keyword, patterns in match.items()}


def _parse_keyword_patterns(keyword: str, match: object) -> ShellPatterns:
    patterns = list(match) if isinstance(match, Iterable) and not isinstance(match, str) else [match]
    texts = [pattern for pattern in patterns if isinstance(pattern, str)]
    if len(texts) < len(patterns):
        raise UsageError(
            f"The pattern for {keyword} is not a text.", fix="Give a text such as '4*', or several in a list."
        )
    return ShellPatterns.from_texts(texts)


def find_studies(studies: Iterable[Study], patterns: Mapping[str, ShellPatterns]) -> Iterator[Study]:
    """Yield each study that has a matching series.

    A series matches if, for each keyword in `patterns`, one value of the series matches one pattern of the keyword.
    """
    return (study for study in studies if any(_is_match(series, patterns) for series in study.series))


def find_series(series: Iterable[Series], patterns: Mapping[str, ShellPatterns]) -> Iterator[Series]:
    """Yield each series that matches `patterns`.

    A series matches if, for each keyword in `patterns`, one value of the series matches one pattern of the keyword.
    """
    return (member for member in series if _is_match(member, patterns))


def _is_match(series: Series, patterns: Mapping[str, ShellPatterns]) -> bool:
    """Return whether each keyword of `patterns` has a value in the series that matches."""
    uids = {"StudyInstanceUID": (series.study_instance_uid,), "SeriesInstanceUID": (series.series_instance_uid,)}
    return all(
        any(map(pattern.matches, uids[keyword] if keyword in uids else series.values[keyword]))
        for keyword, pattern in patterns.items()
    )


def count_values(
    connection: sqlite3.Connection,
    keyword: str,
    *,
    study: str | None = None,
    series: str | None = None,
    unmasked: bool = False,
) -> dict[str, int]:
    """Return the number of files of each value of a captured attribute, the most frequent value first.

    Args:
        connection: An open inventory.
        keyword: The keyword of a captured attribute. It becomes part of the SQL.
        study: Count the files of this Study Instance UID only.
        series: Count the files of this Series Instance UID only.
        unmasked: Whether the repr of the result shows patient values.
    """
    wanted = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    conditions = {column: uid for column, uid in wanted.items() if uid is not None}
    # With CROSS JOIN, SQLite first finds the headers of the study by their index, then the files of each header.
    join = "header CROSS JOIN file ON" if study is not None else "file JOIN header ON"
    query = (
        f"SELECT IFNULL(\"{keyword}\", ''), COUNT(*) FROM {join} file.header = header.id"  # noqa: S608
        f" WHERE disposition IN ('instance', 'duplicate'){''.join(f' AND {column} = ?' for column in conditions)}"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    rows = read_rows(connection, query, (read_value, read_integer), tuple(conditions.values()))
    return make_counts_class(keyword, is_unmasked=unmasked)(rows)


def find_inconsistencies(connection: sqlite3.Connection, *, unmasked: bool) -> Iterator[Inconsistency]:
    """Yield each inconsistent attribute that the scan reported, with the number of files of each value.

    `unmasked` says whether the repr of the values shows patient values.
    """
    locations = [location for (location,) in read_rows(connection, _INCONSISTENCY_QUERY, (read_location,))]
    for location in locations:
        keyword = location.keyword or ""
        yield Inconsistency(
            study_instance_uid=location.study or "",
            series_instance_uid=location.series,
            keyword=keyword,
            values=count_values(connection, keyword, study=location.study, series=location.series, unmasked=unmasked),
        )
