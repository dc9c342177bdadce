"""Issue codes for the effects of overrides in the data store."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

_LIST = "'dicommap verify PACKAGE --level attribute' lists the attributes."
_IMPORT_AGAIN = (
    "Do not use the imported data as corrected. Check how the job was started ('dicommap watch'). 'reconcile --retry' "
    "selects imported instances only of a job without its import configuration. To import other files again, copy them "
    "to another prefix, draft the same edits with this --input-s3-uri into a new package, run 'dicommap validate "
    "--store' on it, submit it, and verify it. A new package with the same prefix may have the same client tokens: "
    "then its jobs are not started again. If an attribute by which image sets are grouped was not applied, such as "
    "PatientID, the new files conflict with the stored ones and become non-primary [INF]: correct the stored image "
    "sets instead, as the page 'conflicts' of the documentation shows."
)

CODES = (
    IssueCode(
        name="verify.not-applied",
        severity=Severity.ERROR,
        title="Attributes that still have the value from before",
        message="{count:attribute} {count:has|have} the value from before the override: {names}.",
        explanation="The data store has the value of the P10 files, not that of the override. Either the override did "
        f"not reach the service, or the service ignored it; AWS documents neither case. {_LIST}",
        fix=_IMPORT_AGAIN,
    ),
    IssueCode(
        name="verify.different",
        severity=Severity.ERROR,
        title="Attributes with another value",
        message="{count:attribute} {count:has|have} a value that is not that of the override: {names}.",
        explanation="The values were compared by DICOM meaning: padding, spellings of numbers and delimiters at the "
        "end do not count. The value from before is not known, or is another one. Somebody may have changed the "
        f"image set after the import. {_LIST}",
        fix=f"Find out who changed the data: ListImageSetVersions shows the versions. {_IMPORT_AGAIN}",
    ),
    IssueCode(
        name="verify.missing",
        severity=Severity.ERROR,
        title="Attributes that are not stored",
        message="{count:attribute} of overrides {count:is|are} not in the image set: {names}.",
        explanation="The attribute was looked for at its level of AWS's metadata normalization, and at all other "
        f"levels. {_LIST}",
        fix=_IMPORT_AGAIN,
    ),
    IssueCode(
        name="verify.not-readable",
        severity=Severity.WARNING,
        title="Image sets that cannot be read",
        message="{count:attribute} could not be read ({names}): {reason}.",
        explanation="So it is not known whether the override was applied. An image set may be locked or deleted, its "
        "metadata may be damaged or have an unknown form, or a permission may be missing.",
        fix="Remove the cause, then verify again. 'dicommap policy' prints the permissions that are needed.",
    ),
    IssueCode(
        name="verify.not-checked",
        severity=Severity.WARNING,
        title="Attributes that were not checked",
        message="{count:attribute} {count:was|were} not checked ({names}): {reason}.",
        explanation="There is nothing to compare yet, or the package itself leaves the value open.",
        fix="Run the jobs to their end, and import what failed ('dicommap reconcile --retry'). Then verify again.",
    ),
    IssueCode(
        name="verify.not-comparable",
        severity=Severity.WARNING,
        title="Attributes in a form that AWS does not document",
        message="{count:attribute} {count:is|are} stored in a form that AWS does not document: {names}.",
        explanation="For several values, several groups of a person name, sequences and binary values, AWS shows the "
        "stored form only by examples, and does not document if it changes the Unicode normal form of texts. The "
        "stored value was read in every plausible way, and no reading is the value of the override. It may still be "
        "the same value, so it is neither right nor wrong.",
        fix="Look at the value: 'dicommap verify PACKAGE --show-values --format json' prints it.",
    ),
    IssueCode(
        name="verify.configuration-not-checked",
        severity=Severity.WARNING,
        title="The job's import configuration was not checked",
        message="GetDICOMImportJob did not return the job: {reason}.",
        explanation="The service returns the importConfiguration that a job was started with. If it is missing, no "
        "override was applied [INF]. Jobs are listed for 90 days [DOC throttling-limits].",
        fix="Grant medical-imaging:GetDICOMImportJob, or rely on the effects: they show what is stored.",
    ),
    IssueCode(
        name="verify.non-primary",
        severity=Severity.WARNING,
        title="Verified image sets are not primary",
        message="{count:image set} of the job {count:is|are} not primary.",
        explanation="A conflict with image sets of the data store makes an image set non-primary [DOC "
        "understanding-image-sets]. The primary image set of the study has other values, perhaps the old ones. So all "
        "image sets of the study are compared with the overrides.",
        fix="Correct such image sets as the page 'conflicts' of the documentation shows.",
    ),
    IssueCode(
        name="verify.searched",
        severity=Severity.NOTE,
        title="Image sets were found by a search",
        message="The job's records name no image set for {count:study}; SearchImageSets found the image sets.",
        explanation="Without records of the job it is not known which instances it imported. So all image sets "
        "of its studies are verified, with instances of other imports.",
        fix="No action is needed.",
    ),
)
