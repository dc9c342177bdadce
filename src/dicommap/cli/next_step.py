"""Choose the next command to suggest to the user when a command has ended. No file is read, and nothing is printed.

Most commands have a function here. It takes the command's result (numbers, issue codes, paths, and the user's options)
and returns a NextStep: a command line that the user can copy and run. A value that only the user knows is a placeholder
in capitals, and the line names the placeholders. If nothing is left to do, the step is a sentence without a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.cli.shell_words import LINE_WIDTH, fold_command, group_words, make_path_word, quote_word
from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import wrap_text
from dicommap.issues.wording import join_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


MAX_CODES = 3
"""Maximum number of issue codes in one suggested `explain` command."""

DATASTORE_ID = "DATASTORE_ID"
ROLE_ARN = "ROLE_ARN"
REGION = "REGION"
INPUT_PREFIX = "s3://BUCKET/INPUT/"
OUTPUT_PREFIX = "s3://BUCKET/OUTPUT/"
RETRY_PREFIX = "s3://BUCKET/RETRY/"
FHIR_JOB = "DATASTORE/JOB"
INVENTORY = "INVENTORY"
PACKAGE = "PACKAGE"
DIRECTORY = "DIRECTORY"
CODE = "CODE"
JOB_ID = "JOB_ID"
PATTERN = "PATTERN"
_AWS_PLACEHOLDERS = {DATASTORE_ID, ROLE_ARN, REGION, INPUT_PREFIX, OUTPUT_PREFIX, RETRY_PREFIX, FHIR_JOB, JOB_ID}
PLACEHOLDERS = frozenset(_AWS_PLACEHOLDERS | {INVENTORY, PACKAGE, DIRECTORY, CODE, PATTERN})
"""The words of a command that the user must replace. AWS accepts none of them, so none can be used by accident."""

ACCOUNT_PLACEHOLDERS = {
    "datastoreId": ("--datastore-id", DATASTORE_ID),
    "dataAccessRoleArn": ("--data-access-role-arn", ROLE_ARN),
    "outputS3Uri": ("--output-s3-uri", OUTPUT_PREFIX),
    "region": ("--region", REGION),
}
"""Member of a request whose value only the user knows -> its option, and the placeholder for the value."""

_SCAN_FAMILIES = frozenset({"source", "s3", "archive", "p10", "instance", "series", "study"})
_COMMANDS_BY_FAMILY = {
    **dict.fromkeys(("stage",), ("stage", PACKAGE)),
    **dict.fromkeys(("submit",), ("submit", PACKAGE, "-n")),
    **dict.fromkeys(("adopt",), ("adopt", PACKAGE, "--find")),
    **dict.fromkeys(("watch",), ("watch", PACKAGE)),
    **dict.fromkeys(("manifest", "reconcile"), ("reconcile", PACKAGE)),
    **dict.fromkeys(("verify",), ("verify", PACKAGE)),
    **dict.fromkeys(("promote",), ("promote", PACKAGE, "-n")),
    **dict.fromkeys(("update",), ("update", PACKAGE)),
    **dict.fromkeys(("probe",), ("probe", DIRECTORY)),
    **dict.fromkeys(("object", "listing"), ("validate", PACKAGE, "--s3")),
    **dict.fromkeys(
        ("json", "dicom-json", "override", "schema", "document", "s3-uri", "mapping", "package", "request", "job"),
        ("validate", PACKAGE),
    ),
}
"""Family of issue codes (the part before the dot) -> the words of the command that reports these issues.

Families of edits are missing: `draft` reports their issues, but the options of that call are not known here.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The next command that is suggested to the user, or a sentence if there is no such command."""

    words: tuple[str, ...] = ()
    """The words after `dicommap`: the command, its arguments, and its options with their values."""
    after: str = ""
    """A clause with what must happen before the command: `you have edited studies.csv`. It is printed with "after"."""
    sentence: str = ""
    """The sentence that replaces the command if nothing is left to do."""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Return the placeholders in the command, in order, without repeats."""
        return tuple(dict.fromkeys(value for word in self.words if (value := word.rpartition("=")[2]) in PLACEHOLDERS))

    def format_lines(self, encoding: str = "utf-8") -> list[str]:
        """Return the lines to print. A line has at most LINE_WIDTH characters, unless a word is longer.

        Args:
            encoding: The encoding of the terminal. A word that cannot be encoded in it is quoted with escapes.
        """
        if not self.words:
            return [self.sentence] if self.sentence else []
        parts = ["Next"]
        if self.after:
            parts.append(f"after {make_printable(self.after)}")
        if self.placeholders:
            parts.append(f"with your own {join_names(self.placeholders)}")
        head = f"{', '.join(parts)}:"
        groups = list(group_words([quote_word(word, encoding) for word in ("dicommap", *self.words)]))
        line = f"{head} {' '.join(groups)}"
        if len(line) <= LINE_WIDTH or (len(groups) == 1 and head == "Next:"):
            return [line]
        return [*wrap_text(head, LINE_WIDTH, keeps_words=True), *fold_command(groups)]


def after_scan(inventory: str, *, files: int, instances: int, has_errors: bool, sheet: str) -> NextStep:
    """Return the step after a scan: list its errors, write a sheet to edit, or list the files if none is an instance.

    Args:
        inventory: The path of the inventory.
        files: The number of scanned files.
        instances: The number of instances.
        has_errors: Whether an issue is an error.
        sheet: The path of the sheet to write.
    """
    if has_errors:
        return NextStep(words=("show", make_path_word(inventory), "--level", "issue", "--severity", "error"))
    if instances:
        return make_sheet_step(inventory, sheet)
    if files:
        return NextStep(words=("show", make_path_word(inventory), "--level", "file"))
    return NextStep(sentence="The source has no file: scan another one.")


def after_show(
    inventory: str,
    *,
    level: str,
    codes: Sequence[str] = (),
    is_empty: bool = False,
    has_conditions: bool = False,
    where: Sequence[str] = (),
    sheet: str,
) -> NextStep:
    """Return the step after `show`: explain the listed issues, write a sheet to edit, or list all rows.

    Args:
        inventory: The path of the inventory.
        level: The level of the list: study, series, instance, file or issue.
        codes: The codes of the listed issues, the most severe first.
        is_empty: Whether the list is empty.
        has_conditions: Whether options of the call select rows.
        where: The conditions of --where. The suggested sheet has the same conditions.
        sheet: The path of the sheet to write.
    """
    if codes:
        return make_explain_step(codes)
    if is_empty:
        return make_show_all_step(inventory, level) if has_conditions else NextStep()
    return make_sheet_step(inventory, sheet, level=level if level in ("series", "instance") else "study", where=where)


def after_compare(before: str, after: str, *, output: str, options: Sequence[str]) -> NextStep:
    """Return the step after `compare` has found differences: write all differing instances to the file `output`.

    `options` are the words of the options to repeat.
    """
    words = ("compare", make_path_word(before), make_path_word(after), *options)
    return NextStep(words=(*words, "--level", "instance", "--format", "csv", "-o", output))


def after_explain(code: str | None) -> NextStep:
    """Return the step after `explain`. It is the command that lists the issues with the code.

    If no command is known for the code, the step is empty. If `code` is None, `explain` listed all codes, and the step
    is to explain one of them.
    """
    if code is None:
        return NextStep(words=("explain", CODE))
    family = code.partition(".")[0]
    if family in _SCAN_FAMILIES:
        return NextStep(words=("show", INVENTORY, "--level", "issue", "--code", code))
    return NextStep(words=_COMMANDS_BY_FAMILY.get(family, ()))


def after_sheet(inventory: str, sheet: str, *, options: Sequence[str] = ()) -> NextStep:
    """Return the step after a sheet was written: edit it, then preview the changes with `draft -n`.

    `options` are the words of the sheet's options that `draft` also needs, such as --delimiter.
    """
    words = ("draft", make_path_word(inventory), "--sheet", make_path_word(sheet), *options, "-n")
    return NextStep(words=words, after=f"you have edited {sheet}")


def after_dry_draft(
    inventory: str,
    *,
    codes: Sequence[str],
    changes: int,
    options: Sequence[str],
    needs_uri: bool,
    output: str,
    sheet: str,
) -> NextStep:
    """Return the step after `draft -n`: correct the errors, or write the package.

    Args:
        inventory: The path of the inventory.
        codes: The codes of the errors.
        changes: The number of changes.
        options: The words of the options to repeat: all options of the call that change the package.
        needs_uri: Whether the user must still name the S3 prefix of the files.
        output: The directory of the package to write.
        sheet: The path of the sheet to write if nothing was changed.
    """
    if codes:
        return make_explain_step(codes)
    if not changes:
        return make_sheet_step(inventory, sheet)
    uri = ("--input-s3-uri", INPUT_PREFIX) if needs_uri else ()
    return NextStep(words=("draft", make_path_word(inventory), *options, *uri, "-o", make_path_word(output)))


def make_updates_option_step(inventory: str, options: Iterable[str]) -> NextStep:
    """Return the step after a draft in which all errors are edits that need --updates: draft with this option.

    `options` are the words of all options of the draft.
    """
    return NextStep(words=("draft", make_path_word(inventory), *options, "--updates"))


def after_draft(package: str | None, inventory: str, *, codes: Sequence[str], sheet: str) -> NextStep:
    """Return the step after a draft: check the package, or correct the errors.

    Args:
        package: The directory of the package; None if none was written.
        inventory: The path of the inventory.
        codes: The codes of the errors.
        sheet: The path of the sheet to write if there was nothing to draft.
    """
    if package is not None:
        return NextStep(words=("validate", make_path_word(package), "--inventory", make_path_word(inventory)))
    return make_explain_step(codes) if codes else make_sheet_step(inventory, sheet)


def after_rules(rules: str) -> NextStep:
    """Return the step after `validate` found no errors in a rules file: preview the rules' changes with `draft -n`."""
    return NextStep(words=("draft", INVENTORY, "--rules", make_path_word(rules), "-n"))


def after_dry_run(
    command: str, package: str, *, codes: Sequence[str], options: Sequence[str], missing: Collection[str] = ()
) -> NextStep:
    """Return the step after a dry run of `stage` or `submit`: run the command, or explain the errors.

    Args:
        command: The name of the command.
        package: The directory of the package.
        codes: The codes of the errors.
        options: The words of all options of the dry run, except --dry-run.
        missing: The members of the request that are still placeholders.
    """
    if codes:
        return make_explain_step(codes)
    return NextStep(words=(command, make_path_word(package), *options, *list_placeholder_options(missing)))


def after_fhir_watch(jobs: Sequence[str], *, is_running: bool, options: Sequence[str]) -> NextStep:
    """Return the step after `watch` without a package: watch the HealthLake jobs again if any of them is running."""
    if not is_running:
        return NextStep(sentence="Done: all watched jobs have ended.")
    named = [word for job in jobs for word in ("--fhir-job", job)]
    return NextStep(words=("watch", *named, *options))


def after_fhir() -> NextStep:
    """Return the step after FHIR resources were written: watch the HealthLake job that imports them."""
    return NextStep(words=("watch", "--fhir-job", FHIR_JOB), after="you start HealthLake's job")


def make_explain_step(codes: Sequence[str]) -> NextStep:
    """Return the step that explains issue codes. If there are more than MAX_CODES different ones, it has the first."""
    return NextStep(words=("explain", *dict.fromkeys(codes).keys())[: MAX_CODES + 1])


def make_show_all_step(inventory: str, level: str) -> NextStep:
    """Return the step that lists all rows of a level. It is suggested if no row matched the user's conditions."""
    options = () if level == "study" else ("--level", level)
    return NextStep(words=("show", make_path_word(inventory), *options))


def make_sheet_step(inventory: str, sheet: str, *, level: str = "study", where: Sequence[str] = ()) -> NextStep:
    """Return the step that writes a sheet of the studies, series or instances that match the conditions `where`."""
    options = () if level == "study" else ("--level", level)
    conditions = [word for condition in where for word in ("--where", condition)]
    return NextStep(words=("sheet", make_path_word(inventory), *options, *conditions, "-o", make_path_word(sheet)))


def list_placeholder_options(members: Collection[str]) -> Iterator[str]:
    """Yield the options of members that only the user knows, with their placeholders."""
    for member, (option, placeholder) in ACCOUNT_PLACEHOLDERS.items():
        if member in members:
            yield from (option, placeholder)
