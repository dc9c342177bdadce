"""Edits as nobody should write them: each is found at its place, in bounded time and memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bad_input.filled import filled
from tests.bad_input.worker import Found, bounded
from tests.benchmarks.draft_sizes import write_inputs

MEGABYTES_10 = 10 * 2**20

NAMED: dict[str, tuple[str, list[Found]]] = {
    "rules that match nothing": (
        '[[rule]]\nname = "nobody"\nlevel = "study"\nmatch = {PatientID = "X*"}\nset = {StudyID = "S9"}\n',
        [("rules.unused", {"path": "rules.toml", "rule": "nobody"}), ("draft.nothing-to-do", {})],
    ),
    "two rules that disagree": (
        '[[rule]]\nname = "one"\nlevel = "study"\nmatch = {PatientID = "P2"}\nset = {StudyID = "S8"}\n'
        '[[rule]]\nname = "two"\nlevel = "study"\nmatch = {PatientID = "P*"}\nset = {StudyID = "S9"}\n',
        [("edit.contradiction", {"keyword": "StudyID", "study": "1.2.2"})],
    ),
    "a pattern that backtracks for ever": (
        '[[rule]]\nname = "slow"\nlevel = "study"\nmatch = {PatientID = "P1"}\n'
        'replace = {StudyDescription = {pattern = "(a+)+$", with = "b"}}\n',
        [("value.too-long", {"path": "rules.toml", "rule": "slow", "study": "1.2.1", "keyword": "StudyDescription"})],
    ),
    "a pattern of many stars": (
        '[[rule]]\nname = "stars"\nlevel = "study"\n'
        f'match = {{StudyDescription = "{"*a" * 30}b"}}\nset = {{StudyID = "S9"}}\n',
        [("rules.unused", {"path": "rules.toml", "rule": "stars"}), ("draft.nothing-to-do", {})],
    ),
    "a pattern of a thousand repetitions": (
        '[[rule]]\nname = "huge"\nlevel = "study"\n'
        f'replace = {{StudyDescription = {{pattern = "{"(" * 9}a{"{1000})" * 9}", with = "b"}}}}\n',
        [
            ("rules.pattern", {"path": "rules.toml", "rule": "huge", "keyword": "StudyDescription"}),
        ],
    ),
    "arrays nested 10,000 levels": (
        '[[rule]]\nname = "deep"\nlevel = "study"\n[rule.raw]\n00081030 = ' + "[" * 10_000 + "]" * 10_000,
        [("rules.not-toml", {"path": "rules.toml"})],
    ),
    "tables nested 10,000 levels": (
        '[[rule]]\nname = "deep"\nlevel = "study"\n[rule.raw]\n00081030' + ".a" * 10_000 + " = 1\n",
        [("json.too-deep", {"path": "rules.toml"})],
    ),
    "tables nested 500 levels": (
        '[[rule]]\nname = "deep"\nlevel = "study"\n[rule.raw]\n00081030' + ".a" * 500 + " = 1\n",
        [("json.too-deep", {"path": "rules.toml"})],
    ),
    **{
        f"sequences nested {levels} levels": (
            '[[rule]]\nname = "deep"\nlevel = "study"\n[rule.raw]\n00321064 = '
            + '{vr = "SQ", Value = [{00400275 = ' * levels
            + '{vr = "SQ"}'
            + "}]}" * levels,
            [(code, {"path": "rules.toml"})],
        )
        for levels, code in [(25, "json.too-deep"), (80, "json.too-deep"), (1000, "rules.not-toml")]
    },
    "a value of 10 MB": (
        f'[[rule]]\nname = "long"\nlevel = "study"\nset = {{StudyDescription = "{"x" * MEGABYTES_10}"}}\n',
        [("value.too-long", {"path": "rules.toml", "rule": "long", "keyword": "StudyDescription"})],
    ),
}

*SHORT, LONGEST = NAMED


@pytest.mark.parametrize("name", [*SHORT, pytest.param(LONGEST, marks=pytest.mark.long)])
def test_rules(name: str, small: Path, tmp_path: Path) -> None:
    text, expected = NAMED[name]
    rules = tmp_path / "rules.toml"
    rules.write_text(text, encoding="utf-8")
    ran = bounded("draft", inventory=small, rules=[rules])
    found = [
        (code, {member: told for member, told in place.items() if member != "pointer"}) for code, place in ran.found
    ]
    assert [one for one in expected if one not in found] == []
    assert not ran.files or "draft.nothing-to-do" not in ran.codes()


def test_references_in_a_circle_stand_for_what_is_there_now(small: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "circle"\nlevel = "study"\nmatch = {PatientID = "P2"}\n'
        'set = {PatientID = "{AccessionNumber}", AccessionNumber = "{PatientID}", StudyID = "x{StudyID}"}\n',
        encoding="utf-8",
    )
    ran = bounded("draft", inventory=small, rules=[rules])
    # A study without StudyID has nothing that a reference to it could stand for.
    assert (
        "rules.no-result",
        {"path": "rules.toml", "rule": "circle", "study": "1.2.2", "keyword": "StudyID"},
    ) in ran.found
    rules.write_text(rules.read_text(encoding="utf-8").replace(', StudyID = "x{StudyID}"', ""), encoding="utf-8")
    (override,) = bounded("draft", inventory=small, rules=[rules]).files.values()
    assert {tag: attribute["Value"] for tag, attribute in json.loads(override).items()} == {
        "00080050": ["P2"],
        "00100020": ["A2"],
    }


@pytest.mark.parametrize("keys", [2_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_a_lookup_whose_keys_stand_twice(small: Path, tmp_path: Path, keys: int) -> None:
    rows = "".join(f"A{number % keys},S{number}\n" for number in range(2 * keys))
    (tmp_path / "worklist.csv").write_text("AccessionNumber,ID\n" + rows, encoding="utf-8")
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "joined"\nlevel = "study"\n[rule.lookup]\nfile = "worklist.csv"\nby = "AccessionNumber"\n'
        'set = {StudyID = "ID"}\n',
        encoding="utf-8",
    )
    ran = bounded("draft", inventory=small, rules=[rules])
    places = [place for code, place in ran.found if code == "lookup.duplicate-key"]
    assert len(places) == 1_000
    assert ("document.more-issues", {"path": "worklist.csv"}) in ran.found
    row = keys + 2
    assert places[0] == {"path": "worklist.csv", "row": row, "column": "AccessionNumber", "cell": f"A{row}"}
    assert not ran.files


CELLS: dict[str, tuple[str, str, str]] = {
    "10 MB": ("StudyDescription", "x" * MEGABYTES_10, "value.too-long"),
    "10 MB of kanji": ("StudyDescription", "山" * (MEGABYTES_10 // 3), "value.too-long"),
    "10 MB of a name": ("PatientName", "x" * MEGABYTES_10, "value.too-long"),
    "10 MB of groups": ("PatientName", "=" * MEGABYTES_10 + "x", "value.format"),
    "10 MB of components": ("PatientName", "^" * MEGABYTES_10 + "x", "value.format"),
    "10 MB of values": ("StudyDescription", "x\\" * (MEGABYTES_10 // 2), "value.multiplicity"),
    "10 MB of empty values": ("StudyDescription", "\\" * MEGABYTES_10 + "x", "value.multiplicity"),
    "10 MB of values that are none": ("BodyPartExamined", "b\\" * (MEGABYTES_10 // 2), "document.more-issues"),
    "10 MB of digits": ("SeriesNumber", "1" * MEGABYTES_10, "value.too-long"),
    "10 MB of zeros": ("StudyDate", "0" * MEGABYTES_10, "value.too-long"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", CELLS)
def test_cells_of_sheets(name: str, small: Path, tmp_path: Path) -> None:
    keyword, cell, code = CELLS[name]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"StudyInstanceUID,SeriesInstanceUID,{keyword}\n1.2.2,1.2.2.1,{cell}\n", encoding="utf-8")
    ran = bounded("draft", inventory=small, sheets=[sheet])
    assert (code, {"path": "sheet.csv", "row": 2, "column": keyword, "cell": "C2"}) in ran.found
    assert len(ran.found) < 200
    assert not ran.files


NAMES = [
    "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=ヤマダ^タロウ",
    "Hong^Gildong=洪^吉洞=홍^길동",
    "Wang^XiaoDong=王^小东",
    "קברי^אליעזר",
    "قباني^لنزار",
    "علی‌رضا^می‌نا",
    "क्‍ष^राम",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_in_all_scripts_arrive_as_they_were_written(name: str, small: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"StudyInstanceUID,PatientName\n1.2.2,{name}\n", encoding="utf-8")
    ran = bounded("draft", inventory=small, sheets=[sheet])
    (override,) = ran.files.values()
    (value,) = json.loads(override)["00100010"]["Value"]
    assert "=".join(value.values()) == name
    assert not [code for code in ran.codes() if code.startswith(("value.inv", "value.con", "value.ch", "dicom-json"))]


ABOUT_THE_EDIT = {"edit.grouping-attribute", "forecast.non-primary"}
"""What is found of every changed PatientID, with nothing wrong in the sheet."""


def sheet_of(rows: list[str], folder: Path) -> Path:
    sheet = folder / "sheet.csv"
    sheet.write_text("StudyInstanceUID,PatientID,PatientName\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return sheet


def test_wrong_rows_are_found_among_many(tmp_path: Path) -> None:
    rows = [f"1.2.{number},P{number},Doe^{number}" for number in range(5_000)]
    rows[777] = "1.2.777,P777," + "x" * 65
    rows[888] = "1.2.888,P888"
    rows[999], rows[1_000] = "1.2.1000,P1000,Doe^1000", "1.2.1000,P1000,Doe^Another"
    rows[4_999] = "1.2.9999999,P,Doe^Nobody"
    inventory = filled(tmp_path / "inventory.db", 5_000)
    ran = bounded("draft", inventory=inventory, sheets=[sheet_of(rows, tmp_path)])
    assert sorted((one for one in ran.found if one[0] not in ABOUT_THE_EDIT), key=str) == [
        ("sheet.duplicate-row", {"path": "sheet.csv", "row": 1002}),
        ("sheet.ragged-row", {"path": "sheet.csv", "row": 890}),
        ("sheet.unknown-study", {"path": "sheet.csv", "row": 5_001}),
        ("value.too-long", {"path": "sheet.csv", "row": 779, "column": "PatientName", "cell": "C779"}),
    ]


@pytest.mark.long
def test_the_memory_of_a_draft_does_not_grow_with_the_studies(tmp_path: Path) -> None:
    """Twenty attributes of each study change. At most 200 items of each dict are in memory, as 20,000 usually are."""
    peaks = []
    for studies in (1_000, 4_000):
        folder = tmp_path / str(studies)
        folder.mkdir()
        inventory, sheet = write_inputs(folder, studies)
        ran = bounded("draft", inventory=inventory, sheets=[sheet], items_in_memory=200, output=folder / "package")
        assert len(list((folder / "package").rglob("files/**/*.json"))) == studies
        peaks.append(ran.peak)
    assert peaks[1] <= 1.15 * peaks[0], peaks


@pytest.mark.parametrize("studies", [1_200, pytest.param(200_000, marks=pytest.mark.long)])
def test_a_sheet_of_many_rows(tmp_path: Path, studies: int) -> None:
    rows = [f"1.2.{number},P{number},Doe^{number}" for number in range(studies)]
    for number in range(0, studies, 400):
        rows[number] = f"1.2.{number},HOSP-{number},Doe^{number}"
    inventory = filled(tmp_path / "inventory.db", studies)
    ran = bounded("draft", inventory=inventory, sheets=[sheet_of(rows, tmp_path)], quotas={"files": 1_000_000})
    assert set(ran.codes()) <= ABOUT_THE_EDIT
    assert len(ran.files) == studies // 400
