"""Issue codes for edits that contradict each other or are probably wrong."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="edit.grouping-attribute",
        severity=Severity.NOTE,
        title="An edit of an attribute that decides between primary and non-primary image sets",
        message="The edit changes {keyword}, by which HealthImaging groups instances into image sets; studies: "
        "{count}.",
        explanation="StudyDate, AccessionNumber, PatientID, StudyID and SeriesNumber, with the UIDs of study and "
        "series, decide which image set an instance joins and whether that is a primary one [DOC "
        "understanding-image-sets]. Files of the study that are already in the data store, or are imported "
        "without the override, keep their value and are likely to be grouped apart from these [INF]. There is one "
        "issue for each edit, whatever the number of studies.",
        fix="No action is needed if the change is intended and all files of each study are imported with it.",
    ),
    IssueCode(
        name="edit.undecodable-source",
        severity=Severity.ERROR,
        title="A new value made from one that cannot be decoded",
        message="The new {keyword} would be made from a value of {source} that cannot be decoded; "
        "{files:file} {files:has|have} it, such as {file}. Correct SpecificCharacterSet there, or give the "
        "value in a sheet.",
        explanation="The file's SpecificCharacterSet does not fit the bytes of this value, so its text is not "
        "known. A rule, function or lookup that reads it, or --harmonize that would copy it to other files, would "
        "make a wrong value. Nothing is written. The message names the first file that has the value. A function "
        "is refused if it read such a value of the study or series, whatever it returned.",
        fix="Correct SpecificCharacterSet or the value in the files and scan again; or type the new value in a "
        "sheet, and exclude the study from the rule or function.",
    ),
    IssueCode(
        name="edit.doubtful-source",
        severity=Severity.WARNING,
        title="A new value made from one whose SpecificCharacterSet is probably wrong",
        message="The new {keyword} is made from a value of {source} that {reason}: its SpecificCharacterSet is "
        "likely to be wrong.",
        explanation="The scan warned of this value (p10.doubtful-text): it could be decoded, but its text is "
        "probably wrong. A rule, lookup or function that reads it, or --harmonize that copies it to other files, "
        "copies wrong characters. Override files are UTF-8, so nothing in them shows that the text was once "
        "declared otherwise. There is one warning for each study and attribute.",
        fix="Look at the value with 'dicommap show --show-values'. If it is wrong, correct SpecificCharacterSet in the "
        "files and scan again, or type the new value in a sheet.",
    ),
    IssueCode(
        name="edit.contradiction",
        severity=Severity.ERROR,
        title="Two edits contradict each other",
        message="{first} and {second} give the attribute different values.",
        explanation="Two edits set the same attribute of the same study, series or instance to different values, or "
        "one of them removes it. Neither the order nor the level "
        "of the edits decides: AWS does not document which override it prefers.",
        fix="Remove or narrow one of the edits.",
    ),
    IssueCode(
        name="edit.needs-updates",
        severity=Severity.ERROR,
        title="An edit that no override can make",
        message="The edit {what}, which no override can do; {studies}. Name --updates (updates=True) to do it by an "
        "update after the import.",
        explanation="A mapping names a study or a series, and its override file gives attributes new values. Neither "
        "the DICOM JSON Model nor AWS has a form for removing an attribute by an override, or for an override of one "
        "instance. UpdateImageSetMetadata can do both to image sets that are stored [DOC update-image-set-metadata]. "
        "There is one issue for each edit, which names the first studies.",
        fix="Draft with --updates (updates=True): the package then has documents for the update, which you apply after "
        "the import. Or leave the edit out; 'empty' in place of 'remove' keeps the attribute without a value.",
    ),
    IssueCode(
        name="edit.update-level",
        severity=Severity.ERROR,
        title="An edit of one instance or series, of an attribute that more of them share",
        message="{keyword} is {level}-level metadata, which HealthImaging keeps once for a {kept}; {origin} would "
        "change it for only a part of the {kept}, such as this {target}.",
        explanation="HealthImaging lists which attributes belong to patient, study and series [DOC "
        "metadata-normalization]; an image set has one value of them. If all instances of the series get the same "
        "value, the edit is one of the series, and there is no issue. In the same way, a patient or study attribute "
        "can be removed only from all series of the study. There is one issue for each series and attribute, which "
        "names the first instance.",
        fix="Edit the attribute of the whole series or study, or give all instances of the series the same value.",
    ),
    IssueCode(
        name="edit.damaged-value",
        severity=Severity.ERROR,
        title="A new value that a program made by accident",
        message="The new {keyword} is {sign}.",
        explanation="Programs that read tables turn identifiers into numbers, and missing ones into NaN: as texts "
        "they are 12345.0, 1.2E+10, nan, None or SITE-nan, and a rule or function may have them. Spreadsheets show "
        "errors such as #REF!. dicommap shows masks such as *** and markers such as <2 different values> instead of "
        "values. As an identifier, one such text would merge many patients into one. The edit is not applied. A "
        "value that the files already have, such as *** of some scanners, is not refused.",
        fix="Give the real value: read the table as text, in pandas with read_csv(..., dtype=str, "
        "keep_default_na=False), return nothing for a study without a value, and read masked values with "
        "--show-values. If you want a word such as NONE, set it with the verb raw of a rule. A mask is never set.",
    ),
    IssueCode(
        name="edit.unlisted-value",
        severity=Severity.WARNING,
        title="A new value outside a closed list of DICOM",
        message="The new {keyword} is not one of the values that DICOM allows; {studies}.",
        explanation="PS3.3 gives some attributes enumerated values and allows no other, for example M, F and O for "
        "PatientSex. Letter case counts. Words such as 'male', or another column of the sheet, are then a wrong value. "
        "There is one issue for each edit, which names the first studies.",
        fix="Correct the cell, rule or function. 'dicommap sheet' writes the allowed values as drop-down lists into "
        "workbooks. No action is needed if your archive uses the value on purpose.",
    ),
    IssueCode(
        name="edit.birth-date",
        severity=Severity.WARNING,
        title="A new birth date after the study or in the future",
        message="The new PatientBirthDate is {problem}; {studies}.",
        explanation="The date is valid, but no patient is born after the study. The StudyDate is the one after the "
        "edits; a study without StudyDate is compared with the current date only. Often a two-digit year was completed "
        "with the wrong century, or another date was pasted. There is one issue for each edit, which names the first "
        "studies.",
        fix="Look at the studies with 'dicommap show --show-values', and correct the PatientBirthDate or StudyDate.",
    ),
    IssueCode(
        name="edit.same-patient",
        severity=Severity.WARNING,
        title="Edits give studies of different patients one PatientID",
        message="Studies that had different PatientIDs, or none, have the same one after the edits, but differ in "
        "{differing}; {studies}: {uids}.",
        explanation="A search for this PatientID would find the images of all these studies. The studies are "
        "compared with their values after all edits, and also with studies that no edit changes. Names that differ "
        "only in letter case, Unicode normal form or empty components at their end are equal (PS3.5 section "
        "6.2.1). An absent value differs from every value. Different IssuerOfPatientID values keep equal "
        "identifiers apart. The assumption samePatient=error, or 'strict' for short, makes this an error.",
        fix="Look at the studies with 'dicommap show --show-values'. If they belong to different patients, narrow "
        "the rule or correct the cell. If they belong to one patient, also make the differing values equal.",
    ),
    IssueCode(
        name="edit.moved-identifier",
        severity=Severity.WARNING,
        title="Edits exchange the values of studies",
        message="Edits give studies the {keyword} that {other} had before the edits and loses: the values moved "
        "between studies; {studies}: {uids}.",
        explanation="If one column of a sheet is sorted, or pasted one row too low, each study gets the PatientID, "
        "AccessionNumber or PatientName of another study. A lookup table that renames 1 to 2 and 2 to 3 looks the "
        "same, even if it is meant. Different IssuerOfPatientID values keep equal identifiers apart. There is one "
        "issue for each attribute; it names the first studies that get such a value. The assumption "
        "samePatient=error, or 'strict' for short, makes it an error for PatientID and AccessionNumber.",
        fix="Compare old and new values with 'dicommap draft -n --show-values'. If rows of a sheet were mixed up, "
        "write the sheet again and edit it without sorting single columns. If a lookup table is meant to rename "
        "in this way, check some of its rows against another source, such as the names and birth dates of the "
        "patients.",
    ),
    IssueCode(
        name="edit.same-accession",
        severity=Severity.WARNING,
        title="Edits give studies of different patients one AccessionNumber",
        message="Studies that had different AccessionNumbers, or none, have the same one after the edits, but differ "
        "in {differing}; {studies}: {uids}.",
        explanation="An AccessionNumber identifies one order for one patient. The studies are compared as for "
        "edit.same-patient, and also by PatientID. The assumption samePatient=error, or 'strict' for short, makes "
        "this an error.",
        fix="Look at the studies with 'dicommap show --show-values', and narrow the rule or correct the cell.",
    ),
    IssueCode(
        name="edit.shared-accession",
        severity=Severity.NOTE,
        title="Edits give several studies one AccessionNumber",
        message="Studies that had different AccessionNumbers, or none, have the same one after the edits; {studies}: "
        "{uids}.",
        explanation="An AccessionNumber identifies one order, which usually has one study. These studies belong to "
        "the same patient.",
        fix="No action is needed if the studies belong to one order.",
    ),
)
