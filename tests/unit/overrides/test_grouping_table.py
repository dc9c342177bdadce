"""grouping.csv is written from grouping values and read again, also if it is large, hostile or damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.overrides.grouping_table import GROUPING_COLUMNS, UNKNOWN_CHARACTER, GroupingTable, parse_grouping_csv
from dicommap.overrides.grouping_values import GroupingValues


def group(study: str = "1.2", series: str = "1.2.1", files: int | None = 2, *values: str) -> GroupingValues:
    filled = (*values, *[""] * (5 - len(values)))
    return GroupingValues(study_instance_uid=study, series_instance_uid=series, files=files, values=filled)


def text_of(*groups: GroupingValues) -> str:
    table = GroupingTable()
    for one_group in groups:
        table.add_rows([one_group])
    text = "".join(table.pieces())
    assert "".join(table.pieces()) == text
    return text


def parsed(text: str) -> list[GroupingValues]:
    return list(parse_grouping_csv(text.splitlines(keepends=True)))


_TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\x85"), max_size=12)


@given(st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS, _TEXTS, _TEXTS), max_size=5), st.none() | st.integers(0, 10**9))
def test_what_is_written_is_read_again(rows: list[tuple[str, ...]], files: int | None) -> None:
    groups = [group("1.2", f"1.2.{number}", files, *values) for number, values in enumerate(rows)]
    assert parsed(text_of(*groups)) == groups


def test_many_rows_are_kept_in_compressed_pieces() -> None:
    groups = [group(f"1.2.{number:06}", f"1.2.{number:06}.1", 3, "same patient") for number in range(20_000)]
    table = GroupingTable()
    for one_group in groups:
        table.add_rows([one_group])
    assert sum(map(len, table._pieces)) < sum(map(len, table.pieces())) / 4
    assert parsed("".join(table.pieces())) == groups


def test_characters_that_are_not_known_are_marked() -> None:
    (row,) = parsed(text_of(group("1.2", "1.3", 1, "M\udcfcller", "a\x1b[31m\r\n")))
    assert row.values[:2] == (f"M{UNKNOWN_CHARACTER}ller", f"a{UNKNOWN_CHARACTER}[31m{UNKNOWN_CHARACTER}")


def test_formulas_are_escaped_for_spreadsheets() -> None:
    text = text_of(group("1.2", "1.3", 1, "=1+1"))
    assert ",'=1+1," in text
    assert parsed(text)[0].values[0] == "=1+1"


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "StudyInstanceUID\r\n",
        ",".join(GROUPING_COLUMNS) + "\r\n1.2,1.3,2,a,b,c,d\r\n",
        ",".join(GROUPING_COLUMNS) + "\r\n1.2,1.3,many,a,b,c,d,e\r\n",
        ",".join(GROUPING_COLUMNS) + "\r\n,1.3,1,a,b,c,d,e\r\n",
        ",".join(GROUPING_COLUMNS) + "\r\n1.3,1,1,a,b,c,d,e\r\n1.2,1,1,a,b,c,d,e\r\n",
        ",".join(GROUPING_COLUMNS) + '\r\n1.3,1,1,"SECRET,b,c,d,e\r\n',
    ],
)
def test_a_damaged_table_is_refused_without_its_values(lines: str) -> None:
    with pytest.raises(ValueError, match=r"^row \d+ is not a row of grouping.csv$"):
        parsed(lines)
