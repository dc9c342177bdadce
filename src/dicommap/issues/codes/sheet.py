"""Issue codes for sheets that were edited in a spreadsheet."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="sheet.unreadable-text",
        severity=Severity.ERROR,
        title="A sheet or lookup that cannot be read as text",
        message="The file {problem}.",
        explanation="Sheets and lookups are Excel workbooks (.xlsx), or CSV files in UTF-8, with or without a byte "
        "order mark, or in UTF-16 with one. For other CSV files the encoding must be named: with a wrong one, names "
        "would silently become other names. After a quote that is not closed, the rest of the file is one cell; the "
        "row is the one in which that cell begins.",
        fix="Save the sheet as 'CSV UTF-8' or as .xlsx and draft again; or name the encoding of a CSV file with "
        "--encoding cp1252 or --encoding latin-1, and that of a lookup with encoding = in its rule.",
    ),
    IssueCode(
        name="sheet.no-key-column",
        severity=Severity.ERROR,
        title="A sheet or lookup without its key column",
        message="Row {row} has no column {column}, and no row near it has one.",
        explanation="Rows of a sheet are joined to studies by StudyInstanceUID, and to series also by "
        "SeriesInstanceUID; rows of a lookup are joined by the column that its rule names. The header, which names the "
        "columns, is the first of the first 50 rows that has this column. Columns of CSV are separated by comma, "
        "semicolon, tab or bar.",
        fix="Write the sheet with 'dicommap sheet' and keep its key columns.",
    ),
    IssueCode(
        name="sheet.header-row",
        severity=Severity.NOTE,
        title="A sheet or lookup whose header is not its first row",
        message="The header is row {row}; the rows above it are not read.",
        explanation="A title or blank rows may be above the header. A row belongs to the table only if it is below "
        "the header.",
        fix="No action is needed if no data is above the header.",
    ),
    IssueCode(
        name="sheet.repeated-column",
        severity=Severity.ERROR,
        title="Two columns with the same name",
        message="The sheet has this column more than once.",
        explanation="It is not known which of the columns has the wanted value. The column is not used.",
        fix="Remove one of the columns.",
    ),
    IssueCode(
        name="sheet.unnamed-column",
        severity=Severity.ERROR,
        title="A column with cells but without a name",
        message="The column has no name, but its cells are not empty.",
        explanation="It is not known which attribute the column is for, and ignoring it would lose what somebody "
        "wrote.",
        fix="Name the column, or remove it.",
    ),
    IssueCode(
        name="sheet.column-not-captured",
        severity=Severity.ERROR,
        title="A column whose attribute is not in the inventory",
        message="The inventory does not hold this attribute, so changed cells cannot be told from unchanged ones.",
        explanation="A cell becomes an edit if it differs from the current value. Without the current value every "
        "cell would become an edit, also the empty ones.",
        fix="Scan again with --attributes and this keyword, or set the attribute by a rule.",
    ),
    IssueCode(
        name="sheet.ragged-row",
        severity=Severity.ERROR,
        title="A row with more or fewer cells than the header",
        message="The row has {count:cell}; the header has {expected}.",
        explanation="An unquoted delimiter inside a value moves all following cells into wrong columns. The row is "
        "not used.",
        fix="Quote the value, or save the sheet again from the spreadsheet.",
    ),
    IssueCode(
        name="sheet.duplicate-row",
        severity=Severity.ERROR,
        title="Two rows for one study or series",
        message="The row is for the same study or series as row {first}, but its cells differ.",
        explanation="It is not known which of the two rows is meant. Until one of them is removed, the preview "
        "shows the first.",
        fix="Remove one of the rows.",
    ),
    IssueCode(
        name="sheet.repeated-row",
        severity=Severity.NOTE,
        title="A row of a sheet that repeats another row",
        message="The row repeats row {first}: it is for the same study or series, and its cells are equal.",
        explanation="Both rows give the same values, so there is nothing to choose.",
        fix="No action is needed.",
    ),
    IssueCode(
        name="sheet.several-worksheets",
        severity=Severity.ERROR,
        title="A workbook with several worksheets that have the key column",
        message="Worksheets {numbers} have a column {column}, so it is not known which one is meant.",
        explanation="A workbook is read as one sheet or lookup: the worksheet whose first rows have the key column. "
        "Hidden worksheets count too.",
        fix="Move the other worksheets to a workbook of their own, or save the right one as CSV UTF-8.",
    ),
    IssueCode(
        name="sheet.other-worksheets",
        severity=Severity.NOTE,
        title="A workbook with other worksheets, which are not read",
        message="Only worksheet {number}, which has the key column, is read.",
        explanation="The other worksheets of the workbook do not have the key column in their first rows.",
        fix="No action is needed if the other worksheets hold no edits.",
    ),
    IssueCode(
        name="sheet.hidden-cells",
        severity=Severity.WARNING,
        title="A workbook with hidden rows or columns",
        message="Hidden cells are read like the others: {what} with data.",
        explanation="A filter hides rows, and people hide columns. Their cells are part of the sheet: changed cells "
        "become edits, also if nobody sees them.",
        fix="Remove the filter and show all columns, and check these cells. Remove rows that are not meant.",
    ),
    IssueCode(
        name="sheet.merged-cells",
        severity=Severity.ERROR,
        title="Merged cells in a workbook",
        message="Cells {cells} are merged.",
        explanation="Only the first of merged cells has a value. The others are empty in the file, which would empty "
        "their attributes, although people see one value for all of them.",
        fix="Unmerge the cells and write the value into each of them.",
    ),
    IssueCode(
        name="sheet.not-text-cell",
        severity=Severity.ERROR,
        title="A cell of a workbook that is not text",
        message="The cell is {what} and not text.",
        explanation="A spreadsheet stores what it takes for a number, a date or a truth value without the characters "
        "that were typed: 007 is stored as 7, and 1-2 as a day. A formula can have an old result. Such a cell is not "
        "used, unless it holds the current value, or is a number of an attribute whose values are numbers or dates. A "
        "number with a format of zeros, such as 00000000, counts as the text with these zeros.",
        fix="Format the column as text and type the values again; copy the results of formulas and paste them as "
        "values. If the numbers lost no zeros, you can save the sheet as CSV UTF-8 instead.",
    ),
    IssueCode(
        name="sheet.damaged-uid",
        severity=Severity.ERROR,
        title="A UID that a spreadsheet has changed",
        message="The UID in this cell {problem}{hint}.",
        explanation="Spreadsheets turn texts that look like numbers into numbers: a UID becomes 1.2E+10. The row "
        "is not used.",
        fix="Import the UID columns as text, or take the UIDs from the original sheet.",
    ),
    IssueCode(
        name="sheet.unknown-study",
        severity=Severity.ERROR,
        title="A study that is not in the inventory",
        message="The inventory holds no such study{hint}.",
        explanation="The row's StudyInstanceUID is not among the scanned studies. The row is not used.",
        fix="Check the UID, or scan the tree that holds the study.",
    ),
    IssueCode(
        name="sheet.unknown-series",
        severity=Severity.ERROR,
        title="A series that is not in the inventory",
        message="The inventory holds no such series in this study.",
        explanation="The row's SeriesInstanceUID is not among the scanned series of its study. The row is not used.",
        fix="Check the UIDs, or scan the tree that holds the series.",
    ),
    IssueCode(
        name="sheet.unknown-instance",
        severity=Severity.ERROR,
        title="An instance that is not in the inventory",
        message="The inventory holds no such instance in this series.",
        explanation="The row's SOPInstanceUID is not among the scanned instances of its series. The row is not used.",
        fix="Check the UIDs, or scan the tree that holds the instance.",
    ),
    IssueCode(
        name="sheet.no-series-column",
        severity=Severity.ERROR,
        title="A sheet of instances without the column SeriesInstanceUID",
        message="The sheet has the column SOPInstanceUID, but not SeriesInstanceUID.",
        explanation="The row of an instance is found by its Study, Series and SOP Instance UID. No row is used.",
        fix="Add the column SeriesInstanceUID, or take the UIDs from 'dicommap sheet --level instance'.",
    ),
    IssueCode(
        name="sheet.damaged-cell",
        severity=Severity.ERROR,
        title="A cell that a spreadsheet has changed",
        message="A program has changed the cell: {sign}.",
        explanation="Spreadsheets, pandas and R read values as numbers, dates, times and formulas: they drop "
        "leading zeros, group digits, add '.0', shorten long numbers to 1.2E+10, turn 1-2 into 02-Jan and dates "
        "into the local form, read NA as no value, and change quotes and spaces. An identifier is text: 007 is not "
        "7. The cell is not used.",
        fix="Import the column as text and restore the value. If you want the change, set it with a rule, such as "
        "match = { StudyInstanceUID = ... } and set = { PatientID = ... }.",
    ),
    IssueCode(
        name="sheet.no-value-word",
        severity=Severity.ERROR,
        title="A cell with a word that means no value",
        message="The cell has a word that programs write if there is no value.",
        explanation="Databases, pandas, R and people write NULL, None, NaN, NA, N/A, #N/A, \\N or - if they have "
        "no value. As an identifier, such a word would merge many patients into one. The cell is not used, and a "
        "row of a lookup with such a key is joined to no study.",
        fix="Write the value, or leave the cell of a sheet empty to empty the attribute. If you want the word "
        "itself, set it with the verb raw of a rule.",
    ),
    IssueCode(
        name="sheet.escape-cell",
        severity=Severity.ERROR,
        title="A changed cell that still has an escape",
        message="The cell was changed and still has an escape, such as a backslash and x9f.",
        explanation="A sheet shows undecodable bytes and control characters as a backslash with x and two "
        "hexadecimal digits, or with u and four. An unchanged cell with an escape changes nothing. In a new value, "
        "it is not known which character an escape means. The cell is not used.",
        fix="Type the whole value, or restore the original content of the cell.",
    ),
    IssueCode(
        name="sheet.placeholder-cell",
        severity=Severity.ERROR,
        title="A cell with a placeholder",
        message="The cell holds {what}.",
        explanation="*** is a masked value in the output of 'dicommap show', as is a numbered one such as <PatientID "
        "3>, and a text such as <2 different values> means that values differ inside a study or series. None of them "
        "is a value. The cell is not used.",
        fix="Write the value itself, or restore the original content of the cell.",
    ),
    IssueCode(
        name="sheet.stale-row",
        severity=Severity.ERROR,
        title="A row that was written from another state of the inventory",
        message="The values of this study or series differ from those that the sheet was written from{hint}.",
        explanation="The tree was scanned again after the sheet was written, or with other attributes. Unchanged "
        "cells would look like edits and would undo newer values. The row is not used. The message names near "
        "matches: cells that differ from the current values only in zeros, letter case or spaces, or another row "
        "that was written from this state.",
        fix="Write a new sheet with the edits of this one that still apply: dicommap sheet INVENTORY -o NEW "
        "--carry-over OLD.",
    ),
    IssueCode(
        name="sheet.not-carried-over",
        severity=Severity.WARNING,
        title="An edit of an older sheet that is not in the new one",
        message="The edit is not carried over: {reason}.",
        explanation="'dicommap sheet --carry-over' keeps an edit of the older sheet if the value in the files is still "
        "the one that the older sheet was written from. The state of each row says so for each cell. Otherwise the new "
        "sheet has the current value.",
        fix="Look at the current value in the new sheet, and type the edit again if it is still right.",
    ),
    IssueCode(
        name="sheet.no-change",
        severity=Severity.NOTE,
        title="The sheet changes nothing",
        message="No cell of the sheet differs from the inventory.",
        explanation="Only changed cells become edits.",
        fix="Check that you saved the edited sheet, and that you named the right file.",
    ),
)
