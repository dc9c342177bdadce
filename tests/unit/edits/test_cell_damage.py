"""What programs do to cells is found; what people write is an edit."""

from __future__ import annotations

import pytest

from dicommap.dicom.dictionary import tag_of
from dicommap.edits.cell_damage import describe_cell_damage, describe_identifier_damage, describe_misread_utf8


@pytest.mark.parametrize(
    ("before", "cell", "sign"),
    [
        ("007", "7", "leading zeros"),
        ("-007", "-7", "leading zeros"),
        ("0012 ", "12", "leading zeros"),
        ("00", "0.0", "leading zeros"),
        ("12345678901", "1.2E+10", "scientific"),
        ("12345678901", "1,23457E+10", "scientific"),
        ("0012345678901", "1.23457e+10", "scientific"),
        ("123", "123.0", "another notation"),
        ("123", "123,00", "another notation"),
        ("1.5", "1,5", "another notation"),
        ("1.50", "1.5", "another notation"),
        ("+5", "5", "another notation"),
        ("12345678901234567890", "12345678901234500000", "fifteenth"),
        ("12345678901234567890", "12345678901234600000", "fifteenth"),
        ("0012345678901234567890", "12345678901234600000", "fifteenth"),
    ],
)
def test_damage_of_a_number_is_seen(before: str, cell: str, sign: str) -> None:
    assert sign in (describe_cell_damage(before, cell) or "")


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("123", "124"),
        ("007", "8"),
        ("007", "008"),
        ("7", "007"),
        ("", "7"),
        ("7", ""),
        ("Doe^Jane", "Doe^June"),
        ("A007", "A7"),
        ("20260102", "20260103"),
        ("1E5", "1E6"),
        ("123", "123x"),
        ("12345678901234567890", "12345678901234567891"),
        ("12345678901234567", "12345678901234569"),
        ("1:2", "1:3"),
        ("M\u00fcller", "Mueller"),
        ("M\u00c3\u00bcller", "M\u00fcller"),
        ("12345678901234567890", "99945678901234500000"),
        ("12345678901234567890", "123456789012345"),
        ("123456789012345", "123456789012300"),
    ],
)
def test_an_ordinary_edit_is_no_damage(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell) is None


@pytest.mark.parametrize(
    ("before", "cell", "sign"),
    [
        ("1-2", "02-Jan", "date"),
        ("1/2", "02-Jan", "date"),
        ("MAR1", "01-Mar", "date"),
        ("MAR1", "01.M\u00e4r", "date"),
        ("MAR 1", "1. Mrz", "date"),
        ("1/2", "2. Jan", "date"),
        ("2026-1-2", "02/01/2026", "date"),
        ("12345678E3", "1.23E+10", "scientific"),
        ("=SUM(A1)", "#NAME?", "error"),
        ("anything", "#####", "error"),
        ("", "#REF!", "error"),
        ("12345678901234567", "12345678901234568", "fifteenth"),
        ("12345678901234567890", "12345678901234567000", "fifteenth"),
        ("0012345678901234567", "12345678901234568", "fifteenth"),
        ("1:2", "01:02:00", "time"),
        ("1:2", "01:02", "time"),
        ("1:2:3", "01:02:03", "time"),
        ("1:2", "0.0430555555555556", "time"),
        ("M\u00fcller", "M\u00c3\u00bcller", "another character set"),
        ("\u0141o\u015b", "\u00c5\x81o\u00c5\u203a", "another character set"),
        ("\u5c71\u7530", "\u00e5\u00b1\u00b1\u00e7\u201d\u00b0", "another character set"),
        ("M\u00fcller", "M\u0413\u0458ller", "another character set"),
        ("M\u00fcller", "M\u251c\u255dller", "another character set"),
    ],
)
def test_damage_of_other_values_is_seen(before: str, cell: str, sign: str) -> None:
    assert sign in (describe_cell_damage(before, cell) or "")


def test_leading_zeros_may_be_put_back() -> None:
    assert describe_cell_damage("7", "007") is None


@pytest.mark.parametrize(
    ("before", "cell"),
    [("PAT001", "PAT-001"), ("ACC2026", "ACC-2026"), ("1-2", "03-Apr"), ("2026-1-2", "2026-3-4"), ("MAR1", "MARS")],
)
def test_an_edit_that_only_looks_like_a_date_is_no_damage(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell) is None


@pytest.mark.parametrize("before", ["", "PAT001", "123456789012345"])
def test_a_long_number_typed_into_a_spreadsheet_is_seen(before: str) -> None:
    assert describe_cell_damage(before, "1.23457E+14") == "scientific notation"


@pytest.mark.parametrize("mark", [",", ".", "'", "\u2019", "\u00a0", "\u202f", " "])
@pytest.mark.parametrize(("before", "groups"), [("1234567", "1 234 567"), ("1234", "1 234"), ("0012345", "12 345")])
def test_grouped_digits_are_damage(before: str, groups: str, mark: str) -> None:
    assert describe_cell_damage(before, groups.replace(" ", mark))


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("1234567", "12,34,567"),
        ("1234567", "1,234,567.00"),
        ("1234567", "1.234.567,00"),
        ("1234.5", "1,234.5"),
        ("1234.5", "1.234,5"),
        ("-1234", "(1,234)"),
        ("-1234", "-1,234"),
        ("-5", "\u22125"),
        ("-5", "5-"),
        ("1234567", "$1,234,567.00"),
        ("12", "\u20ac 12"),
        ("12", "12 \u20ac"),
        ("12", "12,00 \u20ac"),
        ("12", "CHF 12.00"),
        ("12", "12 kr."),
        ("0.5", "50%"),
        ("0.5", "50.00%"),
        ("0.5", "50 %"),
        ("50%", "0.5"),
        ("007", "7.0"),
        ("7", "7,0"),
        (".5", "0.5"),
        ("\uff11\uff12\uff13", "123"),
        ("123456789012", "1.23457e+11"),
        ("123456789012", "1.23E+11"),
        ("123456789012", "1,23E+11"),
        ("12345678901234567890", "1.2345678901234567e+19"),
        ("12345678901234567890", "12,345,678,901,234,500,000"),
        ("12E4", "1.20E+05"),
        ("1E5", "100000"),
        ("1,234", "1234"),
        ("0.123456789", "0.1234568"),
        ("71.23456", "71.23"),
        ("+49891234", "49891234"),
    ],
)
def test_another_notation_of_a_number_is_damage(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell)


@pytest.mark.parametrize(
    "cell",
    [
        "05.01.2024",
        "5.1.2024",
        "5.1.24",
        "1/5/2024",
        "01/05/2024",
        "5/1/2024",
        "1/5/24",
        "2024-01-05",
        "2024/1/5",
        "2024.01.05",
        "05-01-2024",
        "5-Jan",
        "5-Jan-24",
        "5-Jan-2024",
        "Jan-24",
        "05 Jan 2024",
        "5. Januar 2024",
        "05. Jan",
        "5 janv. 2024",
        "5 gennaio 2024",
        "January 5, 2024",
        "Friday, January 5, 2024",
        "Freitag, 5. Januar 2024",
        "2024-01-05 00:00:00",
        "2024-01-05T00:00:00",
        "1/5/2024 12:00:00 AM",
        "2024\u5e741\u67085\u65e5",
        "1\u67085\u65e5",
        "2024\ub144 1\uc6d4 5\uc77c",
    ],
)
@pytest.mark.parametrize("before", ["20240105", "2024-01-05", "05.01.2024", "1/5/2024"])
def test_a_date_that_was_rewritten_is_damage(before: str, cell: str) -> None:
    assert before == cell or "date" in (describe_cell_damage(before, cell) or "")


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("MARCH1", "1-Mar"),
        ("MARCH1", "Mar-01"),
        ("SEPT2", "2-Sep"),
        ("DEC1", "01-Dec"),
        ("MAR24", "Mar-24"),
        ("1-2", "2024-01-02"),
        ("1-2", "1\u67082\u65e5"),
        ("1-2", "45293"),
        ("1/2", "1/2/2024"),
        ("3-4-5", "03.04.2005"),
        ("2024-01-05", "45296"),
        ("5-Jan", "2024-01-05"),
        ("4-2020", "Apr-20"),
        ("20240105103000", "2024-01-05 10:30:00"),
        ("20240105103000", "2.02401E+13"),
    ],
)
def test_a_text_that_became_a_date_is_damage(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell)


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("10:30", "10:30:00"),
        ("10:30", "10:30 AM"),
        ("10:30", "10:30:00 AM"),
        ("22:30", "10:30 PM"),
        ("22:30", "10:30 p.m."),
        ("10:30:00", "10:30"),
        ("10:30:15", "10:30"),
        ("9:30", "09:30"),
        ("10:30", "0.4375"),
        ("10:30", "1899-12-30 10:30:00"),
        ("10:30:15.5", "30:15.5"),
        ("103000", "10:30:00"),
        ("103000.5", "10:30:00"),
    ],
)
def test_a_time_that_was_rewritten_is_damage(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell)


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("true", "TRUE"),
        ("True", "TRUE"),
        ("true", "True"),
        ("true", "WAHR"),
        ("true", "VRAI"),
        ("TRUE", "VERDADERO"),
        ("false", "FALSCH"),
        ("False", "FAUX"),
        ("F", "FALSE"),
        ("T", "TRUE"),
        ("O'Brien^Pat", "O\u2019Brien^Pat"),
        ('5" scan', "5\u201d scan"),
        ('say "x"', "say \u201ex\u201c"),
        ("A--B", "A\u2014B"),
        ("A...", "A\u2026"),
        ("a  b", "a b"),
        ("a b", "a\u00a0b"),
        ("a\u00a0b", "a b"),
        ("a\nb", "a b"),
        ("\u00a0a", "a"),
        ("'t Hart^Jan", "t Hart^Jan"),
        ("x" * 40_000, "x" * 32_767),
        ("x" * 300, "x" * 255),
        ("x" * 254 + "  y", "x" * 254),
        ("\U0001f9b4" * 200, "\U0001f9b4" * 127),
    ],
)
def test_a_text_that_was_rewritten_is_damage(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell)


WORDS = ["NULL", "null", "None", "nan", "NaN", "NA", "<NA>", "N/A", "n/a", "#N/A", "\\N", "-", "NaT"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_no_value_that_came_back_empty_is_damage(word: str) -> None:
    assert describe_cell_damage(word, "")


@pytest.mark.parametrize(
    "cell",
    ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#N/A", "#NV", "#BEZUG!", "#WERT!", "#NOMBRE?", "#\u00a1REF!", "##"],
)
@pytest.mark.parametrize("before", ["", "007", "Doe^Jane"])
def test_an_error_of_a_spreadsheet_is_damage(before: str, cell: str) -> None:
    assert "error" in (describe_cell_damage(before, cell) or "")


@pytest.mark.parametrize(
    ("before", "cell"),
    [
        ("20240105", "20240106"),
        ("2024-01-05", "20240105"),
        ("2024-01-05", "2024-05-01"),
        ("20240105", "05.02.2024"),
        ("", "05.01.2024"),
        ("P-1", "2024-01-05"),
        ("1-2", "2-1"),
        ("1-2", "45000"),
        ("12", "45292"),
        ("943 476 5919", "9434765919"),
        ("943 476 591", "943476591"),
        ("12", "12%"),
        ("1234", "A1234"),
        ("1234", "USD1234"),
        ("1234", "1,235"),
        ("71.5", "72"),
        ("71.2345", "71.24"),
        ("71.25", "71.3"),
        ("10:30", "10:31:00"),
        ("10:30", "10:30 PM"),
        ("true", "FALSE"),
        ("M", "F"),
        ("F", "false"),
        ("true", "yes"),
        ("O\u2019Brien", "O'Brien"),
        ("Doe^Jane", "Roe^Jane"),
        ("DOE^JANE", "Doe^Jane"),
        ("a b", "ab"),
        ("x" * 300, "x" * 100),
        ("x" * 100, "x" * 50),
        ("Thorax", ""),
        ("0042", ""),
        ("MARIA1", "MARIA2"),
        ("MARCH1", "2-Apr"),
        ("Knee", "Knee 1-2"),
        ("#1", "#2"),
    ],
)
def test_what_people_change_is_an_edit(before: str, cell: str) -> None:
    assert describe_cell_damage(before, cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "1.23E+11",
        "1,23E+11",
        "1.2e+10",
        "12345.0",
        "12345,00",
        "1,234,567",
        "1'234'567",
        "1\u00a0234\u202f567".replace("\u202f", "\u00a0"),
        "02-Jan",
        "Mar-24",
        "05. Jan",
        "2024-01-05 00:00:00",
        "10:30:00",
        "$12",
        "50%",
        "12 \u20ac",
        "TRUE",
        "FALSCH",
        "#REF!",
    ],
)
@pytest.mark.parametrize("keyword", ["PatientID", "AccessionNumber", "StudyID", "OtherPatientIDs"])
def test_an_identifier_is_judged_by_its_form(keyword: str, cell: str) -> None:
    assert describe_identifier_damage(tag_of(keyword) or 0, cell)
    assert describe_identifier_damage(tag_of("StudyDescription") or 0, cell) is None


@pytest.mark.parametrize(
    "cell",
    ["", "007", "12.345.678", "943 476 5919", "A-17", "MAR-24", "1-2", "2024-17", "12.5", "P-1E5", "2024-01-05", "1E5"],
)
def test_what_identifiers_look_like_is_no_damage(cell: str) -> None:
    assert describe_identifier_damage(tag_of("PatientID") or 0, cell) is None


@pytest.mark.parametrize(
    "cell", ["1" * 100_000, "1," * 100_000, "a " * 100_000, "-" * 100_000, "1:" * 50_000, "' " * 50_000]
)
@pytest.mark.parametrize("before", ["1", "1" * 100_000, "a  " * 100_000])
def test_long_cells_take_no_long_time(before: str, cell: str) -> None:
    describe_cell_damage(before, cell)
    describe_identifier_damage(tag_of("PatientID") or 0, cell)


@pytest.mark.parametrize("meant", ["Müller", "Łoś^Zofia", "山田^太郎", "5 µm", "O’Brien"])
@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_utf_8_read_as_a_western_code_page_is_seen_without_a_value_before(meant: str, codec: str) -> None:
    misread = "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in meant.encode())
    assert describe_misread_utf8(misread)
    assert describe_misread_utf8(meant) is None


@pytest.mark.parametrize("cell", ["", "Mueller", "MÜLLER", "Ã", "«Été»", "São Paulo", "ÄÖÜ", "Łódź", "50 °C"])
def test_letters_with_accents_are_no_damage(cell: str) -> None:
    assert describe_misread_utf8(cell) is None


@pytest.mark.parametrize("before", ["A-1\r", "A-1\u00a0", "A-1\u00a0\r"])
def test_a_value_that_has_lost_spaces_at_its_end_is_not_called_shortened(before: str) -> None:
    assert describe_cell_damage(before, "A-1") == "other spaces or ends of lines"
