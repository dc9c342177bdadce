"""Issue codes for attributes that no edit or override can set."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="attribute.unknown",
        severity=Severity.ERROR,
        title="Not a DICOM keyword",
        message="This is not a keyword of the DICOM data dictionary{suggestion}.",
        explanation="Attributes are named by their keyword (PS3.6 section 6), such as PatientID, and not by their "
        "tag. A name that does not look like a keyword is masked, since it may be a patient's value in the wrong "
        "place.",
        fix="Correct the keyword; upper and lower case differ. A private attribute has no keyword: use 'raw' in a "
        "rule with its tag.",
    ),
    IssueCode(
        name="attribute.uid",
        severity=Severity.ERROR,
        title="A UID cannot be overridden",
        message="{keyword} is a UID; an override of it is refused.",
        explanation="Mappings find instances by Study and Series Instance UID. AWS does not document whether an "
        "override may change UIDs, and references between instances would break.",
        fix="Change UIDs in the files themselves, with a tool that also changes the references.",
    ),
    IssueCode(
        name="attribute.per-instance",
        severity=Severity.ERROR,
        title="An attribute that differs between instances",
        message="{keyword} must differ between the instances of a series; an override would make it the same in "
        "all of them.",
        explanation="An override applies to a whole study or series. There is no mapping for one instance. "
        "InstanceNumber, ImagePositionPatient and SliceLocation can be edited for single instances by updates.",
        fix="Edit single instances, with a sheet or rule of the level instance and --updates; or change the attribute "
        "in the files themselves.",
    ),
    IssueCode(
        name="attribute.content",
        severity=Severity.ERROR,
        title="The content of an instance",
        message="{keyword} is the content of the instance, such as its pixels; no edit changes or removes it.",
        explanation="Pixel data, waveforms, spectra and encapsulated documents are not metadata. No update of image "
        "sets changes pixel data [DOC dicom-metadata-constraints].",
        fix="Remove the edit, and change the files themselves.",
    ),
    IssueCode(
        name="attribute.describes-content",
        severity=Severity.ERROR,
        title="An attribute that describes how the file is encoded",
        message="{keyword} describes how the content of the files is encoded; an override would contradict them.",
        explanation="Character set, size and layout of pixels, palettes and the like describe the bytes in a file. "
        "An override changes the metadata and not the bytes, so text or images would be shown wrongly.",
        fix="Convert the files themselves, with a tool that also changes their content.",
    ),
    IssueCode(
        name="attribute.level",
        severity=Severity.WARNING,
        title="An attribute of another level",
        message="{keyword} is {level}-level metadata in HealthImaging; this is a {override}-level override.",
        explanation="HealthImaging lists which attributes belong to patient, study and series (metadata "
        "normalization). AWS does not document whether an override at another level has an effect. The assumption "
        "otherLevels=error, or 'strict' for short, makes this an error.",
        fix="Set patient and study attributes for the whole study, and series attributes by series. Attributes of the "
        "instance level can be set by updates in place of overrides: draft with --updates (updates=True).",
    ),
    IssueCode(
        name="attribute.instance-content",
        severity=Severity.WARNING,
        title="An attribute that describes the content of single instances",
        message="{keyword} describes the content of one instance (PS3.3 {module}); the override gives all instances "
        "of the {override} the same value.",
        explanation="Pixel values, geometry, timing of frames, contours, structured content, waveforms, overlays and "
        "references to other instances belong to one instance: the modules in PS3.3 Annex C that apply to images, "
        "structure sets, waveforms, reports and the like. If all instances get the value of one, the others are "
        "shown or measured wrongly. AWS does not document whether an override of a study or series changes such an "
        "attribute; if it does not, the level of the attribute is the likely reason. The assumption "
        "otherLevels=error, or 'strict' for short, makes this an error.",
        fix="Remove the attribute from the override unless all instances must have this value. Single instances can be "
        "edited by updates: draft with --updates (updates=True). Or change the files themselves.",
    ),
    IssueCode(
        name="attribute.forbidden",
        severity=Severity.ERROR,
        title="An attribute that no override can hold",
        message="{keyword} is not allowed in a data set of the DICOM JSON Model.",
        explanation="PS3.18 section F.2.2 excludes group lengths and the File Meta Information; delimiters and "
        "command elements are not attributes of a data set.",
        fix="Remove it.",
    ),
    IssueCode(
        name="attribute.not-text",
        severity=Severity.ERROR,
        title="An attribute that text cannot express",
        message="{keyword} has the value representation {vr}, which a sheet cell or a rule's text cannot express.",
        explanation="Sequences and binary values have no text form, and the value representation of some "
        "attributes depends on other attributes.",
        fix="Write an override file for it by hand and check it with 'dicommap validate'.",
    ),
)
