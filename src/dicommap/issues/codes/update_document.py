"""Issue codes for updates of stored metadata: attributes that AWS does not update, and the form of their documents."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_UPDATE_KB
from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="update-document.uid",
        severity=Severity.ERROR,
        title="An update of a Study, Series or SOP Instance UID",
        message="{keyword} cannot be updated: primary image sets keep their UIDs.",
        explanation="The developer guide says that 'force' does not change the Study, Series and SOP Instance UIDs of "
        'primary image sets ("Updating image set metadata").',
        fix="Remove the edit. Change UIDs in the files themselves before they are imported.",
    ),
    IssueCode(
        name="update-document.pixel-data",
        severity=Severity.ERROR,
        title="An update of pixel data",
        message="{keyword} cannot be updated: it has the pixels, which are not metadata.",
        explanation="HealthImaging stores pixels as image frames and makes PixelData and the checksums itself "
        '(developer guide, "DICOM metadata constraints").',
        fix="Remove the edit. To replace images, change the files themselves.",
    ),
    IssueCode(
        name="update-document.describes-content",
        severity=Severity.ERROR,
        title="An update of an attribute that describes stored content",
        message="{keyword} describes how the stored content is encoded; an update would contradict the content.",
        explanation="Character set, size and layout of pixels, palettes and the like describe the image frames and "
        "texts that are stored. An update changes only the metadata, so images or texts would be shown wrongly.",
        fix="Remove the edit. Convert the files themselves, with a tool that also changes their content.",
    ),
    IssueCode(
        name="update-document.level",
        severity=Severity.ERROR,
        title="An attribute at another level than HealthImaging has it",
        message="{keyword} has the {level} level in HealthImaging; it cannot be updated at the {place} level.",
        explanation="Image set metadata have patient, study and series attributes once, and not for each instance. "
        'AWS does not update attributes across these levels (developer guide, "DICOM metadata constraints").',
        fix="Edit the attribute in a sheet or rule of its own level.",
    ),
    IssueCode(
        name="update-document.divides-study",
        severity=Severity.ERROR,
        title="An update of a patient or study attribute in one series of a study",
        message="{keyword} has the {level} level; it would be different in one series of its study.",
        explanation="Each image set has its own copy of the patient and study attributes. The developer guide has "
        "includeStudyImageSets for updates of all image sets of a study at once. After an update of one series, the "
        "image sets of the study would differ. Image sets are grouped by some of these attributes, such as PatientID, "
        'which would then conflict ("Understanding image sets").',
        fix="Edit the attribute for the whole study.",
    ),
    IssueCode(
        name="update-document.unknown-form",
        severity=Severity.ERROR,
        title="A value that an update cannot have",
        message="The value of {keyword} is binary, or has a private element in a sequence item; an update cannot have "
        "it.",
        explanation="AWS does not document the form of binary values in an update, nor where the value "
        "representations of private elements in sequence items are written. A guessed form could store a wrong value.",
        fix="Remove the edit, or change the files themselves. An update can remove such an attribute.",
    ),
    IssueCode(
        name="update-document.too-large",
        severity=Severity.ERROR,
        title="An update that is too large",
        message="The update of {what} has {size:byte}; AWS takes {limit:byte} in one request.",
        explanation=f'The payload of UpdateImageSetMetadata may have {MAX_UPDATE_KB} KB (developer guide, "Endpoints '
        'and quotas"). A draft divides larger updates into several requests, but never one attribute.',
        fix="Shorten the value, or change the files themselves.",
    ),
    IssueCode(
        name="update-document.unavailable",
        severity=Severity.ERROR,
        title="An update that the assumptions refuse",
        message="{keyword} needs {what}; the assumption {setting} refuses it.",
        explanation="AWS does not document whether a data store makes this update in primary image sets. The "
        "assumptions of the draft say that it does not.",
        fix="Remove the edit, or draft with another value of the assumption.",
    ),
    IssueCode(
        name="update-document.unknown-attribute",
        severity=Severity.ERROR,
        title="A name in an update that is not an attribute",
        message="This is not a DICOM keyword, nor the tag of a private element as eight hexadecimal digits.",
        explanation="AWS's examples name standard attributes by their keyword and private elements by their tag. "
        "Attributes that HealthImaging makes itself, such as Checksum or MinPixelValue, cannot be updated (developer "
        'guide, "DICOM metadata constraints").',
        fix="Draft the package again, or correct the name.",
    ),
    IssueCode(
        name="update-document.other-series",
        severity=Severity.ERROR,
        title="A series in an update of another series or of a study",
        message="The request has a series that is not the series of the update.",
        explanation="An update is sent to the image set of its own series. An update of a whole study has patient and "
        "study attributes only.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="update-document.not-in-inventory",
        severity=Severity.ERROR,
        title="An update of a study or series that is not in the inventory",
        message="The inventory does not have the {what} of this update.",
        explanation="An update names its study and series by their UIDs. It would change no instance that was scanned.",
        fix="Check the UID, or validate with the inventory from which the package was drafted.",
    ),
    IssueCode(
        name="update-document.force",
        severity=Severity.ERROR,
        title="A request without force that needs it",
        message="The update of {keyword} needs 'force', which the request does not have.",
        explanation="AWS updates private elements, StudyID, sequences and attributes with several values only with the "
        'parameter force (developer guide, "DICOM metadata constraints").',
        fix="Draft the package again.",
    ),
    IssueCode(
        name="update-document.previous-value",
        severity=Severity.ERROR,
        title="A value from before the edit that cannot be used",
        message="The previous value of {keyword} is no array of texts, or the request does not change this attribute.",
        explanation="An update overwrites a stored value only if it is one of the previous values.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="update-document.private-vr",
        severity=Severity.ERROR,
        title="A private element without value representation, or the reverse",
        message="{keyword} is in only one of the members DICOM and DICOMVRs.",
        explanation="A private element that is added needs its value representation in DICOMVRs, as AWS's example of "
        "UpdateImageSetMetadata shows.",
        fix="Draft the package again.",
    ),
)
