"""Issue codes for sending the updates of a package to the data store, and for taking them back."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

_RUN_AGAIN = "Run 'dicommap update PACKAGE' again: it reads the image set anew, and sends what is still necessary."
_VERSIONS = "ListImageSetVersions shows the versions of an image set and their times."

CODES = (
    IssueCode(
        name="update.not-found",
        severity=Severity.ERROR,
        title="Updates whose image set was not found",
        message="No image set has {what} of the update.",
        explanation="The image sets are those of the job manifests of the package. If the package has no jobs, or an "
        "image set of a manifest does not exist, SearchImageSets is asked for the study and series.",
        fix="Check the data store, and if the instances were imported ('dicommap reconcile PACKAGE').",
    ),
    IssueCode(
        name="update.changed",
        severity=Severity.ERROR,
        title="Image sets that somebody else has changed",
        message="Somebody else has changed image set {image_set} since it was read. The update was not sent to the new "
        "version.",
        explanation="A request names the version that was read. AWS refuses it with ConflictException if there is a "
        "newer version [DOC update-image-set-metadata], so that no change is lost. The image set was read again: the "
        f"newer version is not what the update makes. {_VERSIONS}",
        fix=f"Find out who changed it, and if the update is still right. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="update.other-values",
        severity=Severity.ERROR,
        title="Image sets with other values than before the edit",
        message="{count:attribute} of image set {image_set} {count:has|have} neither the value from before the edit "
        "nor the new one: {names}. Nothing was sent to it.",
        explanation="The edit was made for a value that the image set does not have: it was changed since the scan, or "
        "it is another patient's. Values are compared by DICOM meaning. In an update of several image sets of a study, "
        "each of them is compared.",
        fix="Look at the stored values, for example with 'dicommap scan healthimaging:DATASTORE_ID'. If the new values "
        "are right, send them with --overwrite-other-values.",
    ),
    IssueCode(
        name="update.overwrites",
        severity=Severity.WARNING,
        title="Image sets whose other values an update overwrites",
        message="{count:attribute} of image set {image_set} {count:has|have} neither the value from before the edit "
        "nor the new one, and {count:is|are} overwritten: {names}.",
        explanation="The option --overwrite-other-values was given. The versions of the image set keep the values.",
        fix="If a value should not have been overwritten, 'dicommap update PACKAGE --revert' takes the updates back.",
    ),
    IssueCode(
        name="update.failed",
        severity=Severity.ERROR,
        title="Image sets that AWS did not change",
        message="Image set {image_set} was not changed: {reason}.",
        explanation="AWS refused the request, or reported UPDATE_FAILED after it had accepted it. The property "
        "`message` of GetImageSet may tell why; it is not shown here, because it may contain values.",
        fix=f"Remove the cause. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="update.not-readable",
        severity=Severity.ERROR,
        title="Image sets whose metadata cannot be used",
        message="The metadata of image set {image_set} cannot be used: {reason}.",
        explanation="An update is computed against the stored metadata. So nothing is sent if they cannot be read.",
        fix=f"Remove the cause. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="update.locked",
        severity=Severity.WARNING,
        title="Image sets that are still LOCKED",
        message="Image set {image_set} is still LOCKED after {seconds} seconds.",
        explanation="AWS changes an image set asynchronously, and accepts no other change meanwhile "
        "[DOC update-image-set-metadata]. It is not known how the change ends.",
        fix=f"Wait. {_RUN_AGAIN} --lock-timeout sets how long it waits.",
    ),
    IssueCode(
        name="update.not-known",
        severity=Severity.WARNING,
        title="Requests of which it is not known whether they were executed",
        message="It is not known whether the last request for image set {image_set} was executed.",
        explanation="There was no answer, and the newer version of the image set does not show whether the request has "
        "made it: more has changed than the request changes, the stored form is not documented, or the package is "
        f"another one. {_VERSIONS}",
        fix=f"Compare the last two versions of the image set. {_RUN_AGAIN}",
    ),
    IssueCode(
        name="update.not-applied",
        severity=Severity.ERROR,
        title="Attributes that an update did not change as wanted",
        message="{count:attribute} of image set {image_set} {count:is|are} not as wanted: {names}.",
        explanation="AWS reported that the update was executed, and the stored values were read again and compared by "
        "DICOM meaning. `not-applied` means that the value from before is stored, `missing` that no value is stored, "
        "and `different` that another value is stored.",
        fix="Do not use these attributes as corrected. --revert takes back what this package has done.",
    ),
    IssueCode(
        name="update.not-comparable",
        severity=Severity.WARNING,
        title="Updated attributes in a form that AWS does not document",
        message="{count:attribute} of image set {image_set} {count:is|are} stored in a form that AWS does not "
        "document: {names}.",
        explanation="The stored value was read in every plausible way, and no reading is the wanted value. After a "
        "removal, the attribute is still there, without a value. It is not known whether the update was applied.",
        fix="Look at the stored metadata of the image set with GetImageSetMetadata.",
    ),
    IssueCode(
        name="update.left-out",
        severity=Severity.ERROR,
        title="Attributes that were not sent",
        message="{count:attribute} {count:was|were} not sent to image set {image_set} ({names}): {reason}.",
        explanation="AWS documents at which level it stores an attribute only by lists. If an image set has the "
        "attribute at another level, the update would add it a second time. A request has a limit of bytes, in which "
        "the stored value of a removed attribute must fit.",
        fix="Change such an attribute with other software, and leave it out of the edits.",
    ),
    IssueCode(
        name="update.taken-back",
        severity=Severity.WARNING,
        title="Updates that were taken back",
        message="The updates of image set {image_set} were taken back, so they are not sent again.",
        explanation="'dicommap update PACKAGE --revert' has restored the version from before the package's updates.",
        fix="To send the updates again, draft a new package.",
    ),
    IssueCode(
        name="update.not-reverted",
        severity=Severity.ERROR,
        title="Image sets whose updates were not taken back",
        message="The updates of image set {image_set} were not taken back: {reason}.",
        explanation="Restoring a version undoes every change after it. So an image set is reverted only if its latest "
        f"version is one that this package has made. {_VERSIONS}",
        fix="Correct such an image set with a new package.",
    ),
    IssueCode(
        name="update.partly-reverted",
        severity=Severity.WARNING,
        title="Image sets whose first updates remain",
        message="Image set {image_set} was reverted only to version {version}: somebody else has made it.",
        explanation="Restoring an older version would undo the change of somebody else between two updates of this "
        f"package. {_VERSIONS}",
        fix="Correct the rest with a new package.",
    ),
)
