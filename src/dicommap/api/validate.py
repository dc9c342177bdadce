"""validate(): find the issues of a package, or of a single document, such as an override file or a plan."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import (
    convert_arguments,
    to_function,
    to_instance,
    to_list_of,
    to_optional,
    to_path,
    to_path_or_uri,
    to_progress,
    to_rate,
    to_text,
)
from dicommap.aws.clients import to_clients
from dicommap.aws.source_roots import find_plan_source_issues
from dicommap.dicom.defined_terms import unlisted_value_issues
from dicommap.dicom.strict_json import parse_json
from dicommap.display.validation_result import Validation
from dicommap.errors import AwsError, DocumentError, UsageError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.s3_uri import S3Uri, s3_uri_issues
from dicommap.inventory.inventory_argument import open_inventory_argument
from dicommap.issues import Issue, Location, has_errors, make_issue
from dicommap.model.package_layout import PLAN_FILE, job_folder
from dicommap.overrides.override_check import check_override
from dicommap.overrides.override_file import parse_override_data_set
from dicommap.package.document_reader import DocumentFolder, format_path_name, read_document
from dicommap.package.draft_inputs import read_rules
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.s3_validation import validate_opened_package_in_s3
from dicommap.package.store_validation import validate_opened_package_in_store
from dicommap.progress import Progress, progress_reporter
from dicommap.reading.document_limits import OVERRIDE_LIMIT, PLAN_LIMIT, choose_limit_of_unknown_document
from dicommap.reading.file_signatures import SQLITE_SIGNATURE
from dicommap.validation.configuration_check import check_import_configuration
from dicommap.validation.package_check import check_and_read_package
from dicommap.validation.plan_check import check_plan
from dicommap.validation.plan_source_roots_check import check_plan_sources
from dicommap.validation.request_check import check_output_uris, check_request
from dicommap.validation.schema_check import check_schema
from dicommap.validation.schema_registry import DocumentKind, detect_document_kind
from dicommap.validation.update_check import check_update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.aws import Clients
    from dicommap.inventory import Inventory
    from dicommap.overrides.store_forecast import ForecastImageSet
    from dicommap.progress import ProgressOption
    from dicommap.validation.file_contents import FilesByPath

_SHEET_SUFFIXES = (".csv", ".tsv", ".xlsx")


@convert_arguments(
    path=to_path,
    input_s3_uri=to_optional(to_text),
    files=to_optional(to_path),
    assumptions=to_optional(to_instance(Assumptions, "an Assumptions object, such as Assumptions()")),
    sources=to_optional(to_list_of(to_path_or_uri, "paths and S3 URIs")),
    s3=to_optional(to_clients),
    store=to_optional(to_clients),
    datastore_id=to_optional(to_text),
    search_rate=to_optional(to_rate),
    on_image_set=to_optional(to_function),
    progress=to_progress,
)
def validate(
    path: StrPath,
    *,
    inventory: Inventory | StrPath | None = None,
    input_s3_uri: str | None = None,
    files: StrPath | None = None,
    assumptions: Assumptions | None = None,
    sources: Iterable[StrPath] | None = None,
    s3: Clients | None = None,
    store: Clients | None = None,
    datastore_id: str | None = None,
    search_rate: float | None = None,
    on_image_set: Callable[[ForecastImageSet], None] | None = None,
    progress: ProgressOption = None,
) -> Validation:
    """Return the issues of a package or of a document.

    Args:
        path: A package directory, or a document: an import configuration, request, override file, update, plan or
            rules file.
        inventory: An inventory, or the path of an inventory file. Each study and series of a mapping that is not in the
            inventory is an issue.
        input_s3_uri: The expected inputS3Uri. Paths of override files are checked as object keys below it.
        files: The directory of override files for an import configuration or request outside a package. The default is
            the directory `files` beside the document, if it exists.
        assumptions: The assumptions about override files. They cannot be given for a package, whose plan has its own.
        sources: The source roots from which files of a package may be sent. A source outside the roots is an error.
        s3: AWS clients. If there are clients, a package without errors is also compared with the objects in S3, as
            `validate_s3` describes.
        store: AWS clients. If there are clients, the studies of a package without errors are also searched for in the
            data store. The result then has a forecast: which image sets are new, which get a new version, and which are
            likely to be non-primary.
        datastore_id: The id of the data store. The default is that of the package's first submit, or of its requests.
        search_rate: The limit of SearchImageSets calls per second, if AWS has changed it for your account.
        on_image_set: A function that is called with each image set of the forecast. The result has only some of them.
        progress: Whether to show the number of checked files and jobs, or a function that is called with it.

    Raises:
        DocumentError: A file cannot be read, a directory has no plan.json, the document is a sheet, or `files` or
            `assumptions` is given for a package.
        UsageError: `s3`, `store` or `sources` is given, and `path` is not a package; or no data store is known.
        AwsError: AWS refuses a request or cannot be reached. The attribute `issues` of the error has the issues that
            were found before.

    """
    place = Path(path)
    known = _read_known_series(inventory)
    issues = list(s3_uri_issues(input_s3_uri, Location())) if input_s3_uri is not None else []
    if not place.is_dir():
        _require_document_options(place, is_compared=s3 is not None or store is not None, sources=sources)
        return Validation([*issues, *_document_issues(place, known, input_s3_uri, files, assumptions)])
    _require_package_options(place, files, assumptions)
    package_issues, package = validate_and_open(
        place, known=known, input_s3_uri=input_s3_uri, sources=sources, progress=progress
    )
    job_counts = None if package is None else package.count_jobs()
    if job_counts is not None and job_counts.started == job_counts.jobs:
        # The requests of all started jobs had values in place of the placeholders.
        package_issues = [issue for issue in package_issues if issue.code != "request.placeholder"]
    issues += package_issues
    if s3 is not None and package is not None and not has_errors(issues):
        with _add_issues_to_aws_errors(issues):
            issues += validate_opened_package_in_s3(package, s3, progress)
    if store is None or package is None or has_errors(issues):
        return Validation.of_package(issues, job_counts)
    with _add_issues_to_aws_errors(issues):
        in_store = validate_opened_package_in_store(
            package,
            store,
            datastore_id=datastore_id,
            search_rate=search_rate,
            on_image_set=on_image_set,
            progress=progress,
        )
    return Validation.of_package([*issues, *in_store], job_counts, in_store.store_forecast)


def validate_and_open(
    place: Path,
    *,
    known: Mapping[str, set[str]] | None = None,
    input_s3_uri: str | None = None,
    sources: Iterable[StrPath] | None = None,
    progress: ProgressOption = None,
    opened: PackageDirectory | None = None,
) -> tuple[list[Issue], PackageDirectory | None]:
    """Check a package like `validate`, and open it.

    Args:
        place: The package directory.
        known: Study Instance UID -> Series Instance UIDs of the inventory; None if there is no inventory.
        input_s3_uri: The expected inputS3Uri of the package; None for any URI.
        sources: The source roots from which files may be sent; None for any.
        progress: Whether to show the number of checked files, or a function that is called with it.
        opened: The package if the caller has opened it already.

    Returns:
        The issues, and the open package. If an issue is an error, None replaces the package.

    Raises:
        DocumentError: The directory has no plan.json, or a file cannot be read.

    """
    if not (place / PLAN_FILE).is_file():
        raise DocumentError(
            f"{format_path_name(place)} is a directory without a plan.json.",
            fix="Name a package that 'dicommap draft' wrote; 'dicommap validate' also takes a single document.",
        )
    with progress_reporter(progress, "files") as report:
        folder = DocumentFolder(place, report)
        issues, plan = check_and_read_package(folder, known, input_s3_uri)
        if report is not None:
            report(Progress(folder.read_count, folder.read_count, True))
    if has_errors(issues):
        return issues, None
    package = opened or PackageDirectory(place, plan)
    issues += find_plan_source_issues(package.plan.sources, sources)
    return issues, None if has_errors(issues) else package


def _read_known_series(inventory: Inventory | StrPath | None) -> Mapping[str, set[str]] | None:
    """Return Study Instance UID -> Series Instance UIDs of an inventory. Return None without an inventory."""
    if inventory is None:
        return None
    with open_inventory_argument(inventory) as opened:
        return opened.series_by_study()


@dataclass(frozen=True, slots=True, kw_only=True)
class _DocumentContext:
    """The data that a document is checked against: known series, inputS3Uri, override files and assumptions."""

    known: Mapping[str, set[str]] | None
    """Study Instance UID -> Series Instance UIDs of the inventory; None if there is no inventory."""
    uri: S3Uri | None
    """The inputS3Uri; None if it is not known."""
    overrides: FilesByPath | None
    """Path -> override file; None if there is no directory of override files."""
    assumptions: Assumptions


@contextmanager
def _add_issues_to_aws_errors(issues: Sequence[Issue]) -> Iterator[None]:
    """Return a context manager that adds `issues`, which were found before, to each AwsError of its block."""
    try:
        yield
    except AwsError as error:
        error.issues = (*issues, *error.issues)
        raise


def _require_package_options(place: Path, files: StrPath | None, assumptions: Assumptions | None) -> None:
    """Raise DocumentError if `place` is a package and an option is given that is only for single documents."""
    if not (place / PLAN_FILE).is_file():
        return
    if files is not None:
        raise DocumentError(
            f"{format_path_name(place)} is a package, whose files lie inside it.",
            fix="Leave --files out, or name the import configuration in it.",
        )
    if assumptions is not None:
        raise DocumentError(
            f"{format_path_name(place)} is a package, whose plan holds its assumptions.",
            fix="Leave --assume out, or name the import configuration in it.",
        )


def _require_document_options(place: Path, *, is_compared: bool, sources: Iterable[StrPath] | None) -> None:
    """Raise an error if `place` is not a document that can be validated with the given options.

    Args:
        place: The path of the document.
        is_compared: Whether the document must be compared with S3 or a data store.
        sources: The source roots that the caller names; None if it names none.

    Raises:
        DocumentError: The document does not exist, or is a sheet.
        UsageError: An option is only for packages.
    """
    if not place.exists():
        raise DocumentError(f"There is no package or document {format_path_name(place)}.", fix="Name one that exists.")
    if is_compared:
        raise UsageError(
            f"{format_path_name(place)} is not a package.",
            fix="Name a package: only a package lists its objects and the attributes that its jobs import.",
        )
    if sources is not None:
        raise UsageError(f"{format_path_name(place)} is not a package.", fix="Only a package has sources: name one.")
    if place.suffix.lower() in _SHEET_SUFFIXES:
        raise DocumentError(
            f"{format_path_name(place)} is a sheet. Sheets are checked when they are drafted.",
            fix="Run 'dicommap draft INVENTORY --sheet FILE -n', which writes nothing.",
        )


def _document_issues(
    place: Path,
    known: Mapping[str, set[str]] | None,
    input_s3_uri: str | None,
    files: StrPath | None,
    assumptions: Assumptions | None,
) -> list[Issue]:
    """Return the issues of a rules file or JSON document. `validate` describes the arguments."""
    if place.suffix.lower() == ".toml":
        return list(read_rules(place).issues)
    folder = _open_override_folder(place, files)
    assumptions = assumptions or _find_plan_assumptions(place)
    context = _DocumentContext(
        known=known, uri=S3Uri.parse(input_s3_uri or ""), overrides=folder, assumptions=assumptions
    )
    return [
        issue if issue.location.path else issue.with_location(path=place.name)
        for issue in _json_document_issues(place, context)
    ]


def _json_document_issues(place: Path, context: _DocumentContext) -> Iterator[Issue]:
    """Yield the issues of a JSON document. Its kind is detected from its content."""
    data = read_document(place)
    if data.startswith(SQLITE_SIGNATURE):
        raise DocumentError(
            f"{format_path_name(place)} is an inventory, or another SQLite file, and no package or document.",
            fix="Name the package or document first, and the inventory with --inventory.",
        )
    document, issues = parse_json(data, choose_limit_of_unknown_document(data).values)
    yield from issues
    if document is None and issues:
        return
    kind = detect_document_kind(document)
    if kind is DocumentKind.IMPORT_CONFIGURATION:
        yield from check_import_configuration(
            document, context.overrides, context.known, context.uri, context.assumptions
        )
    elif kind is DocumentKind.REQUEST:
        yield from _request_issues(document, context)
    elif kind is DocumentKind.OVERRIDE:
        override_issues = check_override(document, None, context.assumptions)
        yield from override_issues
        if not has_errors(override_issues):
            data_set = parse_override_data_set(document, context.assumptions)
            yield from unlisted_value_issues(data_set, "/0" if isinstance(document, list) else "")
    elif kind is DocumentKind.UPDATE:
        yield from check_update(document, context.known, context.assumptions)
    elif kind is DocumentKind.PLAN:
        yield from check_schema("plan", document) or [*check_plan(document), *check_plan_sources(document["sources"])]
    else:
        yield make_issue("document.unknown-kind", Location(pointer=""))


def _request_issues(document: dict[str, object], context: _DocumentContext) -> Iterator[Issue]:
    """Yield the issues of a StartDICOMImportJob request and of the import configuration in it."""
    inner = "/importConfiguration"
    # The issues inside the import configuration are left out here: it is checked below, also by more rules.
    own_issues = (
        issue for issue in check_request(document) if not _is_pointer_within(issue.location.pointer or "", inner)
    )
    yield from own_issues
    uri, written = context.uri, document.get("inputS3Uri")
    if isinstance(written, str):
        outputs = {Location(pointer="/outputS3Uri"): str(document.get("outputS3Uri"))}
        yield from check_output_uris([written], outputs)
        own = S3Uri.parse(written)
        if uri is not None and own is not None and own != uri:
            yield make_issue("s3-uri.mismatch", Location(pointer="/inputS3Uri"), other="the call")
        uri = own or uri
    if "importConfiguration" in document:
        configuration = document["importConfiguration"]
        yield from check_import_configuration(
            configuration, context.overrides, context.known, uri, context.assumptions, inner
        )


def _is_pointer_within(pointer: str, outer: str) -> bool:
    """Return whether a JSON pointer is `outer` itself, or points to a value inside it."""
    return pointer == outer or pointer.startswith(outer + "/")


def _open_override_folder(place: Path, files: StrPath | None) -> FilesByPath | None:
    """Return the override files for a document, which are in a directory.

    The caller names the directory with `files`. By default it is the directory `files` beside the document, and None is
    returned if it does not exist. Raises DocumentError if a directory that the caller names does not exist.
    """
    folder = place.parent / "files" if files is None else Path(files)
    if folder.is_dir():
        return DocumentFolder(folder, limit_of=lambda _: OVERRIDE_LIMIT, follow_links=True)
    if files is not None:
        raise DocumentError("The directory of override files does not exist.", fix="Check --files.")
    return None


def _find_plan_assumptions(place: Path) -> Assumptions:
    """Return the assumptions in the plan of the package that contains a document.

    If no package contains the document, or its plan is not valid, return the default assumptions.
    """
    folder = place.absolute().parent
    plan_path = folder.parent.parent / PLAN_FILE
    if not folder.match(job_folder("*")) or not plan_path.is_file():
        return Assumptions()
    plan, _ = parse_json(read_document(plan_path), PLAN_LIMIT.values)
    if not isinstance(plan, dict) or check_schema("plan", plan):
        return Assumptions()
    return Assumptions.model_validate(plan["assumptions"])
