"""Options that several commands have, and functions that convert the values of options."""

from __future__ import annotations

import argparse
import math
import os
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dicommap.arguments import MAX_RATE, MIN_RATE, RATE_RANGE
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from dicommap.aws import Clients
    from dicommap.cli.parser import Parser
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.limits import Rate

STDOUT = "-"
"""The file name that means standard output."""

SHOW_VALUES_VARIABLE = "DICOMMAP_SHOW_VALUES"
"""Name of an environment variable. If its value is 1, patient values are shown, as with --show-values."""

_Choice = TypeVar("_Choice", bound=StrEnum)


class FailOn(StrEnum):
    """The values of --fail-on: the lowest severity of an issue that makes the exit status 1."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


class Format(StrEnum):
    """The formats in which records are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Delimiter(StrEnum):
    """The names of the characters that can separate the cells of a sheet."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    BAR = "bar"

    @property
    def character(self) -> str:
        """Return the separator character."""
        return {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}[self.value]


def make_choice_converter(kind: type[_Choice]) -> Callable[[str], _Choice | str]:
    """Return a function that converts a word to a member of the enum `kind`. It returns an unknown word unchanged."""
    values = set(kind)

    def convert_word(word: str) -> _Choice | str:
        return kind(word) if word in values else word

    return convert_word


def parse_output_path(word: str) -> Path:
    """Convert a word of the command line to the path of a file or directory that a command writes.

    Raises:
        UsageError: The word is `-`, which means standard output. A file named `-` is also hard to remove.
    """
    if word == STDOUT:
        raise UsageError(
            "'-' is standard output, which this command does not write to.",
            fix="Name a file or directory.",
        )
    return Path(word)


def parse_whole_number(word: str) -> int:
    """Convert a word of the command line to an integer. Raises ArgumentTypeError for any other word."""
    digits = word.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise argparse.ArgumentTypeError(f"'{word}' is not a whole number")
    return int(word)


def make_count_parser(noun: str) -> Callable[[str], int]:
    """Return a function that converts a word to an integer of 1 or more. `noun` is the plural of what is counted."""

    def parse_count(word: str) -> int:
        number = parse_whole_number(word)
        if number < 1:
            raise argparse.ArgumentTypeError(f"'{word}' is not a number of {noun}, which is 1 at least")
        return number

    return parse_count


def split_keywords(texts: Sequence[str] | None) -> list[str]:
    """Return the keywords in the values of a repeatable option. A value may have several keywords, with commas.

    For example, `["PatientID,PatientName", "StudyDate"]` has three keywords.
    """
    return [keyword for text in texts or () for part in text.split(",") if (keyword := part.strip())]


def parse_conditions(texts: Sequence[str] | None) -> dict[str, list[str]]:
    """Parse conditions such as `Modality=MR`, the values of a repeatable option, and return keyword -> patterns.

    Raises:
        UsageError: A value does not have the form KEYWORD=PATTERN.
    """
    conditions: dict[str, list[str]] = {}
    for text in texts or ():
        keyword, equals, pattern = text.partition("=")
        if not (keyword and equals):
            raise UsageError("A condition of --where is KEYWORD=PATTERN.", fix="Write it as in --where Modality=MR.")
        conditions.setdefault(keyword, []).append(pattern)
    return conditions


def add_inventory_argument(parser: Parser) -> None:
    """Add the argument INVENTORY to a parser."""
    parser.add_argument("inventory", metavar="INVENTORY", type=Path, help="The file that 'dicommap scan' wrote.")


def add_package_argument(parser: Parser, text: str = "The directory that 'dicommap draft' wrote.") -> None:
    """Add the argument PACKAGE to a parser."""
    parser.add_argument("package", metavar="PACKAGE", type=Path, help=text)


def add_manifests_option(parser: Parser) -> None:
    """Add the option --manifests to a parser."""
    text = "The directory that the jobs' output was downloaded to. Without it the output is read from S3."
    parser.add_argument("--manifests", metavar="DIR", type=Path, help=text)


def add_choice_option(
    container: argparse._ActionsContainer,
    *names: str,
    kind: type[StrEnum],
    text: str,
    default: StrEnum | None = None,
    metavar: str | None = None,
) -> None:
    """Add an option whose values are the members of the enum `kind`.

    `names` are the names of the option, and `text` is its help. `metavar` stands for the value in the help; if it is
    None, all values are listed there.
    """
    container.add_argument(
        *names, type=make_choice_converter(kind), choices=tuple(kind), default=default, help=text, metavar=metavar
    )


def add_format_option(parser: Parser, kind: type[StrEnum] = Format) -> None:
    """Add the option --format to a parser."""
    add_choice_option(parser, "--format", kind=kind, default=kind("table"), text="How to print the results.")


def add_fail_on_option(parser: Parser) -> None:
    """Add the option --fail-on to a parser."""
    add_choice_option(
        parser,
        "--fail-on",
        kind=FailOn,
        default=FailOn.ERROR,
        text="The least severity of an issue that makes the exit status 1.",
    )


def add_show_values_option(parser: Parser) -> None:
    """Add the option --show-values to a parser."""
    parser.add_argument(
        "--show-values",
        action="store_true",
        default=os.environ.get(SHOW_VALUES_VARIABLE) == "1",
        help=f"Show patient values instead of masking them; {SHOW_VALUES_VARIABLE}=1 does so, too.",
    )


def add_delimiter_option(container: argparse._ActionsContainer) -> None:
    """Add the option --delimiter to a parser or group."""
    add_choice_option(container, "--delimiter", kind=Delimiter, text="The character between the cells of a sheet.")


def add_assume_option(container: argparse._ActionsContainer) -> None:
    """Add the option --assume to a parser or group."""
    container.add_argument(
        "--assume",
        metavar="SETTING",
        action="append",
        help="What to assume if AWS does not document it: 'strict', MEMBER=VALUE such as dataSet=array, or the "
        "assumptions.json that 'dicommap probe' wrote. May be repeated.",
    )


def parse_assumptions(words: Sequence[str]) -> Assumptions:
    """Return the assumptions for the values of --assume, which are settings and at most one file name.

    A setting on the command line takes precedence over the same setting in the file.

    Raises:
        UsageError: A setting is unknown, or there are two files.
        DocumentError: The file cannot be read, or is not a file of assumptions.
    """
    from dicommap.healthimaging.assumptions import Assumptions

    files = [word for word in words if _is_assumptions_file(word)]
    if len(files) > 1:
        raise UsageError("--assume names two files of assumptions.", fix="Name one of them, and settings beside it.")
    settings = [word for word in words if word not in files]
    if not files:
        return Assumptions.from_settings(settings)
    from dicommap.api.read_assumptions import read_assumptions

    return Assumptions.from_settings(settings, read_assumptions(files[0]))


def _is_assumptions_file(word: str) -> bool:
    return "=" not in word and (word.endswith(".json") or os.sep in word or os.path.isfile(word))


def add_keyword_option(container: argparse._ActionsContainer, name: str, text: str) -> None:
    """Add an option whose values are DICOM keywords. `split_keywords` converts its values to a list of keywords."""
    container.add_argument(name, metavar="KEYWORD", action="append", help=f"{text} Repeat it, or use commas.")


def add_dry_run_option(container: argparse._ActionsContainer, text: str) -> None:
    """Add the option --dry-run to a parser or group."""
    container.add_argument("-n", "--dry-run", action="store_true", help=text)


def add_job_option(parser: Parser, verb: str) -> None:
    """Add the option --job, which selects jobs of a package, to a parser. `verb` is the first word of its help."""
    parser.add_argument("--job", metavar="ID", action="append", help=f"{verb} only this job. May be repeated.")


def add_rate_option(container: argparse._ActionsContainer, name: str, operation: str, rate: Rate) -> None:
    """Add an option that limits how many calls of an AWS operation are made per second.

    Args:
        container: The parser or group.
        name: The name of the option.
        operation: AWS's name of the operation.
        rate: The limit that AWS documents.

    """
    container.add_argument(
        name,
        metavar="N",
        type=parse_rate,
        help=f"Calls of {operation} per second, if AWS has adjusted the limit of your account. The default is AWS's "
        f"documented limit, {rate.per_second:g}.",
    )


def parse_rate(word: str) -> float:
    """Convert a word of the command line to a number of calls per second. Raises ArgumentTypeError if it is invalid."""
    try:
        rate = float(word)
    except ValueError:
        rate = math.nan
    if not MIN_RATE <= rate <= MAX_RATE:
        raise argparse.ArgumentTypeError(f"'{word}' is not a number of calls per second {RATE_RANGE}")
    return rate


def add_request_options(container: argparse._ActionsContainer) -> None:
    """Add options for members of the StartDICOMImportJob request that may be missing in a package."""
    container.add_argument("--datastore-id", metavar="ID", help="The data store to import into.")
    container.add_argument("--data-access-role-arn", metavar="ARN", help="The role that jobs read and write with.")
    container.add_argument("--output-s3-uri", metavar="URI", help="The S3 prefix where jobs write their manifests.")


def add_audit_options(parser: Parser) -> None:
    """Add the options of `draft` that decide how audit.jsonl records changes and their values."""
    # imported here because few commands need them
    from dicommap.model.audit_values import AuditValueMode
    from dicommap.package.original_attributes_file import ModificationReason

    audit = parser.add_argument_group("Record of changes (audit.jsonl)")
    audit.add_argument("--reason", metavar="TEXT", help="Why the changes are made. No patient value belongs in it.")
    audit.add_argument(
        "--audit-key",
        metavar="FILE",
        type=Path,
        help="The secret key to hash values with; without it, that in DICOMMAP_AUDIT_KEY.",
    )
    add_choice_option(
        audit,
        "--audit-values",
        kind=AuditValueMode,
        text="How audit.jsonl has the values before and after: hashed if there is a key, else none. 'plain' writes "
        "patient values.",
    )
    audit.add_argument(
        "--original-attributes",
        metavar="FILE.jsonl",
        type=parse_output_path,
        help="With a package, write items for the Original Attributes Sequence of each instance to this file, too.",
    )
    add_choice_option(
        audit,
        "--modification-reason",
        kind=ModificationReason,
        default=ModificationReason.CORRECT,
        text="The ReasonForTheAttributeModification in these items.",
    )
    audit.add_argument(
        "--previous-source", metavar="TEXT", default="", help="The SourceOfPreviousValues in these items."
    )


def get_audit_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the values of the options of `add_audit_options`, as arguments of `draft`."""
    names = ("reason", "audit_key", "audit_values", "original_attributes", "modification_reason", "previous_source")
    return {name: getattr(args, name) for name in names}


def add_aws_options(parser: Parser) -> argparse._ArgumentGroup:
    """Add --profile, --region and --endpoint-url, which have the names of the AWS CLI. Return the group of options."""
    group = parser.add_argument_group("AWS options")
    group.add_argument("--profile", metavar="NAME", help="Profile of AWS credentials, if not the one that boto3 finds.")
    group.add_argument("--region", metavar="REGION", help="AWS region, if not the one that boto3 finds.")
    group.add_argument(
        "--endpoint-url",
        metavar="URL",
        help="Endpoint of all services. AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_MEDICAL_IMAGING name one for each.",
    )
    return group


def create_clients(args: argparse.Namespace, *, unsigned: bool = False) -> Clients:
    """Return AWS clients with the settings of the AWS options. boto3 is imported when a client is first used."""
    from dicommap.aws import Clients

    return Clients(profile=args.profile, region=args.region, endpoint_url=args.endpoint_url, unsigned=unsigned)


AWS_OPTIONS = ("profile", "region", "endpoint_url")
"""The names of the AWS options in the parsed arguments."""


def list_given_options(
    args: argparse.Namespace, *, only: Container[str] | None = None, without: Container[str] = ()
) -> Iterator[str]:
    """Yield the options that the user gave, as words, so that another command line can repeat them.

    Args:
        args: The parsed arguments of the call.
        only: The names in `args` of the options to yield; None for all options.
        without: The names in `args` of options to leave out.

    """
    from dicommap.cli.commands import RootParser

    parser = RootParser([args.command]).commands[args.command]
    parser.load_command()
    for action in parser._actions:
        value = getattr(args, action.dest, None)
        is_wanted = (only is None or action.dest in only) and action.dest not in without
        if is_wanted and action.option_strings and value not in (None, action.default):
            yield from _list_option_words(action, value)


def _list_option_words(action: argparse.Action, value: object) -> Iterator[str]:
    """Yield the words that give an option this value on a command line."""
    name = action.option_strings[0]
    if action.nargs == 0:
        if value == action.const:
            yield name
        return
    for item in value if isinstance(value, list) else [value]:
        yield from (name, str(item)) if not str(item).startswith("-") else (f"{action.option_strings[-1]}={item}",)


def find_free_path(name: str) -> str:
    """Return a path for a new file: `name`, or the first free path with a number, such as `studies-2.csv`."""
    stem, suffix = os.path.splitext(name)
    paths = (name if number == 1 else f"{stem}-{number}{suffix}" for number in count(1))
    return next(path for path in paths if not os.path.lexists(path))
