"""Makes the workbooks of the cases: `python -m tests.cases.make_workbooks`.

LibreOffice wrote those of `sheet/opened-by-libreoffice` and `sheet/saved-by-libreoffice`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.workbook_files import (
    DATE,
    Cell,
    Worksheet,
    excel_workbook,
    formula,
    google_workbook,
    inline_workbook,
    number,
)

ROOT = Path(__file__).parent
STUDY_1, STUDY_2 = "1.2.826.0.1.3680043.10.1.1", "1.2.826.0.1.3680043.10.1.2"
HEADER = ("StudyInstanceUID", "#instances", "PatientID", "PatientName", "StudyDate")
ROW_1 = (STUDY_1, number(3), "0042", "Doe^Jane", number(20260101))
ROW_2 = (STUDY_2, number(1), "HOSP-2", "Roe^Richard", "")
LEGEND = Worksheet(rows=[("Legend",), ("PatientID", "the number of the hospital")])


def _not_text() -> bytes:
    rows: list[Sequence[Cell]] = [
        HEADER,
        (STUDY_1, number(3), number(42), formula('"Doe^Janet"', "Doe^Janet"), number(46023, DATE)),
        (STUDY_2, number(1), number(77), "Roe^Richard", ""),
    ]
    return excel_workbook(Worksheet(rows=rows))


FILES: dict[str, Callable[[], bytes]] = {
    "sheet/workbook/studies.csv": lambda: excel_workbook(
        Worksheet(rows=[HEADER[:4], (*ROW_1[:3], "Doe^Janet"), (STUDY_2, number(1), "P2", "Roe^Richard")])
    ),
    "sheet/workbook-of-google/studies.xlsx": lambda: google_workbook(
        Worksheet(rows=[HEADER[:4], (*ROW_1[:3], "Doe^Janet"), (STUDY_2, number(1), "P2", "Roe^Richard")])
    ),
    "sheet/workbook-of-a-library/studies.xlsx": lambda: inline_workbook(
        Worksheet(rows=[HEADER[:4], (*ROW_1[:3], "Doe^Janet"), (STUDY_2, number(1), "P2", "Roe^Richard")])
    ),
    "sheet/not-text-cell/studies.xlsx": _not_text,
    "sheet/several-worksheets/studies.xlsx": lambda: excel_workbook(*[Worksheet(rows=[HEADER, ROW_1])] * 2),
    "sheet/other-worksheets/studies.xlsx": lambda: excel_workbook(
        LEGEND, Worksheet(rows=[HEADER[:4], (*ROW_1[:3], "Doe^Janet")])
    ),
    "sheet/hidden-cells/studies.xlsx": lambda: excel_workbook(
        Worksheet(rows=[HEADER[:4], (*ROW_1[:3], "Doe^Janet"), ROW_2[:4]], hidden_rows=(3,))
    ),
    "sheet/merged-cells/studies.xlsx": lambda: excel_workbook(
        Worksheet(
            rows=[HEADER[:4], (*ROW_1[:3], "Doe^Janet"), ROW_2[:3]],
            after='<mergeCells count="1"><mergeCell ref="D2:D3"/></mergeCells>',
        )
    ),
    "sheet/entities/studies.xlsx": lambda: excel_workbook(
        Worksheet(rows=[HEADER, ROW_1]),
        extra={
            "xl/sharedStrings.xml": '<!DOCTYPE sst [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>'
        },
    ),
    "sheet/not-text-lookup-cell/worklist.xlsx": lambda: excel_workbook(
        Worksheet(rows=[("StudyInstanceUID", "MRN", "Name"), (STUDY_1, "0043", "x"), (STUDY_2, number(7), "y")])
    ),
}
"""Path in the corpus -> function that makes the file."""


def main() -> None:
    """Write all workbooks."""
    for name, make in FILES.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(make())


if __name__ == "__main__":
    main()
