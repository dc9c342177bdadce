"""write_overrides(): write override files without a scan and return the import configuration that names them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from dicommap.arguments import to_path
from dicommap.display.issue_report import Issues
from dicommap.errors import DocumentError, UsageError, os_error_reason
from dicommap.healthimaging.assumptions import Assumptions, require_assumptions
from dicommap.healthimaging.import_configuration import ImportConfiguration
from dicommap.healthimaging.limits import MAX_MAPPINGS
from dicommap.healthimaging.s3_uri import S3Uri, s3_uri_issues
from dicommap.issues import Location, find_issue_code, select_error_issues
from dicommap.issues.wording import choose_verb, format_count
from dicommap.overrides.mappings import build_import_configuration, build_override_files
from dicommap.overrides.override import Override
from dicommap.validation.configuration_check import check_import_configuration
from dicommap.writing.new_directory import is_new_directory, write_new_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from _typeshed import StrPath

    from dicommap.issues import Issue

DEFAULT_ASSUMPTIONS = Assumptions()


class WrittenConfiguration(ImportConfiguration):
    """The import configuration that `write_overrides` returns. Its `issues` has the issues of the overrides."""

    _issues: Issues = PrivateAttr(default_factory=Issues)

    @property
    def issues(self) -> Issues:
        """Return the warnings and notes of the overrides. They are not part of the JSON document."""
        return self._issues


def write_overrides(
    overrides: Iterable[Override],
    directory: StrPath,
    *,
    input_s3_uri: str,
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
) -> WrittenConfiguration:
    """Write override files, and return the import configuration that maps studies and series to these files.

    This function uploads nothing. The caller uploads the content of the directory to `input_s3_uri`, where the P10
    files are too. The paths in the import configuration are relative to the directory, and so to `input_s3_uri`. If
    there is an error, nothing is written.

    Args:
        overrides: The overrides, each for another study or series: at least 1, and at most MAX_MAPPINGS of
            `dicommap.healthimaging.limits`.
        directory: The directory to write. It must be empty or not exist. Its parent must exist.
        input_s3_uri: The job's inputS3Uri: `s3://bucket/prefix/`.
        assumptions: The assumptions about the form of override files.

    Returns:
        The import configuration. Its `model_dump(exclude_none=True)` is the argument `importConfiguration` of boto3's
        `start_dicom_import_job`. Its `issues` has the warnings and notes of the overrides: look at them before you
        start the job.

    Raises:
        UsageError: An override has an error or no attributes, two overrides have the same study or series, the list of
            overrides is empty or too long, or no import job accepts the URI.
        DocumentError: The directory exists and is not empty, or cannot be written.

    """
    require_assumptions(assumptions)
    place, uri = to_path("directory", directory), _require_input_uri(input_s3_uri)
    accepted = _require_overrides(overrides, assumptions)
    _require_new_directory(place)
    placed = build_override_files(accepted, assumptions)
    texts = {file.path: file.text for _, file in placed}
    configuration = build_import_configuration(placed)
    _require_valid_configuration(configuration, texts, uri, assumptions)
    try:
        write_new_directory(place, ((path, [text]) for path, text in texts.items()), len(texts))
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise _directory_error(place, error) from None
    written = WrittenConfiguration(**dict(configuration))
    written._issues = Issues(issue for override in accepted for issue in override.issues(assumptions))
    return written


def _require_overrides(overrides: object, assumptions: Assumptions) -> list[Override]:
    """Return the overrides as a list. Raises UsageError if the list or an override is not valid.

    The list must not be empty, too long, or have two overrides for the same target. Each override must have attributes
    and no errors.
    """
    if isinstance(overrides, Override) or not isinstance(overrides, Iterable):
        raise UsageError("overrides is not a list.", fix="Give a list of Override objects, also for one override.")
    items = list(islice(overrides, MAX_MAPPINGS + 1))
    accepted = [item for item in items if isinstance(item, Override)]
    if len(accepted) < len(items):
        raise UsageError("overrides holds something that is not an Override.", fix="Give objects of Override only.")
    if not accepted:
        raise UsageError("overrides is empty: there is nothing to write.", fix="Give at least one Override.")
    if len(accepted) > MAX_MAPPINGS:
        raise UsageError(
            f"There are more than {MAX_MAPPINGS:,} overrides, which is the most that one import job takes.",
            fix="Split them by study over several prefixes, with one import job for each.",
        )
    _require_no_errors(accepted, assumptions)
    empty = next((override for override in accepted if not override.data_set), None)
    if empty is not None:
        named = Location(study=empty.study_instance_uid, series=empty.series_instance_uid)
        message = f"The override for {named} has no attributes: it would change nothing."
        raise UsageError(message, fix="Give it attributes, or leave it out.")
    targets = set()
    for override in accepted:
        target = (override.study_instance_uid, override.series_instance_uid)
        if target in targets:
            named = Location(study=target[0], series=target[1])
            raise UsageError(f"Two overrides are for {named}.", fix="Join their attributes in one Override.")
        targets.add(target)
    return accepted


def _require_no_errors(overrides: Sequence[Override], assumptions: Assumptions) -> None:
    """Raise UsageError if an issue of an override is an error. The message has the first error."""
    errors = [select_error_issues(override.issues(assumptions)) for override in overrides]
    error_lists = [override_errors for override_errors in errors if override_errors]
    if error_lists:
        count = len(error_lists)
        raise UsageError(
            f"{format_count(count, 'override')} {choose_verb(count, 'has', 'have')} errors, so that nothing was "
            f"written; the first: {error_lists[0][0]}",
            fix="Correct what the issues() of each override name.",
        )


def _require_input_uri(input_s3_uri: object) -> S3Uri:
    """Return the parsed input URI. Raises UsageError if no import job accepts the URI."""
    uri = S3Uri.parse(input_s3_uri) if isinstance(input_s3_uri, str) else None
    if uri is None or not isinstance(input_s3_uri, str):
        raise UsageError("input_s3_uri is not an S3 URI.", fix="Write it as s3://bucket/prefix/.")
    _raise_first_error(select_error_issues(s3_uri_issues(input_s3_uri, Location())), "input_s3_uri")
    return uri


def _require_new_directory(place: Path) -> None:
    """Raise DocumentError if the directory exists and is not empty, or its parent does not exist."""
    try:
        is_new = is_new_directory(place)
        has_parent = place.absolute().parent.is_dir()
    except (OSError, ValueError) as error:
        raise _directory_error(place, error) from None
    if not is_new:
        message = f"{place} exists already and is not an empty directory; nothing is ever written over another file."
        raise DocumentError(message, fix="Name another directory.")
    if not has_parent:
        raise DocumentError(f"The parent directory of {place} does not exist.", fix="Make it first.")


def _require_valid_configuration(
    configuration: ImportConfiguration, texts: Mapping[str, str], uri: S3Uri, assumptions: Assumptions
) -> None:
    """Raise UsageError if `dicommap validate` would find an error in the import configuration or an override file."""
    document = configuration.model_dump(mode="json", exclude_none=True)
    files = {path: text.encode() for path, text in texts.items()}
    _raise_first_error(
        select_error_issues(check_import_configuration(document, files, None, uri, assumptions)),
        "The import configuration",
    )


def _raise_first_error(errors: Sequence[Issue], subject: str) -> None:
    """Raise UsageError with the first of `errors`. Do nothing if it is empty. `subject` begins the message."""
    if errors:
        code = find_issue_code(errors[0].code)
        fix = code.fix if code is not None else "Correct it."
        raise UsageError(f"{subject} is not valid: {errors[0]}", fix=fix)


def _directory_error(place: Path, error: OSError | ValueError) -> DocumentError:
    reason = os_error_reason(error) if isinstance(error, OSError) else "no file system takes such a name"
    return DocumentError(f"{place} cannot be written: {reason}.", fix="Name another directory.")
