"""Issue codes for values that their value representation cannot hold (PS3.5 section 6.2)."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="value.too-long",
        severity=Severity.ERROR,
        title="A value is too long",
        message="{keyword}: a value of {vr} has {length} {unit}; the limit is {limit}.",
        explanation="PS3.5 Table 6.2-1 gives each value representation its maximum length; for PN it applies to "
        "each component group.",
        fix="Shorten the value.",
    ),
    IssueCode(
        name="value.long-number",
        severity=Severity.WARNING,
        title="A JSON number that is too long as text of DS",
        message="{keyword}: the JSON number has {length:character}; the same value fits in a DS of {limit:character}.",
        explanation="A DS has at most 16 bytes (PS3.5 Table 6.2-1). A reader that turns the number into a DS must "
        "shorten it, and some readers round it, although another spelling has exactly the same value: "
        "0.007909681754268 is .007909681754268. The assumption decimalStrings=text writes that spelling.",
        fix="Write the value as a JSON string in the shorter spelling: without the zero before the decimal point, or "
        "with an exponent.",
    ),
    IssueCode(
        name="value.characters",
        severity=Severity.ERROR,
        title="A character that the value representation does not allow",
        message="{keyword}: a value of {vr} has {what}.",
        explanation="PS3.5 Table 6.2-1 lists the characters of each value representation. A backslash separates "
        "values; control characters are allowed only in long text.",
        fix="Remove the character.",
    ),
    IssueCode(
        name="value.format",
        severity=Severity.ERROR,
        title="A value in the wrong form for its value representation",
        message="{keyword}: a value of {vr} is not {expected}.",
        explanation="PS3.5 Table 6.2-1 gives each value representation its form: dates are YYYYMMDD and must "
        "exist, times are HHMMSS, numbers are digits.",
        fix="Write the value in that form.",
    ),
    IssueCode(
        name="value.range",
        severity=Severity.ERROR,
        title="A number outside its range",
        message="{keyword}: a value of {vr} is not between {low} and {high}.",
        explanation="PS3.5 Table 6.2-1 gives each numeric value representation its range.",
        fix="Correct the number.",
    ),
    IssueCode(
        name="value.multiplicity",
        severity=Severity.ERROR,
        title="Too many or too few values",
        message="{keyword} has {count:value}; the dictionary says {vm}.",
        explanation="PS3.6 gives each attribute its value multiplicity. In text, a backslash separates values.",
        fix="Give the attribute the number of values that the dictionary allows.",
    ),
    IssueCode(
        name="value.type",
        severity=Severity.ERROR,
        title="A Python value of a type that does not fit the attribute",
        message="{keyword} has the value representation {vr}; the value is {found}.",
        explanation="A number has lost what a text keeps: the leading zeros of an identifier, or that a value is "
        "missing, which pandas writes as the number NaN. A date of Python is taken for attributes of DA only.",
        fix="Give the value as text, as DICOM writes it, or None to empty the attribute.",
    ),
    IssueCode(
        name="value.invisible-character",
        severity=Severity.WARNING,
        title="A value with an invisible character",
        message="{keyword}: a value of {vr} has an invisible character.",
        explanation="Text that is copied from web pages and documents may have zero-width spaces, byte order "
        "marks, soft hyphens and direction marks. Two values that look the same are then different, and a search "
        "for one does not find the other. Joiners that Persian or an Indic script needs are allowed.",
        fix="Type the value instead of copying it, or keep it if the character is intended.",
    ),
    IssueCode(
        name="value.confusable",
        severity=Severity.WARNING,
        title="An identifier or name with characters that look like others",
        message="{keyword}: a value of {vr} has a letter, digit or space in an unusual form.",
        explanation="Full-width digits, letters of mathematical alphabets and no-break spaces are different "
        "characters from those that they look like (Unicode's compatibility decompositions of ASCII). An "
        "identifier with one of them is another identifier.",
        fix="Type the value with the usual letters, digits and spaces, or keep it if the form is intended.",
    ),
    IssueCode(
        name="value.replacement-character",
        severity=Severity.WARNING,
        title="U+FFFD instead of a character",
        message="{keyword}: a value of {vr} has U+FFFD, which replaces a lost character.",
        explanation="Programs write the replacement character U+FFFD for bytes that they could not decode. No name "
        "or identifier contains it, and the value does not show which character was lost.",
        fix="Type the value as it is in the archive, or correct the encoding of the file that it came from.",
    ),
    IssueCode(
        name="value.unlisted",
        severity=Severity.WARNING,
        title="A value outside a closed list of DICOM",
        message="{keyword}: a value is not one of those that PS3.3 section {source} allows: {values}.",
        explanation="PS3.3 gives some attributes enumerated values and allows no other (PS3.5 section 6.3). Letter "
        "case counts.",
        fix="Use one of the allowed values, or keep the value if your archive uses it on purpose.",
    ),
    IssueCode(
        name="value.undeclared-character",
        severity=Severity.WARNING,
        title="Characters outside the character set of the files",
        message="The new {keyword} has characters outside the SpecificCharacterSet of its files; different "
        "characters: {count}; files: {files}.",
        explanation="Override files are UTF-8 and can hold every character. P10 files declare the characters of "
        "their texts in SpecificCharacterSet (PS3.5 section 6.1). AWS does not document what HealthImaging does "
        "with a value outside it, and what a P10 file that is exported later holds.",
        fix="Write the value with characters that the files can hold, or try it on a test data store first.",
    ),
)
