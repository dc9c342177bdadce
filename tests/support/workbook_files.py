"""Workbooks (.xlsx) built from XML in the forms in which Excel and Google Sheets write them, or damaged or hostile."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from dicommap.edits.table import column_letters

_MOMENT = (2026, 1, 2, 3, 4, 6)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TAG = re.compile("(</?)(?=[a-zA-Z])")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

STYLES = ("General", "@", "yyyy\\-mm\\-dd", "00000000", "0.00%", '#,##0.00\\ "EUR"', "[h]:mm:ss", "d/m/yy", "0.00E+00")
"""The codes of the number formats that cells of these workbooks can have, by the index of their style."""
TEXT, DATE, ZEROS, PERCENT, AMOUNT, HOURS = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Raw:
    """A cell whose XML is given."""

    type: str = ""
    content: str = ""
    style: int = 0


def number(value: object, style: int = 0) -> Raw:
    """Return a number cell."""
    return Raw("", f"<v>{value}</v>", style)


def formula(code: str, result: str | None, kind: str = "str") -> Raw:
    """Return a formula cell with the result that its program stored; None if it stored no result."""
    return Raw(kind, f"<f>{escape(code)}</f>" + ("" if result is None else f"<v>{escape(result)}</v>"))


Cell = str | Raw | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet:
    """The content of a worksheet."""

    rows: Sequence[Sequence[Cell]]
    hidden_rows: Sequence[int] = ()
    before: str = ""
    """XML before the cells, such as `<cols>`."""
    after: str = ""
    """XML behind the cells, such as `<mergeCells>`."""
    numbers: Mapping[int, int] = field(default_factory=dict)
    """Index of a row -> its number, if blank rows are above it."""


def excel_workbook(*worksheets: Worksheet, date1904: bool = False, extra: Mapping[str, str] | None = None) -> bytes:
    """Return a workbook in Excel's form: shared texts, addresses of cells, and relative targets."""
    return _build(worksheets, _ExcelTexts(), date1904=date1904, extra=extra or {}, prefix="", root="")


def google_workbook(*worksheets: Worksheet) -> bytes:
    """Return a workbook in the form of Google Sheets: whole numbers as 1.0, and blank cells with a style."""
    return _build(worksheets, _GoogleTexts(), date1904=False, extra={}, prefix="", root="/xl/")


def inline_workbook(*worksheets: Worksheet) -> bytes:
    """Return a workbook in the form of libraries: inline texts, no addresses, and a namespace prefix."""
    return _build(worksheets, _InlineTexts(), date1904=False, extra={}, prefix="x:", root="")


def zip_parts(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a ZIP file of these parts. Without compression its bytes are the same with every version of zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _MOMENT)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            info.compress_type = method
            archive.writestr(info, content)
    return buffer.getvalue()


def compress(workbook: bytes) -> bytes:
    """Return a workbook with compressed parts."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return zip_parts({name: archive.read(name) for name in archive.namelist()}, zipfile.ZIP_DEFLATED)


class _ExcelTexts:
    """Writes the cells and the shared texts of a workbook."""

    has_addresses = True
    trailing_blanks = 0

    def __init__(self) -> None:
        self.shared: dict[str, int] = {}

    def cell(self, cell: str) -> tuple[str, str]:
        """Return the type and the content of a text cell."""
        return "s", f"<v>{self.shared.setdefault(cell, len(self.shared))}</v>"

    def number(self, content: str) -> str:
        """Return the content of a number cell."""
        return content


class _GoogleTexts(_ExcelTexts):
    trailing_blanks = 3

    def number(self, content: str) -> str:
        value = content.removeprefix("<v>").removesuffix("</v>")
        return f"<v>{value}.0</v>" if value.isdigit() else content


class _InlineTexts(_ExcelTexts):
    has_addresses = False

    def cell(self, cell: str) -> tuple[str, str]:
        return "inlineStr", f'<is><t xml:space="preserve">{escape(cell)}</t></is>'


def _build(
    worksheets: Sequence[Worksheet],
    texts: _ExcelTexts,
    *,
    date1904: bool,
    extra: Mapping[str, str],
    prefix: str,
    root: str,
) -> bytes:
    numbers = range(1, len(worksheets) + 1)
    parts = {"[Content_Types].xml": _content_types(len(worksheets))}
    parts["_rels/.rels"] = _relationships([("officeDocument", "xl/workbook.xml")])
    sheets = "".join(f'<sheet name="Sheet{one}" sheetId="{one}" r:id="rId{one}"/>' for one in numbers)
    settings = f'<workbookPr date1904="{int(date1904)}"/>'
    parts["xl/workbook.xml"] = _element("workbook", f"{settings}<sheets>{sheets}</sheets>", prefix)
    related = [("worksheet", f"{root}worksheets/sheet{one}.xml") for one in numbers]
    related += [("styles", f"{root}styles.xml"), ("sharedStrings", f"{root}sharedStrings.xml")]
    parts["xl/_rels/workbook.xml.rels"] = _relationships(related)
    for one, worksheet in enumerate(worksheets, 1):
        parts[f"xl/worksheets/sheet{one}.xml"] = _element("worksheet", _worksheet(worksheet, texts), prefix)
    parts["xl/styles.xml"] = _element("styleSheet", _styles(), prefix)
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts.shared)
    parts["xl/sharedStrings.xml"] = _element("sst", items, prefix)
    return zip_parts({**parts, **extra})


def _worksheet(worksheet: Worksheet, texts: _ExcelTexts) -> str:
    rows = []
    for index, cells in enumerate(worksheet.rows):
        row = worksheet.numbers.get(index, index + 1)
        content = "".join(_cell(cell, row, column, texts) for column, cell in enumerate(cells))
        for column in range(len(cells), len(cells) + texts.trailing_blanks):
            content += f'<c r="{column_letters(column)}{row}" s="{TEXT}"/>'
        hidden = ' hidden="1"' if row in worksheet.hidden_rows else ""
        rows.append(f'<row r="{row}"{hidden}>{content}</row>')
    return f"{worksheet.before}<sheetData>{''.join(rows)}</sheetData>{worksheet.after}"


def _cell(cell: Cell, row: int, column: int, texts: _ExcelTexts) -> str:
    if cell is None and texts.has_addresses:
        return ""
    address = f' r="{column_letters(column)}{row}"' if texts.has_addresses else ""
    if cell is None:
        return "<c/>"
    if isinstance(cell, Raw):
        kind = f' t="{cell.type}"' if cell.type else ""
        content = cell.content if cell.type else texts.number(cell.content)
        return f'<c{address}{kind} s="{cell.style}">{content}</c>'
    kind, content = texts.cell(cell)
    return f'<c{address} t="{kind}" s="{TEXT}">{content}</c>'


def _styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{164 + one}" formatCode={quoteattr(code)}/>' for one, code in enumerate(STYLES)
    )
    cells = "".join(f'<xf numFmtId="{0 if one == 0 else 164 + one}" fontId="0"/>' for one in range(len(STYLES)))
    # Styles for cell styles (cellStyleXfs) are another list, which does not count.
    return f'<numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{cells}</cellXfs>'


def _element(name: str, content: str, prefix: str) -> str:
    namespace = f"xmlns:{prefix.rstrip(':')}" if prefix else "xmlns"
    content = _TAG.sub(rf"\1{prefix}", content)
    return f'{_DECLARATION}<{prefix}{name} {namespace}="{_MAIN}" xmlns:r="{_OFFICE}">{content}</{prefix}{name}>'


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="rId{one}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for one, (kind, target) in enumerate(targets, 1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}">{items}</Relationships>'


def _content_types(count: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{one}.xml" ContentType="{kind}.worksheet+xml"/>'
        for one in range(1, count + 1)
    )
    return (
        f'{_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>'
    )
