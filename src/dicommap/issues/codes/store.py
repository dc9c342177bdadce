"""Issue codes for image sets in a data store that a package's jobs will change, or conflict with."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="store.non-primary",
        severity=Severity.WARNING,
        title="Files that conflict with a stored image set",
        message="The data store has another {keywords} for this study in primary image set {image_set}; these files "
        "are likely to become a non-primary image set.",
        explanation="AWS documents that data that conflicts with the primary image sets in the data store goes to "
        "non-primary image sets, which DICOMweb does not show, and that each import uses storage again [DOC "
        "understanding-image-sets]. The values are compared as SearchImageSets returns them, after the overrides of "
        "the package.",
        fix="Give the files the stored values with an edit, or change the stored image sets first with "
        "UpdateImageSetMetadata; then draft again. docs/howto/conflicts.md describes both.",
    ),
    IssueCode(
        name="store.new-version",
        severity=Severity.NOTE,
        title="A study that is in the data store",
        message="The data store has this study; primary image sets that get a new version: {count}.",
        explanation="AWS documents that an instance that is imported again becomes a new version of its primary image "
        "set if it does not conflict, and that the most recently received data is the latest version [DOC "
        "understanding-import-jobs]. An override therefore corrects the stored data [INF]. SearchImageSets does not "
        "tell which instances are stored.",
        fix="No action is needed if you want to import the study again. Each version uses storage [DOC "
        "understanding-image-sets].",
    ),
    IssueCode(
        name="store.unclear",
        severity=Severity.WARNING,
        title="Files whose image set cannot be forecast",
        message="It is not known if these files become a primary image set: {reason}.",
        explanation="AWS does not document what an import does in this case, or the values cannot be compared.",
        fix="Look at the study's image sets with SearchImageSets; make their values agree with UpdateImageSetMetadata, "
        "or delete those that are not needed.",
    ),
    IssueCode(
        name="store.forecast",
        severity=Severity.NOTE,
        title="The forecast of image sets in the data store",
        message="Image sets of the jobs: {new} new, {versions} as new versions, {non_primary} non-primary, {unknown} "
        "not known; the data store has {stored} of {studies:study}.",
        explanation="The grouping attributes that the jobs will import are compared with those of the stored image "
        "sets. It is a forecast: AWS documents the conflict with stored image sets, but not which of several "
        "conflicting groups of one package becomes primary; dicommap assumes the largest.",
        fix="No action is needed.",
    ),
    IssueCode(
        name="store.denied",
        severity=Severity.ERROR,
        title="A data store that may not be searched",
        message="{told} The studies of the package were not compared with the data store.",
        explanation="It is not known what the jobs do to stored image sets. Results of other checks are still valid.",
        fix="Grant medical-imaging:SearchImageSets ('dicommap policy PACKAGE' lists the permissions), or name another "
        "credentials profile with --profile, and run the same command again.",
    ),
    IssueCode(
        name="store.unread",
        severity=Severity.ERROR,
        title="A study that could not be searched for",
        message="{told} The study was not compared with the data store.",
        explanation="The data store refused the search for this study, or its answer has image sets of another study. "
        "Results for other studies are still valid.",
        fix="Run the same command again. If that does not help, check the endpoint, and any proxy on the way to it.",
    ),
)
