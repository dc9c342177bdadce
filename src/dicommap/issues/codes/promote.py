"""Issue codes for promotions of image sets that are not primary."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

_RUN_AGAIN = "Run 'dicommap promote PACKAGE' again: it reads the image sets anew, and goes on from where it was."

CODES = (
    IssueCode(
        name="promote.refused",
        severity=Severity.ERROR,
        title="Image sets that cannot be promoted",
        message="Image set {image_set} cannot be promoted: {reason}.",
        explanation="A promotion adds the instances to the primary image sets of their study. It is refused if it "
        "could merge two patients: PatientID, PatientName, PatientBirthDate or PatientSex differ. It is also refused "
        "if instances are stored in the primary image set already, because AWS needs unique SOP Instance UIDs, and if "
        "the primary image sets of a study differ from each other.",
        fix="Look at both image sets ('dicommap promote PACKAGE -n --show-values'). If the values of the image set are "
        "the right ones, correct the primary image set first. --allow-other-patient gives the image set the identity "
        "of the patient of the primary one.",
    ),
    IssueCode(
        name="promote.other-attributes",
        severity=Severity.WARNING,
        title="Image sets that differ in other attributes, too",
        message="{count:attribute} of patient, study or series of image set {image_set} also {count:differs|differ} "
        "from the primary image set: {names}.",
        explanation="Only the attributes by which AWS groups instances are a conflict. AWS does not document which "
        "value a primary image set has after a promotion if others differ.",
        fix="Check the values of the primary image set after the promotion.",
    ),
    IssueCode(
        name="promote.undoes-override",
        severity=Severity.WARNING,
        title="Promotions that undo overrides or updates",
        message="{count:attribute} of image set {image_set} that an override or update of this package sets "
        "{count:gets|get} another value: {names}.",
        explanation="The image set has the value of the override or update, and the primary image set has another one. "
        "A promotion takes the value of the primary image set for right.",
        fix="If the value of the package is right, correct the primary image set first. Then nothing is in conflict, "
        "and the promotion changes nothing.",
    ),
    IssueCode(
        name="promote.changed",
        severity=Severity.ERROR,
        title="Image sets that somebody else has changed before they were promoted",
        message="Somebody else has changed image set {image_set}, or a primary image set of its study, since it was "
        "read: {reason}.",
        explanation="A request names the version that was read. Nothing is sent for another version.",
        fix=f"Find out who changed it. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="promote.failed",
        severity=Severity.ERROR,
        title="Image sets that AWS did not promote",
        message="Image set {image_set} was not promoted: {reason}.",
        explanation="AWS refused a request, or an image set ended as UPDATE_FAILED or COPY_FAILED. The update that "
        "takes the conflict away may have been made; it is not sent again.",
        fix=f"Remove the cause. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="promote.not-proved",
        severity=Severity.ERROR,
        title="Promotions that are not as planned",
        message="Image set {image_set} was promoted, but the primary image set is not as planned: {reason}.",
        explanation="The primary image set was read after the copy had ended. It must be primary, have all instances "
        "of the promoted one and those from before, and have the values of the grouping attributes.",
        fix="Do not use the primary image set before you have looked at it with GetImageSetMetadata. "
        "ListImageSetVersions shows its versions.",
    ),
    IssueCode(
        name="promote.not-readable",
        severity=Severity.ERROR,
        title="Image sets to promote that cannot be read",
        message="Image set {image_set} cannot be promoted, because it cannot be read: {reason}.",
        explanation="A promotion is planned from the stored metadata, so nothing is sent if they cannot be read.",
        fix=f"Remove the cause. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="promote.locked",
        severity=Severity.WARNING,
        title="Promotions whose image sets are still LOCKED",
        message="Image set {image_set}, or the primary image set, is still LOCKED after {reason} seconds.",
        explanation="AWS changes image sets asynchronously [DOC copy-image-set]. It is not known how the change ends.",
        fix=f"Wait. {_RUN_AGAIN}",
    ),
)
