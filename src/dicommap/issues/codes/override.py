"""Issue codes for override files: their content, and their form, which the assumptions decide."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="override.empty",
        severity=Severity.WARNING,
        title="An override without attributes",
        message="The override has no attributes.",
        explanation="It would change nothing. AWS does not document what it does with such a file.",
        fix="Remove the file and its mapping.",
    ),
    IssueCode(
        name="override.form",
        severity=Severity.ERROR,
        title="An override file in another form than assumed",
        message="The file holds {found}; the assumption dataSet says {expected}.",
        explanation="AWS does not document whether an override file is one data set object or an array that holds it. "
        "All files of a package have the form that its assumptions name.",
        fix="Write the file in the assumed form, or check it with --assume dataSet=array or --assume dataSet=object.",
    ),
    IssueCode(
        name="override.empty-value",
        severity=Severity.ERROR,
        title="An emptied attribute in another form than assumed",
        message="{keyword} is empty without a Value; the assumption emptyValue says one null.",
        explanation="PS3.18 F.2.5 leaves Value out of an empty attribute. AWS does not document how it reads that, "
        "so the assumptions may ask for a Value of one null instead, and then in all files.",
        fix="Write a Value of one null, or check with --assume emptyValue=no-value.",
    ),
    IssueCode(
        name="override.character-set",
        severity=Severity.ERROR,
        title="An override file with another character set declaration than assumed",
        message="{found}; the assumption characterSet says that {expected}.",
        explanation="An override file is UTF-8, as all DICOM JSON (PS3.18 F.2). Some readers want the character set "
        "declared nevertheless: dcm4che replaces non-ASCII characters by '?' if a data set does not have "
        "SpecificCharacterSet (0008,0005) with ISO_IR 192. AWS does not document whether HealthImaging reads the "
        "attribute, needs it, or stores it as the character set of the instances.",
        fix="Write the file in the assumed form, or check it with --assume characterSet=declared or --assume "
        "characterSet=omitted.",
    ),
    IssueCode(
        name="override.decimal-strings",
        severity=Severity.NOTE,
        title="A number in another form than assumed",
        message="{keyword} has {found}; the assumption decimalStrings says {expected}.",
        explanation="PS3.18 Table F.2.3-1 allows JSON strings and JSON numbers for DS and IS. AWS does not document "
        "which of the two it reads. dicommap writes all files of a package in the form that its assumptions name.",
        fix="Nothing needs to be done if both forms are read. Otherwise write the file in the assumed form, or check "
        "it with --assume decimalStrings=text or --assume decimalStrings=number.",
    ),
    IssueCode(
        name="override.inexact-number",
        severity=Severity.ERROR,
        title="A value that no JSON number has exactly",
        message="{keyword} has a value that a JSON number would change; the assumption decimalStrings says number.",
        explanation="Most readers of JSON hold numbers as 64-bit floating point (RFC 8259 section 6): integers above "
        "2**53 and some values of 16 digits would become other numbers. The value is refused, so that it is not "
        "changed silently.",
        fix="Use --assume decimalStrings=text, or give a value with fewer digits.",
    ),
    IssueCode(
        name="override.bulk-data-uri",
        severity=Severity.WARNING,
        title="An override with a BulkDataURI",
        message="{keyword} has a BulkDataURI instead of a value.",
        explanation="The value is not in the file: a reader has to fetch it from the URI. Some readers open a "
        "connection while they parse the file, as dcm4che does; so the URI may lead to a server that nobody "
        "meant to call. AWS does not document whether HealthImaging fetches the value, ignores it or refuses the "
        "file.",
        fix="Write the value itself: Value, or InlineBinary for binary value representations.",
    ),
    IssueCode(
        name="override.nonconformant-uid",
        severity=Severity.WARNING,
        title="An override for a UID that is not conformant",
        message="{member} {problem}.",
        explanation="PS3.5 section 9.1 gives the form of UIDs: components without leading zeros, and at most 64 "
        "characters. HealthImaging imports files with other UIDs with a warning, so an override may be for such a "
        "study or series. More often the UID was typed or copied wrongly, and then no instance has it.",
        fix="Compare the UID with the files. Nothing needs to be done if they have it.",
    ),
    IssueCode(
        name="override.missing-uid",
        severity=Severity.ERROR,
        title="An override file without a UID that the assumptions ask for",
        message="{keyword} is not in the file, but the assumption identifyingUids says that it is.",
        explanation="AWS does not document whether the UIDs of the mapping must be repeated in its file. The "
        "assumptions may ask for them, and then in all files.",
        fix="Repeat the UID of the mapping in the file, or check with --assume identifyingUids=absent.",
    ),
    IssueCode(
        name="override.other-uid",
        severity=Severity.ERROR,
        title="An override file of another study or series than its mapping",
        message="{keyword} differs from the one in the mapping.",
        explanation="The file is for one study or series and the mapping for another, so metadata would go to the "
        "wrong patient. AWS does not document what it does with such a file.",
        fix="Find out which of the two is right; do not start the job before.",
    ),
    IssueCode(
        name="override.not-applied",
        severity=Severity.ERROR,
        title="An edit that the data store does not apply",
        message="The assumption {setting} says that the data store does not apply this: {what}.",
        explanation="AWS does not document what a data store does with it. The assumptions say that it is ignored or "
        "refused, for example because 'dicommap probe' observed that on a test data store. The edit is refused here, "
        "because an import would silently keep the old value or fail.",
        fix="Leave the edit out, or change the attribute by another way than an override. If the assumption does not "
        "hold for your data store, leave it out.",
    ),
)
