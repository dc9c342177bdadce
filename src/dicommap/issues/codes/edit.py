"""Codes for edits that contradict each other or are likely to be wrong."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="edit.grouping-attribute",
        severity=Severity.NOTE,
        title="An edit of an attribute that decides primary or non-primary",
        message="The edit changes {keyword}, by which HealthImaging groups instances into image sets; studies: "
        "{count}.",
        explanation="StudyDate, AccessionNumber, PatientID, StudyID and SeriesNumber, with the UIDs of study and "
        "series, decide which image set an instance becomes part of, and whether that is a primary one (developer "
        "guide, 'Understanding image sets'). Files of the study that are in the data store already, or are imported "
        "without the override, keep their value and are likely to fall apart from these. It is told once for each "
        "edit, whatever the number of studies.",
        fix="Nothing needs to be done where the change is meant, and all files of each study are imported with it.",
    ),
    IssueCode(
        name="edit.undecodable-source",
        severity=Severity.ERROR,
        title="A new value that would be made of one that cannot be decoded",
        message="The new {keyword} would be made of a value of {source} that cannot be decoded; {have} it, such as "
        "{file}. Correct SpecificCharacterSet there, or give the value in a sheet.",
        explanation="The file's SpecificCharacterSet does not fit the bytes of this value, so nobody knows which text "
        "they are. A rule, function or lookup that reads it, or --harmonize that would give it to other files, could "
        "only make a wrong value. Nothing is written. The first file that has the value is named. A function is "
        "refused if it read such a value of the study or series, whatever it returned.",
        fix="Correct SpecificCharacterSet or the value in the files and scan again; or type the new value in a sheet, "
        "and keep the rule or function from the study.",
    ),
    IssueCode(
        name="edit.doubtful-source",
        severity=Severity.WARNING,
        title="A new value that is made of one whose SpecificCharacterSet is likely to be wrong",
        message="The new {keyword} is made of a value of {source} that {reason}: its SpecificCharacterSet is likely to "
        "be wrong.",
        explanation="The scan has warned of this value (p10.doubtful-text): it could be decoded, but hardly means what "
        "it shows. A rule, lookup or function that reads it, or --harmonize that gives it to other files, carries "
        "wrong characters on. Override files are UTF-8, so nothing shows there that the text was ever declared "
        "otherwise. There is one warning for each study and attribute.",
        fix="Look at the value with 'dicommap show --show-values'. If it is wrong, correct SpecificCharacterSet in the "
        "files and scan again, or type the new value in a sheet.",
    ),
    IssueCode(
        name="edit.contradiction",
        severity=Severity.ERROR,
        title="Two edits contradict each other",
        message="{first} and {second} give the attribute different values.",
        explanation="Two edits reach the same study or series and the same attribute. Neither order nor level decides: "
        "which override AWS prefers is not documented.",
        fix="Remove or narrow one of the edits.",
    ),
    IssueCode(
        name="edit.damaged-value",
        severity=Severity.ERROR,
        title="A new value that a program made, and nobody gave",
        message="The new {keyword} is {sign}.",
        explanation="A table that a program has read has numbers and NaN where identifiers were: as texts they are "
        "12345.0, 1.2E+10, nan or None, and a function may return them. A rule may find such a word in another "
        "attribute of the files. As an identifier such a word would make one patient of many. The edit is not "
        "applied.",
        fix="Read the table as text, in pandas with read_csv(..., dtype=str, keep_default_na=False), and return "
        "nothing for a study without a value. If the text itself is meant, set it by a rule.",
    ),
    IssueCode(
        name="edit.same-patient",
        severity=Severity.WARNING,
        title="Edits give studies of different patients one PatientID",
        message="Studies that had different PatientIDs, or none, have the same one after the edits, but differ in "
        "{differing}; {studies}: {uids}.",
        explanation="Whoever looks for a patient finds the images of all studies that have the PatientID. The studies "
        "are compared as they are after all edits, and with studies that no edit changes. Names that differ in letter "
        "case, Unicode normal form or empty components at their end are equal (PS3.5 section 6.2.1), and an absent "
        "value differs from none. IssuerOfPatientID tells identifiers apart if it is set. The assumption "
        "samePatient, 'strict' for short, makes it an error.",
        fix="Look at the studies with 'dicommap show --show-values'. If they are of different patients, narrow the "
        "rule or correct the cell. If they are of one patient, make the values that differ equal as well.",
    ),
    IssueCode(
        name="edit.same-accession",
        severity=Severity.WARNING,
        title="Edits give studies of different patients one AccessionNumber",
        message="Studies that had different AccessionNumbers, or none, have the same one after the edits, but differ "
        "in {differing}; {studies}: {uids}.",
        explanation="An AccessionNumber identifies one order for one patient. The studies are compared as for "
        "edit.same-patient, and by PatientID as well. The assumption samePatient, 'strict' for short, makes it "
        "an error.",
        fix="Look at the studies with 'dicommap show --show-values', and narrow the rule or correct the cell.",
    ),
    IssueCode(
        name="edit.shared-accession",
        severity=Severity.NOTE,
        title="Edits give several studies one AccessionNumber",
        message="Studies that had different AccessionNumbers, or none, have the same one after the edits; {studies}: "
        "{uids}.",
        explanation="An AccessionNumber identifies one order, which most often has one study. The patient of these "
        "studies does not differ.",
        fix="Nothing needs to be done if the studies belong to one order.",
    ),
)
