"""Codes for values that their value representation cannot hold (PS3.5 section 6.2)."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="value.too-long",
        severity=Severity.ERROR,
        title="A value is too long",
        message="{keyword}: a value of {vr} has {length} {unit}; the limit is {limit}.",
        explanation="PS3.5 Table 6.2-1 gives each value representation its longest value; for PN the limit holds for "
        "each component group.",
        fix="Shorten the value.",
    ),
    IssueCode(
        name="value.characters",
        severity=Severity.ERROR,
        title="A character that the value representation does not allow",
        message="{keyword}: a value of {vr} holds {what}.",
        explanation="PS3.5 Table 6.2-1 gives each value representation its characters. A backslash separates values; "
        "control characters are allowed in long text only.",
        fix="Remove the character.",
    ),
    IssueCode(
        name="value.format",
        severity=Severity.ERROR,
        title="A value is not of the form that its value representation asks for",
        message="{keyword}: a value of {vr} is not {expected}.",
        explanation="PS3.5 Table 6.2-1 gives each value representation its form: dates as YYYYMMDD that exist, times "
        "as HHMMSS, numbers in digits.",
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
        message="{keyword} has {count} values; the dictionary says {vm}.",
        explanation="PS3.6 gives each attribute its value multiplicity. In text a backslash separates values.",
        fix="Give the attribute as many values as the dictionary says.",
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
        title="A value with a character that is not seen",
        message="{keyword}: a value of {vr} holds a character that shows nothing.",
        explanation="Zero-width spaces, byte order marks, soft hyphens and marks of direction come along when text is "
        "copied from web pages and documents. Two values that look the same are then different, and a search for one "
        "does not find the other. Joiners are not meant where Persian or an Indic script needs them.",
        fix="Type the value anew instead of copying it, or leave it if the character is meant.",
    ),
    IssueCode(
        name="value.confusable",
        severity=Severity.WARNING,
        title="An identifier or name with characters that look like others",
        message="{keyword}: a value of {vr} holds a letter, digit or space of another form than the usual one.",
        explanation="Full-width digits, letters of mathematical alphabets and spaces that do not break are other "
        "characters than the ones they look like (Unicode's compatibility decompositions of ASCII). An identifier with "
        "one of them is another identifier.",
        fix="Type the value with the usual letters, digits and spaces, or leave it if the form is meant.",
    ),
    IssueCode(
        name="value.replacement-character",
        severity=Severity.WARNING,
        title="U+FFFD in the place of a character",
        message="{keyword}: a value of {vr} holds U+FFFD, which stands for a character that was lost.",
        explanation="Programs put the replacement character U+FFFD in the place of what they could not decode. No name "
        "or identifier holds it, and which character was there cannot be known from the value.",
        fix="Type the value as it is in the archive, or correct the encoding of the file that it came from.",
    ),
    IssueCode(
        name="value.undeclared-character",
        severity=Severity.WARNING,
        title="Characters that the files declare no room for",
        message="The new {keyword} has characters that the SpecificCharacterSet of its files does not hold; "
        "different characters: {count}; files: {files}.",
        explanation="Override files are UTF-8 and hold every character. The P10 files say by SpecificCharacterSet "
        "(PS3.5 section 6.1) which characters their texts may have. What HealthImaging makes of a value outside of it, "
        "and what a P10 file that is made from it later holds, is not documented by AWS.",
        fix="Write the value with characters that the files can hold, or try it on a test data store first.",
    ),
)
