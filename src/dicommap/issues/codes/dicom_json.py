"""Codes for the DICOM JSON Model (PS3.18 Annex F)."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="dicom-json.not-object",
        severity=Severity.ERROR,
        title="A data set is not a JSON object",
        message="A data set must be one JSON object.",
        explanation="PS3.18 F.2 makes one data set an object whose members are attributes; arrays hold several "
        "results. AWS does not say which it takes; one object for each mapping is what this project writes.",
        fix="Write one object with the attributes as its members.",
    ),
    IssueCode(
        name="dicom-json.tag",
        severity=Severity.ERROR,
        title="A member name that is no tag",
        message="The member name is not a tag of eight upper-case hexadecimal digits.",
        explanation="PS3.18 F.2.2 names each attribute by its tag, such as 00100020. Keywords and lower case are "
        "not allowed, though some readers take them.",
        fix="Write the tag; PS3.6 lists the tag of each keyword.",
    ),
    IssueCode(
        name="dicom-json.order",
        severity=Severity.WARNING,
        title="Attributes out of order",
        message="The attribute stands after one with a higher tag.",
        explanation="PS3.18 F.2.2 asks for ascending order of the member names.",
        fix="Sort the members.",
    ),
    IssueCode(
        name="dicom-json.vr",
        severity=Severity.ERROR,
        title="No value representation, or an unknown one",
        message="The attribute has no vr of PS3.5 section 6.2.",
        explanation="PS3.18 F.2.2 asks for a member vr with the two letters of the value representation.",
        fix="Add the vr that the dictionary gives.",
    ),
    IssueCode(
        name="dicom-json.vr-mismatch",
        severity=Severity.ERROR,
        title="Not the dictionary's value representation",
        message="{keyword} has vr {found}; the dictionary says {expected}.",
        explanation="PS3.6 gives each attribute its value representation. Readers disagree on what wins.",
        fix="Use the dictionary's.",
    ),
    IssueCode(
        name="dicom-json.member",
        severity=Severity.ERROR,
        title="An unknown member",
        message="The attribute has a member that PS3.18 F.2.2 does not define.",
        explanation="Only vr, Value, InlineBinary and BulkDataURI are defined. A misspelt 'value' is silently taken "
        "for an empty attribute by some readers.",
        fix="Correct the member's name, or leave it out.",
    ),
    IssueCode(
        name="dicom-json.several-values",
        severity=Severity.ERROR,
        title="More than one kind of value",
        message="The attribute has more than one of Value, InlineBinary and BulkDataURI.",
        explanation="PS3.18 F.2.2 allows at most one. Which one a reader takes is chance.",
        fix="Keep one.",
    ),
    IssueCode(
        name="dicom-json.member-not-allowed",
        severity=Severity.ERROR,
        title="A kind of value that the value representation does not allow",
        message="{member} is not allowed for {vr}.",
        explanation="PS3.18 F.2.2 allows InlineBinary for OB, OD, OF, OL, OV, OW and UN only, Value for all but these, "
        "and BulkDataURI not for short text.",
        fix="Use the member that fits the value representation.",
    ),
    IssueCode(
        name="dicom-json.value-form",
        severity=Severity.ERROR,
        title="A value of the wrong JSON type",
        message="{vr} needs {expected}.",
        explanation="PS3.18 Table F.2.3-1 gives each value representation its JSON type. Value is an array of at least "
        "one item; an empty attribute has no Value; an empty item among others is null (F.2.5).",
        fix="Write the value in the type that the table gives.",
    ),
    IssueCode(
        name="dicom-json.person-name",
        severity=Severity.ERROR,
        title="A person name of the wrong form",
        message="A PN value needs an object of Alphabetic, Ideographic and Phonetic, each a text without '='.",
        explanation="PS3.18 F.2.2 splits a person name into its component groups; empty groups are left out.",
        fix='Write {"Alphabetic": "Family^Given"}.',
    ),
    IssueCode(
        name="dicom-json.inline-binary",
        severity=Severity.ERROR,
        title="InlineBinary that does not decode",
        message="The InlineBinary is not base64 of whole {vr} units.",
        explanation="PS3.18 F.2.7: one base64 text of the value field, little endian; OW has units of 2 bytes, OL and "
        "OF of 4, OD and OV of 8. The bits of the last letter that stand for nothing are zero (RFC 4648 section 3.5).",
        fix="Encode the bytes again.",
    ),
    IssueCode(
        name="dicom-json.private-creator",
        severity=Severity.ERROR,
        title="A private attribute without its creator",
        message="The private attribute has no creator element in its data set.",
        explanation="PS3.5 section 7.8.1: an element (gggg,xxyy) of an odd group belongs to the creator named in "
        "(gggg,00xx) of the same data set; sequence items do not inherit it. Elements below (gggg,0010), and those "
        "from (gggg,0100) to (gggg,0FFF), are illegal.",
        fix="Add the creator element as LO.",
    ),
    IssueCode(
        name="dicom-json.repeated-creator",
        severity=Severity.WARNING,
        title="A private creator that stands twice in a group",
        message="The private creator has another block of the same group already.",
        explanation="PS3.5 section 7.8.1: a creator reserves a block of its group under its name, once. Where the name "
        "stands for two blocks, readers look for its attributes in one of them, most often the first.",
        fix="Put the attributes into one block, or give the creators names of their own.",
    ),
    IssueCode(
        name="dicom-json.left-out",
        severity=Severity.WARNING,
        title="An attribute that JSON cannot carry",
        message="{keyword} is left out: {reason}.",
        explanation="The DICOM JSON Model has no form for pixel data as metadata, for NaN and Infinity, for values "
        "that cannot be read, or for binary values of broken units.",
        fix="Nothing needs to be done where the attribute is not wanted; else correct it in the file.",
    ),
)
