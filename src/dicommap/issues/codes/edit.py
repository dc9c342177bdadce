"""Codes for rules, and for what edits ask that an override cannot or should not do."""

from __future__ import annotations

from dicommap.issues.code import Code
from dicommap.issues.finding import Severity

CODES = (
    Code(
        name="rules.not-toml",
        severity=Severity.ERROR,
        title="The rules file is not TOML",
        message="The file is not TOML: {reason}.",
        explanation="Rules are a TOML 1.0 file in UTF-8. Nothing of it was used.",
        fix="Mend the file at the place that is named.",
    ),
    Code(
        name="rules.removal",
        severity=Severity.ERROR,
        title="A rule that asks for an attribute to be removed",
        message="An override cannot remove an attribute; there is no verb for it.",
        explanation="An override says what attributes become. Neither the DICOM JSON Model nor AWS has a form for one "
        "that is to go.",
        fix="Name the attribute in 'empty': it stays, without a value. Or remove it from the files before the import.",
    ),
    Code(
        name="rules.repeated-name",
        severity=Severity.ERROR,
        title="Two rules of the same name",
        message="Another rule has the same name.",
        explanation="The preview and the findings name the rule behind each change, so names are unique.",
        fix="Rename one of the rules.",
    ),
    Code(
        name="rules.two-verbs",
        severity=Severity.ERROR,
        title="Two verbs of a rule give one attribute a value",
        message="More than one verb of the rule gives the attribute a value.",
        explanation="Verbs of one rule have no order, and all of them start from the scanned values.",
        fix="Keep one of the verbs, or express both in one value or pattern.",
    ),
    Code(
        name="rules.template",
        severity=Severity.ERROR,
        title="A brace that stands alone",
        message="The value has a brace that encloses no keyword{suggestion}.",
        explanation="In 'set' {Keyword} stands for a current value; a brace that is meant as one is doubled.",
        fix="Write {Keyword}, or double the brace.",
    ),
    Code(
        name="rules.pattern",
        severity=Severity.ERROR,
        title="Not a regular expression that can be used",
        message="The pattern, or what takes its place, is not one of RE2.",
        explanation="Regular expressions are those of RE2, which needs time in proportion to the text whatever the "
        "pattern. It has no look-around and no references back inside a pattern. In the text that takes its place a "
        "backslash stands before another one or before a digit from 1 to 9, and such a reference needs its group. A "
        "pattern has at most 10,000 characters and 100 groups.",
        fix="Write the pattern without what RE2 does not have.",
    ),
    Code(
        name="rules.verb-vr",
        severity=Severity.ERROR,
        title="A verb for another kind of value",
        message="The verb is not for {keyword}, whose value representation is {vr}.",
        explanation="shift_days and truncate_date are for DA and DT; replace and references are for text and for "
        "numbers written as text; upper, lower and strip are for text.",
        fix="Use another verb, or set the value.",
    ),
    Code(
        name="rules.no-result",
        severity=Severity.ERROR,
        title="A verb cannot make a value of the current one",
        message="No value for {keyword} can be made of the current ones: {reason}.",
        explanation="A date without a day, or one that does not exist, cannot be moved, and a reference to an empty "
        "attribute would make a value that looks like another. Text beside a reference to a name of several component "
        "groups, or to several values, would become part of one of them only. Leaving the old value there silently "
        "could let out what should be changed.",
        fix="Match only what the verb can change, and give the rest a rule of its own.",
    ),
    Code(
        name="rules.differing-values",
        severity=Severity.ERROR,
        title="Differing values stay different",
        message="The current values would become {count} different values of {keyword}.",
        explanation="An override gives a whole study or series one value.",
        fix="Settle the differing values first, or make the rule one for series.",
    ),
    Code(
        name="rules.unused",
        severity=Severity.WARNING,
        title="A rule or function that asks for nothing",
        message="{subject} no study or series.",
        explanation="No study or series of the inventory has the values that the rule's match asks for; or the "
        "function returned nothing for all of them.",
        fix="Look at the values with 'dicommap show --show-values', and correct or remove the rule or function.",
    ),
    Code(
        name="rules.partial-match",
        severity=Severity.WARNING,
        title="A rule that matches a part of a study or series",
        message="{matching} of the {count} different values match, so the rule was not applied here.",
        explanation="An override holds for a whole study or series. A rule is applied where every value of a matched "
        "attribute agrees; a series attribute agrees with a study rule where one series has it.",
        fix="Widen the pattern, or settle the differing values first.",
    ),
    Code(
        name="rules.undecodable-match",
        severity=Severity.WARNING,
        title="A rule that tests a value which cannot be decoded",
        message="A value of {keyword} cannot be decoded, so nobody knows whether it matches; the rule was not applied "
        "here.",
        explanation="Of a value with undecodable bytes only the ASCII characters at its beginning are known. A pattern "
        "that these contradict does not match, and one such as * or SITE-* that asks for no more than they are "
        "matches. Of all other patterns it is not known.",
        fix="Correct SpecificCharacterSet or the value in the files and scan again, match by another attribute such as "
        "StudyInstanceUID, or give the study its values in a sheet.",
    ),
    Code(
        name="rules.not-captured",
        severity=Severity.ERROR,
        title="A rule needs an attribute that the inventory does not hold",
        message="The rule needs the current value of an attribute that the inventory does not hold.",
        explanation="Only captured attributes can be matched, referred to, changed by a verb or kept by a policy.",
        fix="Scan again with --attributes and this keyword.",
    ),
    Code(
        name="attribute.unknown",
        severity=Severity.ERROR,
        title="A name that is no DICOM keyword",
        message="This is not a keyword of the DICOM data dictionary{suggestion}.",
        explanation="Attributes are named by their keyword (PS3.6 section 6), such as PatientID, and not by their tag. "
        "A name that looks like none of an attribute is masked, since it may be a value in the wrong place.",
        fix="Correct the keyword; its letters' case counts. A private attribute has none: a rule's raw takes its tag.",
    ),
    Code(
        name="attribute.uid",
        severity=Severity.ERROR,
        title="A UID cannot be overridden",
        message="{keyword} is a UID; an override of it is refused.",
        explanation="Mappings find instances by Study and Series Instance UID. Whether UIDs inside an override file "
        "are taken is not documented by AWS, and references between instances would break.",
        fix="Change UIDs in the files themselves, with a tool that follows references.",
    ),
    Code(
        name="attribute.per-instance",
        severity=Severity.ERROR,
        title="An attribute that differs between instances",
        message="{keyword} must differ between the instances of a series; an override would make it the same.",
        explanation="An override holds for a whole study or series. There is no mapping for one instance.",
        fix="Change the attribute in the files themselves.",
    ),
    Code(
        name="attribute.describes-content",
        severity=Severity.ERROR,
        title="An attribute that says how the file is to be read",
        message="{keyword} describes how the content of the files is encoded; an override would contradict them.",
        explanation="Character set, size and layout of pixels, palettes and the like are true of the bytes in a file. "
        "An override changes the metadata and not the bytes, so that text or images would be shown wrongly.",
        fix="Convert the files themselves, with a tool that changes their content as well.",
    ),
    Code(
        name="attribute.level",
        severity=Severity.WARNING,
        title="An attribute of another level",
        message="{keyword} is {level}-level metadata in HealthImaging; this is a {override}-level override.",
        explanation="HealthImaging lists which attributes belong to patient, study and series (metadata "
        "normalization). AWS does not say whether an override of another level is taken. The profile's setting "
        "otherLevels, 'strict' for short, makes it an error.",
        fix="Set patient and study attributes for the whole study, and series attributes by series.",
    ),
    Code(
        name="attribute.forbidden",
        severity=Severity.ERROR,
        title="An attribute that no override can hold",
        message="{keyword} cannot stand in a data set of the DICOM JSON Model.",
        explanation="PS3.18 section F.2.2 excludes group lengths and the File Meta Information; delimiters and "
        "command elements are no attributes of a data set.",
        fix="Leave it out.",
    ),
    Code(
        name="attribute.not-text",
        severity=Severity.ERROR,
        title="An attribute that text cannot express",
        message="{keyword} has the value representation {vr}, which a sheet cell or a rule's text cannot express.",
        explanation="Sequences and binary values have no text form, and some attributes' value representation depends "
        "on other attributes.",
        fix="Write an override file for it by hand and check it with 'dicommap validate'.",
    ),
    Code(
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
    Code(
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
    Code(
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
    Code(
        name="edit.contradiction",
        severity=Severity.ERROR,
        title="Two edits contradict each other",
        message="{first} and {second} give the attribute different values.",
        explanation="Two edits reach the same study or series and the same attribute. Neither order nor level decides: "
        "which override AWS prefers is not documented.",
        fix="Remove or narrow one of the edits.",
    ),
    Code(
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
    Code(
        name="edit.same-patient",
        severity=Severity.WARNING,
        title="Edits give studies of different patients one PatientID",
        message="Studies that had different PatientIDs, or none, have the same one after the edits, but differ in "
        "{differing}; {studies}: {uids}.",
        explanation="Whoever looks for a patient finds the images of all studies that have the PatientID. The studies "
        "are compared as they are after all edits, and with studies that no edit changes. Names that differ in letter "
        "case, Unicode normal form or empty components at their end are equal (PS3.5 section 6.2.1), and an absent "
        "value differs from none. IssuerOfPatientID tells identifiers apart if it is set. The profile's setting "
        "samePatient, 'strict' for short, makes it an error.",
        fix="Look at the studies with 'dicommap show --show-values'. If they are of different patients, narrow the "
        "rule or correct the cell. If they are of one patient, make the values that differ equal as well.",
    ),
    Code(
        name="edit.same-accession",
        severity=Severity.WARNING,
        title="Edits give studies of different patients one AccessionNumber",
        message="Studies that had different AccessionNumbers, or none, have the same one after the edits, but differ "
        "in {differing}; {studies}: {uids}.",
        explanation="An AccessionNumber identifies one order for one patient. The studies are compared as for "
        "edit.same-patient, and by PatientID as well. The profile's setting samePatient, 'strict' for short, makes it "
        "an error.",
        fix="Look at the studies with 'dicommap show --show-values', and narrow the rule or correct the cell.",
    ),
    Code(
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
