"""What a query gave, as it shows itself."""

from __future__ import annotations

import pandas

from dicommap.inventory.frames.sql_query import QueryResult


def test_rows_show_themselves_as_a_table() -> None:
    found = QueryResult(("a", "name"), [(1, "x"), (None, "y\x1b[31m"), (b"abc", "z" * 99)])
    assert repr(found).splitlines() == [
        "a        name",
        "1        x",
        "NULL     y\\x1b[31m",
        "3 bytes  " + "z" * 63 + "…",
        "3 rows",
    ]


def test_only_the_first_rows_are_shown() -> None:
    found = QueryResult(("a",), [(number,) for number in range(1000)])
    assert repr(found).splitlines()[-1] == "1,000 rows, the first 20 shown"
    assert len(repr(found).splitlines()) == 22
    assert found._repr_html_().count('<tr class="row">') == 20
    assert "and 980 more rows" in found._repr_html_()
    assert len(found) == 1000
    assert next(iter(found)) == (0,)


def test_html_is_escaped() -> None:
    found = QueryResult(("<a>",), [("<script>",)])
    assert "<script>" not in found._repr_html_()
    assert "<span>&lt;a&gt;</span></th>" in found._repr_html_()
    assert "1 row<" in found._repr_html_()


def test_columns_of_numbers_are_aligned_as_such() -> None:
    html = QueryResult(("n", "text", "none"), [(1, "1", None), (None, "2", None)])._repr_html_()
    assert html.count(' class="number"') == 3


def test_rows_go_on_to_pandas() -> None:
    frame = QueryResult(("a", "a"), [(1, "x"), (2, None)]).to_pandas()
    assert list(frame.columns) == ["a", "a"]
    assert frame.iloc[0].tolist() == [1, "x"]
    assert isinstance(QueryResult(("a",), []).to_pandas(), pandas.DataFrame)
