"""Codes for what is wrong with a sheet that comes back from a spreadsheet."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="sheet.unreadable-text",
        severity=Severity.ERROR,
        title="A sheet or lookup is not text that can be read",
        message="The file {problem}.",
        explanation="Sheets and lookups are CSV files in UTF-8, with or without a byte order mark, or in UTF-16 with "
        "one. Another encoding would turn names into other names without a sign. Behind a quote that is not closed "
        "all that follows is one cell; the row is the one in which that cell begins.",
        fix="Save the sheet as 'CSV UTF-8' and draft again.",
    ),
    IssueCode(
        name="sheet.no-key-column",
        severity=Severity.ERROR,
        title="A sheet or lookup without its key column",
        message="Row {row} has no column {column}{hint}.",
        explanation="Rows of a sheet are joined to studies by StudyInstanceUID, and to series by SeriesInstanceUID "
        "beside it; rows of a lookup by the column that its rule names. "
        "The first row names the columns; they are separated by comma, semicolon, tab or bar. Only a line such as "
        "sep=; may be above it: it says what separates them. A title or an empty line above it has to go.",
        fix="Remove lines above the header. Write the sheet with 'dicommap sheet' and keep its key columns.",
    ),
    IssueCode(
        name="sheet.repeated-column",
        severity=Severity.ERROR,
        title="A column stands twice",
        message="The column stands more than once.",
        explanation="Which of the two holds the wanted value cannot be known. The column is not used.",
        fix="Remove one of the columns.",
    ),
    IssueCode(
        name="sheet.unnamed-column",
        severity=Severity.ERROR,
        title="A column without a name that holds something",
        message="The column has no name, but its cells are not empty.",
        explanation="What it was meant for cannot be known, and leaving it out would lose what somebody wrote.",
        fix="Name the column, or remove it.",
    ),
    IssueCode(
        name="sheet.column-not-captured",
        severity=Severity.ERROR,
        title="The inventory does not hold a column's attribute",
        message="The inventory does not hold this attribute, so changed cells cannot be told from unchanged ones.",
        explanation="A cell becomes an edit when it differs from the current value. Without the current value "
        "every cell would become an edit, the empty ones included.",
        fix="Scan again with --attributes and this keyword, or set the attribute by a rule.",
    ),
    IssueCode(
        name="sheet.ragged-row",
        severity=Severity.ERROR,
        title="A row of a sheet or lookup has another number of cells than the header",
        message="The row has {count} cells; the header has {expected}.",
        explanation="An unquoted delimiter inside a value shifts all cells behind it into wrong columns. "
        "The row is not used.",
        fix="Quote the value, or save the sheet again from the spreadsheet.",
    ),
    IssueCode(
        name="sheet.duplicate-row",
        severity=Severity.ERROR,
        title="A study or series stands twice",
        message="The row is for the same study or series as row {first}, but its cells are not the same.",
        explanation="Which of the two rows is wanted cannot be known. Until one of them is removed the preview shows "
        "the first.",
        fix="Remove one of the rows.",
    ),
    IssueCode(
        name="sheet.repeated-row",
        severity=Severity.NOTE,
        title="A row of a sheet that repeats another",
        message="The row repeats row {first}: it is for the same study or series, and its cells are the same.",
        explanation="Both rows ask for the same values, so there is nothing to choose.",
        fix="Nothing needs to be done.",
    ),
    IssueCode(
        name="sheet.damaged-uid",
        severity=Severity.ERROR,
        title="A UID damaged by the spreadsheet",
        message="The UID in this cell {problem}{hint}.",
        explanation="Spreadsheets turn what looks like a number into one: 1.2E+10 is what is left of a UID. "
        "The row is not used.",
        fix="Import the UID columns as text, or take the UIDs from the original sheet.",
    ),
    IssueCode(
        name="sheet.unknown-study",
        severity=Severity.ERROR,
        title="A study that the inventory does not hold",
        message="The inventory holds no such study{hint}.",
        explanation="The row's StudyInstanceUID is not among the scanned studies. The row is not used.",
        fix="Check the UID, or scan the tree that holds the study.",
    ),
    IssueCode(
        name="sheet.unknown-series",
        severity=Severity.ERROR,
        title="A series that the inventory does not hold",
        message="The inventory holds no such series in this study.",
        explanation="The row's SeriesInstanceUID is not among the scanned series of its study. The row is not used.",
        fix="Check the UIDs, or scan the tree that holds the series.",
    ),
    IssueCode(
        name="sheet.damaged-cell",
        severity=Severity.ERROR,
        title="A cell that the spreadsheet rewrote",
        message="The cell was rewritten by a program: {sign}.",
        explanation="Spreadsheets, pandas and R take values for numbers, dates, times and formulas: they drop leading "
        "zeros, group digits, add '.0', shorten long numbers to 1.2E+10, turn 1-2 into 02-Jan and dates into those of "
        "their country, read NA as nothing, and change quotes and spaces. An identifier is text: 007 is not 7. The "
        "cell is not used.",
        fix="Import the column as text and put the value back. If the change is meant, set it by a rule, such as "
        "match = { StudyInstanceUID = ... } and set = { PatientID = ... }.",
    ),
    IssueCode(
        name="sheet.no-value-word",
        severity=Severity.ERROR,
        title="A cell with a word for no value",
        message="The cell holds a word that programs write for no value.",
        explanation="NULL, None, NaN, NA, N/A, #N/A, \\N or - is what databases, pandas, R and people write if they "
        "have no value. As an identifier it would make one patient of many. The cell is not used, and a row of a "
        "lookup with such a key is joined to no study.",
        fix="Put the value, or leave the cell of a sheet empty to empty the attribute. If the word itself is meant, "
        "set it by a rule.",
    ),
    IssueCode(
        name="sheet.escape-cell",
        severity=Severity.ERROR,
        title="A changed cell with an escape",
        message="The cell was changed and still holds an escape, such as a backslash and x9f.",
        explanation="A sheet shows bytes that cannot be decoded, and control characters, as a backslash with x and two "
        "hexadecimal digits, or with u and four. Such a cell changes nothing as long as it is left as it was. In a new "
        "value an escape is no character: nobody can know which one is meant. The cell is not used.",
        fix="Type the whole value, or put back what the sheet held.",
    ),
    IssueCode(
        name="sheet.placeholder-cell",
        severity=Severity.ERROR,
        title="A cell with a sign that stands for values",
        message="The cell holds {what}.",
        explanation="*** stands for a hidden value in what 'dicommap show' prints, and a text such as "
        "<2 different values> for values that differ inside a study or series. Neither is ever a value. The "
        "cell is not used.",
        fix="Write the value itself, or put back what the sheet held.",
    ),
    IssueCode(
        name="sheet.stale-row",
        severity=Severity.ERROR,
        title="A row from another state of the inventory",
        message="The values of this study or series are not those that the sheet was written from{hint}.",
        explanation="The tree was scanned again since, or with other attributes. Cells that nobody touched would look "
        "like edits and undo what is newer. The row is not used. What comes close is named: cells that differ from the "
        "current values by no more than zeros, letter case or spaces, or another row that has the state of this one.",
        fix="Write a new sheet from this inventory and make the edits in it.",
    ),
    IssueCode(
        name="sheet.no-change",
        severity=Severity.NOTE,
        title="The sheet changes nothing",
        message="No cell of the sheet differs from the inventory.",
        explanation="Only changed cells become edits.",
        fix="Check that the edited sheet was saved, and that it is the one that was named.",
    ),
)
