"""Issue codes for the DICOM JSON Model (PS3.18 Annex F)."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="dicom-json.not-object",
        severity=Severity.ERROR,
        title="A data set is not a JSON object",
        message="A data set must be one JSON object.",
        explanation="PS3.18 F.2 makes one data set an object whose members are attributes; an array holds several "
        "data sets. AWS does not document which of the two it expects; dicommap writes one object for each "
        "mapping.",
        fix="Write one object with the attributes as its members.",
    ),
    IssueCode(
        name="dicom-json.tag",
        severity=Severity.ERROR,
        title="A member name that is not a tag",
        message="The member name is not a tag of eight upper-case hexadecimal digits.",
        explanation="PS3.18 F.2.2 names each attribute by its tag, such as 00100020. Keywords and lower case are "
        "not allowed, though some readers take them.",
        fix="Write the tag; PS3.6 lists the tag of each keyword.",
    ),
    IssueCode(
        name="dicom-json.order",
        severity=Severity.WARNING,
        title="Attributes out of order",
        message="The attribute follows one with a higher tag.",
        explanation="PS3.18 F.2.2 requires the member names in ascending order.",
        fix="Sort the members.",
    ),
    IssueCode(
        name="dicom-json.vr",
        severity=Severity.ERROR,
        title="No value representation, or an unknown one",
        message="The attribute has no vr, or one that PS3.5 section 6.2 does not define.",
        explanation="PS3.18 F.2.2 requires a member vr with the two letters of the value representation.",
        fix="Add the vr that the dictionary gives.",
    ),
    IssueCode(
        name="dicom-json.vr-mismatch",
        severity=Severity.ERROR,
        title="A value representation that differs from the dictionary's",
        message="{keyword} has vr {found}; the dictionary says {expected}.",
        explanation="PS3.6 gives each attribute its value representation. If a file names another one, readers "
        "disagree on which of the two they use.",
        fix="Use the value representation of the dictionary.",
    ),
    IssueCode(
        name="dicom-json.member",
        severity=Severity.ERROR,
        title="An unknown member",
        message="The attribute has a member that PS3.18 F.2.2 does not define.",
        explanation="Only vr, Value, InlineBinary and BulkDataURI are defined. With a misspelt 'value', some "
        "readers silently read an empty attribute.",
        fix="Correct the member's name, or remove it.",
    ),
    IssueCode(
        name="dicom-json.several-values",
        severity=Severity.ERROR,
        title="More than one kind of value",
        message="The attribute has more than one of Value, InlineBinary and BulkDataURI.",
        explanation="PS3.18 F.2.2 allows at most one. It is not defined which one a reader uses.",
        fix="Keep one of them.",
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
        explanation="PS3.18 Table F.2.3-1 gives each value representation its JSON type. Value is an array of at "
        "least one item; an empty attribute has no Value; an empty item between others is null (F.2.5).",
        fix="Write the value in the type of that table.",
    ),
    IssueCode(
        name="dicom-json.empty-value",
        severity=Severity.ERROR,
        title="An empty value that is written out",
        message="{what} is empty: {form}.",
        explanation="PS3.18 F.2.5: an attribute without a value has its vr and no other member, and an empty item "
        "between others is null; F.2.2 leaves empty component groups of a name out. Public files often have an empty "
        "array as Value, and pydicom, DCMTK and dcm4che read it as empty; an empty text in Value breaks numbers in "
        "pydicom. AWS does not document how HealthImaging reads any of these forms.",
        fix="Leave the member or the component group out, or write null between other items.",
    ),
    IssueCode(
        name="dicom-json.person-name",
        severity=Severity.ERROR,
        title="A person name in the wrong form",
        message="A PN value must be an object of Alphabetic, Ideographic and Phonetic, each a text without '='.",
        explanation="PS3.18 F.2.2 splits a person name into its component groups; empty groups are left out.",
        fix='Write {"Alphabetic": "Family^Given"}.',
    ),
    IssueCode(
        name="dicom-json.inline-binary",
        severity=Severity.ERROR,
        title="InlineBinary that cannot be decoded",
        message="The InlineBinary is not base64 of whole {vr} units.",
        explanation="PS3.18 F.2.7: InlineBinary is one base64 text of the value field, little endian; OW has units "
        "of 2 bytes, OL and OF of 4, OD and OV of 8. Unused bits of the last base64 letter are zero (RFC 4648 "
        "section 3.5).",
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
        title="A private creator with two blocks in one group",
        message="The private creator already has another block of the same group.",
        explanation="PS3.5 section 7.8.1: a creator reserves one block of a group under its name. If the name "
        "reserves two blocks, readers look for its attributes in only one of them, usually the first.",
        fix="Put the attributes into one block, or give the two creators different names.",
    ),
    IssueCode(
        name="dicom-json.left-out",
        severity=Severity.WARNING,
        title="An attribute that JSON cannot represent",
        message="{keyword} is left out: {reason}.",
        explanation="The DICOM JSON Model cannot represent pixel data as metadata, NaN and Infinity, values that "
        "cannot be read, or binary values with incomplete units.",
        fix="No action is needed if you do not need the attribute; otherwise correct it in the file.",
    ),
)
