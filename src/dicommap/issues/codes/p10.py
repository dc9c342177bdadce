"""Issue codes for the header of one P10 file (PS3.5, PS3.10)."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_STORED_UID
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="p10.not-dicom",
        severity=Severity.WARNING,
        title="Not a DICOM file",
        message="The file is not a DICOM file.",
        explanation="The file has neither the prefix DICM at byte 128 (PS3.10 section 7.1) nor a data set that "
        "names a study, a series and an instance. An import job imports everything under its inputS3Uri; AWS's "
        "example of a failure manifest lists such files with 'DICOM attributes does not exist'.",
        fix="Keep it out of the imported prefix, or expect it among the job's failures.",
    ),
    IssueCode(
        name="p10.compressed-file",
        severity=Severity.WARNING,
        title="A compressed file",
        message="The file is compressed with {kind}; its content was not read.",
        explanation="The file begins like compressed files of this kind. It may hold a P10 file, whose instance is "
        "then missing from the inventory. AWS does not document that an import job decompresses anything.",
        fix="Decompress the file and scan again. Use --archives to scan tar files that are compressed with gzip, "
        "bzip2 or xz.",
    ),
    IssueCode(
        name="p10.archive-file",
        severity=Severity.WARNING,
        title="An archive",
        message="The file is an archive ({kind}); its content was not read.",
        explanation="The file begins like archives of this kind. If it holds P10 files, their instances are "
        "missing from the inventory. AWS does not document that an import job unpacks anything.",
        fix="Use --archives to scan ZIP and tar files (named .zip, .tar and so on). Unpack any other archive and "
        "scan the directory.",
    ),
    IssueCode(
        name="p10.not-p10",
        severity=Severity.ERROR,
        title="A DICOM data set without the P10 preamble",
        message="The file holds a DICOM data set but is not a P10 file; missing: {missing}.",
        explanation="PS3.10 section 7.1 requires a preamble of 128 bytes, the prefix DICM and the File Meta "
        "Information. HealthImaging imports P10 files, so this instance is not counted in its study.",
        fix="Rewrite the file as P10, for instance with dcmconv or pydicom, and scan again.",
    ),
    IssueCode(
        name="p10.dicomdir",
        severity=Severity.NOTE,
        title="A DICOMDIR",
        message="The file is a DICOMDIR, not an instance.",
        explanation="A DICOMDIR (PS3.3 Annex F) lists the instances of a medium; it is not an instance itself.",
        fix="Keep it out of the imported prefix, or expect it among the job's failures.",
    ),
    IssueCode(
        name="p10.truncated",
        severity=Severity.ERROR,
        title="The file ends inside its header",
        message="The file ends inside its header, at byte {offset}: {reason}.",
        explanation="An element before the last captured attribute is longer than the rest of the file, and there "
        "is no sign that its length is wrong. Values from an incomplete header may be shortened or missing, so "
        "none of them is used and the instance is not counted.",
        fix="Copy the file again from where it came from, and scan again. If the original is not larger, the length of "
        "the element is wrong: rewrite the file with the application that made it.",
    ),
    IssueCode(
        name="p10.ends-early",
        severity=Severity.WARNING,
        title="The data set ends before InstanceNumber",
        message="The data set ends at byte {offset}, before InstanceNumber (0020,0013).",
        explanation="No element is cut, but none has the tag of InstanceNumber (0020,0013) or a higher one. The "
        "objects that PS3.3 defines within a study have such elements, whether they are images, structured reports, "
        "presentation states, plans or documents. The file may have been cut exactly between two elements; attributes "
        "shown as absent may have been lost. The warning does not depend on which attributes are captured.",
        fix="Compare the file's size with its original.",
    ),
    IssueCode(
        name="p10.malformed",
        severity=Severity.ERROR,
        title="The structure of the file cannot be read",
        message="The structure cannot be read at byte {offset}: {reason}.",
        explanation="The bytes at this place are not an element, item or delimiter as PS3.5 section 7 defines "
        "them, so nothing after them can be read reliably; or an element claims more bytes than the file has, so "
        "its length is wrong. The message names the element as dcmdump shows it. No value is used and the instance "
        "is not counted.",
        fix="Compare the file with its original. If they are the same, rewrite it with a tolerant tool such as "
        "dcmconv, check the result, and scan again.",
    ),
    IssueCode(
        name="p10.value-too-long",
        severity=Severity.ERROR,
        title="A value that is too long to be read",
        message="{keyword} {element} has {length:byte}; at most {limit:,} are read.",
        explanation="A captured value may have 4,096 bytes if its value representation is a short text (64 "
        "characters or fewer each, PS3.5 Table 6.2-1) or one number, and 65,536 bytes otherwise, so that memory "
        "use is bounded. A value is never cut: no value of the file is used, and the instance is not counted.",
        fix="Correct the value in the file; or do not capture the attribute, if you named it with --attributes.",
    ),
    IssueCode(
        name="p10.item-encoding-mismatch",
        severity=Severity.WARNING,
        title="Items with another encoding than their data set",
        message="{element} has items with another encoding than the data set.",
        explanation="Items in implicit VR are in a data set in explicit VR, or the other way round; items of a UN "
        "element with undefined length should be in implicit VR (PS3.5 section 6.2.2). They were read in their own "
        "encoding. No captured value comes from an item. Other readers may fail on the file; AWS does not document "
        "what HealthImaging does. The message names the first such element. Items that the reader skips as a whole "
        "are checked only if they are the first of a sequence (SQ) in explicit VR.",
        fix="Rewrite the file so that its items have the encoding of its data set.",
    ),
    IssueCode(
        name="p10.stray-delimiter",
        severity=Severity.WARNING,
        title="A delimiter where none belongs",
        message="A delimiter follows {element}, or an item in it, whose length is defined.",
        explanation="Sequences and items with a defined length have no delimiters (PS3.5 section 7.5). Readers "
        "skip such delimiters, and so does dicommap. AWS does not document what HealthImaging does.",
        fix="Rewrite the file, for instance with dcmconv.",
    ),
    IssueCode(
        name="p10.missing-uid",
        severity=Severity.ERROR,
        title="A UID that identifies the instance is missing",
        message="{keyword} is missing or empty.",
        explanation="Without Study, Series and SOP Instance UID and SOP Class UID, an instance belongs to no "
        "study, and no mapping can change it. Objects outside the patient model, such as colour palettes, have no "
        "such UIDs.",
        fix="Add the UID in the file, or keep the file out of the imported prefix.",
    ),
    IssueCode(
        name="p10.invalid-uid",
        severity=Severity.ERROR,
        title="A UID that no mapping can name",
        message="{keyword} {problem}.",
        explanation="StartDICOMImportJob takes UIDs of digits and dots only, and HealthImaging stores at most "
        f"{MAX_STORED_UID} characters (its DICOM element constraints). This value breaks one of these or has an empty "
        "component, so the instance is not counted.",
        fix="Correct the UID in the file and scan again.",
    ),
    IssueCode(
        name="p10.nonconformant-uid",
        severity=Severity.WARNING,
        title="A UID that PS3.5 does not allow",
        message="{keyword} {problem}; files with such UIDs of the root {root}: {count}.",
        explanation="PS3.5 section 9.1 allows at most 64 characters and components without leading zeros, the "
        "first of them 0, 1 or 2, and a second component of at most 39 after 0 and 1. HealthImaging says that it "
        "relaxes some of these rules at import, so the instances are counted. There is one issue for each "
        "attribute, problem and root (the first components of the UID), at the first study that has it.",
        fix="Check that the archive has the same UIDs; if not, correct them in the files.",
    ),
    IssueCode(
        name="p10.sop-instance-uid-mismatch",
        severity=Severity.WARNING,
        title="File meta and data set name different instances",
        message="MediaStorageSOPInstanceUID (0002,0003) differs from SOPInstanceUID (0008,0018).",
        explanation="PS3.10 section 7.1 requires the same value. Tools that change SOPInstanceUID often do not "
        "change the file meta. The inventory uses (0008,0018). AWS does not document what HealthImaging does.",
        fix="Correct the file meta, if a reader of these files relies on it.",
    ),
    IssueCode(
        name="p10.missing-transfer-syntax",
        severity=Severity.ERROR,
        title="No Transfer Syntax UID",
        message="TransferSyntaxUID (0002,0010) is missing; the data set was read as {encoding}.",
        explanation="AWS's example of a failure manifest lists such a file: 'DICOM attribute TransferSyntaxUID "
        "does not exist'.",
        fix="Add the Transfer Syntax UID to the file meta, and scan again.",
    ),
    IssueCode(
        name="p10.encoding-mismatch",
        severity=Severity.WARNING,
        title="A data set with another encoding than its transfer syntax",
        message="The transfer syntax says {declared}, but the data set is {found}.",
        explanation="The data set was read in its actual encoding. Other readers may fail on the file; AWS does "
        "not document what HealthImaging does.",
        fix="Rewrite the file so that its file meta and its data set agree.",
    ),
    IssueCode(
        name="p10.undecodable-text",
        severity=Severity.WARNING,
        title="A value that cannot be decoded",
        message="{keyword} has bytes that cannot be decoded.",
        explanation="A text has bytes that are not valid in the character sets of SpecificCharacterSet "
        "(0008,0005). The attribute is missing or wrong, or an escape sequence is not repeated after a delimiter "
        "(PS3.5 6.1.2.5.3); or the value representation allows only ASCII; or the length of a number is wrong. The "
        "same issue is reported for a text with U+FFFD, which another program wrote when it lost a character. The "
        "bytes are kept, so values with different bytes stay different; the file is not changed.",
        fix="Correct SpecificCharacterSet or the value in the file, or give the value in a sheet.",
    ),
    IssueCode(
        name="p10.doubtful-text",
        severity=Severity.WARNING,
        title="A text whose SpecificCharacterSet is probably wrong",
        message="{keyword} {reason}: SpecificCharacterSet is likely to be wrong.",
        explanation="In a character set of one byte, every byte is a character, and GBK defines nearly all pairs "
        "of bytes. So a wrong SpecificCharacterSet (0008,0005) gives wrong letters and no error. There are two "
        "signs of it: the bytes are well-formed UTF-8 with characters beyond ASCII, or the text has control "
        "characters from U+0080 to U+009F, which are letters and quotation marks in the code pages of Windows. A "
        "correct text that is UTF-8 by chance is possible but very rare: it has a symbol or a second capital "
        "directly after each capital with an accent. The value is used as it was declared.",
        fix="Look at the value with --show-values. If it is wrong, correct SpecificCharacterSet in the file, or give "
        "the value in a sheet.",
    ),
    IssueCode(
        name="p10.control-character",
        severity=Severity.WARNING,
        title="A value with a control character",
        message="{keyword} holds a control character.",
        explanation="PS3.5 section 6.1.3 allows tabs and ends of lines in ST, LT and UT, and no other control "
        "character in any text. A NUL inside a value, or a part of a terminal's or printer's control code, is "
        "usually an error of the program that wrote the file. The value is kept unchanged. Sheets and tables show "
        "the character as an escape, and no override can hold it.",
        fix="Look at the value with 'dicommap show --show-values', and type it without the character in a sheet.",
    ),
    IssueCode(
        name="p10.unordered",
        severity=Severity.WARNING,
        title="Elements out of order or repeated",
        message="The elements are not in ascending order of tag; the first one out of order is at byte {offset}.",
        explanation="PS3.5 section 7.1 requires ascending tags, each at most once. The whole data set was read "
        "instead of its beginning; the last one of repeated elements is used, as in pydicom.",
        fix="Rewrite the file with a tool that sorts its elements.",
    ),
)
