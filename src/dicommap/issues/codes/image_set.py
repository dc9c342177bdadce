"""Issue codes for the image sets of a data store that a scan reads."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="image-set.unreadable",
        severity=Severity.ERROR,
        title="An image set that cannot be read",
        message="The image set cannot be read: {reason}.",
        explanation="GetImageSetMetadata did not return the metadata of this image set, so its instances are missing "
        "from the inventory. All other image sets were read.",
        fix="Grant medical-imaging:GetImageSetMetadata if it is missing, or wait until the image set is not LOCKED. "
        "Then scan again: only this image set and changed ones are read.",
    ),
    IssueCode(
        name="image-set.malformed",
        severity=Severity.ERROR,
        title="Metadata of an image set in an unknown form",
        message="The metadata of the image set cannot be used: {reason}.",
        explanation="The developer guide shows the form of the metadata by examples, with SchemaVersion 1.1. The "
        "metadata of this image set has another form, so its instances are missing from the inventory.",
        fix="Look at the metadata with 'aws medical-imaging get-image-set-metadata'. A newer dicommap may read it.",
    ),
    IssueCode(
        name="image-set.other-uid",
        severity=Severity.ERROR,
        title="Metadata of an instance with two different UIDs",
        message="{keyword} of the instance is not the UID under which the metadata has it.",
        explanation="The metadata of an image set has each series and each instance under its UID, and the UID is an "
        "attribute, too. An update would name the instance by one of the two, so neither is trusted.",
        fix="Look at the metadata with 'aws medical-imaging get-image-set-metadata', and import the series again.",
    ),
    IssueCode(
        name="image-set.unreadable-value",
        severity=Severity.ERROR,
        title="A stored value in an unknown form",
        message="The stored value of {keyword} has a form that is not known for {vr}.",
        explanation="AWS shows the form of stored values only by examples. A value in another form is not "
        "guessed, so the instance is not in a study of the inventory.",
        fix="Look at the metadata with 'aws medical-imaging get-image-set-metadata'. A newer dicommap may read it.",
    ),
)
