"""The command `dicommap scan`, which scans sources of P10 files into an inventory."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from dicommap.api.scan import AUTO_JOBS, DEFAULT_IN_FLIGHT, scan
from dicommap.cli.next_step import after_scan
from dicommap.cli.options import (
    add_aws_options,
    add_fail_on_option,
    add_keyword_option,
    add_rate_option,
    create_clients,
    find_free_path,
    parse_output_path,
    parse_whole_number,
    split_keywords,
)
from dicommap.cli.output import choose_exit_status, print_issue_counts, print_line, print_next_step
from dicommap.cli.shell_words import make_path_word, quote_word
from dicommap.cli.terminal import add_output_options
from dicommap.display.formatting import format_byte_count
from dicommap.errors import DocumentError, UsageError, os_error_reason
from dicommap.healthimaging.data_stores import has_data_store
from dicommap.healthimaging.limits import GET_IMAGE_SET_METADATA_RATE, SEARCH_IMAGE_SETS_RATE
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.reading import NotRegularFileError, open_regular_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from dicommap.aws import Clients
    from dicommap.cli.parser import Parser
    from dicommap.inventory import InventorySummary

DESCRIPTION = """
Walk trees of P10 files, or the image sets of a HealthImaging data store, and group them by study and series.

Every path is in the inventory exactly once. Nothing is ever written to a source. If INVENTORY exists already, or a scan
into it was stopped, only files that are new or have another size or time are read, and objects in S3 that have another
ETag.

With --files-from the files of a list are scanned; their paths are relative to SOURCE, which is the current directory
unless another is named.

A data store is named as healthimaging:DATASTOREID, and is the only source. Only image sets whose version is new are
read. Its inventory is for looking at what is stored, for comparing it with files, and for correcting it by updates.
"""

EXAMPLES = """\
  dicommap scan export/ -o inventory.db
  dicommap scan s3://bucket/prefix/ -o inventory.db --profile research
  dicommap scan healthimaging:0123456789abcdef0123456789abcdef -o stored.db
  find . -name '*.dcm' -print0 | dicommap scan --files-from - -0 -o i.db"""

PATH_LIMIT = 2**20
"""Maximum number of bytes of one path in a list of files. Real paths are shorter."""

_STDIN = "-"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_READ_BYTES = 2**16


def add_arguments(parser: Parser) -> None:
    """Add the arguments and options of `dicommap scan` to `parser`."""
    parser.add_argument(
        "sources",
        metavar="SOURCE...",
        nargs="*",
        help="Directories or files, prefixes such as s3://bucket/prefix/, or one healthimaging:DATASTOREID.",
    )
    parser.add_argument(
        "-o", "--output", metavar="INVENTORY", type=parse_output_path, required=True, help="The inventory to write."
    )
    add_keyword_option(parser, "--attributes", "Capture these attributes, too.")
    parser.add_argument("--follow-links", action="store_true", help="Follow links to directories, but never in a loop.")
    parser.add_argument(
        "--archives", action="store_true", help="Scan the content of .zip, .tar, .tar.gz, .tar.bz2 and .tar.xz, too."
    )
    parser.add_argument(
        "--files-from", metavar="FILE", help="Scan only the files listed here, one on a line; '-' is standard input."
    )
    parser.add_argument(
        "-0", "--null", action="store_true", help="The paths of the list end with a NUL instead of a line feed."
    )
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=parse_whole_number,
        default=AUTO_JOBS,
        help="Processes that read files; 0 is one for each processor, if it pays.",
    )
    parser.add_argument(
        "--in-flight",
        metavar="N",
        type=parse_whole_number,
        default=DEFAULT_IN_FLIGHT,
        help="Files that each process reads at once from slow storage.",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="Read all files, also those unchanged since the last scan."
    )
    parser.add_argument(
        "--trust-directories",
        action="store_true",
        help="Do not look at files in directories whose time is unchanged; misses files changed in place.",
    )
    add_fail_on_option(parser)
    aws = add_aws_options(parser)
    aws.add_argument(
        "--s3-inventory",
        metavar="MANIFEST",
        help="The manifest.json of an S3 Inventory, to read instead of listing the bucket.",
    )
    aws.add_argument("--no-sign-request", action="store_true", help="Read a public bucket without credentials.")
    aws.add_argument(
        "--study",
        metavar="UID",
        action="append",
        help="Scan only this study of a data store; the option may be given several times.",
    )
    add_rate_option(aws, "--metadata-rate", "GetImageSetMetadata", GET_IMAGE_SET_METADATA_RATE)
    add_rate_option(aws, "--search-rate", "SearchImageSets", SEARCH_IMAGE_SETS_RATE)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap scan` with the parsed arguments, and return the exit status."""
    if not args.sources and args.files_from is None:
        raise UsageError("No source was named.", fix="Name a directory. See 'dicommap scan --help'.")
    if args.null and args.files_from is None:
        raise UsageError("--null is for a list of files.", fix="Name the list with --files-from.")
    with ExitStack() as stack:
        files = (
            None if args.files_from is None else stack.enter_context(_open_path_list(args.files_from, null=args.null))
        )
        inventory = stack.enter_context(
            scan(
                *(args.sources or [os.curdir]),
                output=args.output,
                attributes=split_keywords(args.attributes),
                follow_links=args.follow_links,
                archives=args.archives,
                files=files,
                s3_inventory=args.s3_inventory,
                studies=args.study or (),
                metadata_rate=args.metadata_rate,
                search_rate=args.search_rate,
                clients=_create_s3_clients(args),
                jobs=args.jobs,
                in_flight=args.in_flight,
                cache=not args.no_cache,
                trust_directories=args.trust_directories,
                progress=True,
            )
        )
        summary = inventory.summary()
        is_stored = has_data_store(inventory.sources)
    _print_summary(summary, args.output, is_stored=is_stored)
    return choose_exit_status((severity for _, severity in summary.issues), args.fail_on)


def _create_s3_clients(args: argparse.Namespace) -> Clients | None:
    """Return the clients for S3 with the settings of the AWS options; None if no such option is given."""
    if args.profile or args.region or args.endpoint_url or args.no_sign_request:
        return create_clients(args, unsigned=args.no_sign_request)
    return None


def _print_summary(counts: InventorySummary, output: Path, *, is_stored: bool) -> None:
    parts = ((counts.studies, "study"), (counts.series, "series"), (counts.instances, "instance"))
    summary = ", ".join(format_count(count, noun) for count, noun in parts)
    noun = "stored instance" if is_stored else "file"
    files = "" if is_stored else f" in {format_count(counts.files, noun)} ({format_byte_count(counts.size)})"
    print_line(summary + files)
    if counts.unchanged:
        unchanged = format_count(counts.unchanged, f"unchanged {noun}")
        print_line(f"Read {format_count(counts.read, noun)}; took {unchanged} from the scan before.")
    if counts.traffic.requests:
        print_line(_describe_traffic(counts, is_stored=is_stored))
    others = [f"{count:,} {name}" for name, count in counts.dispositions.items() if name != "instance"]
    if others:
        print_line("Not instances: " + ", ".join(others))
    has_errors = any(severity is Severity.ERROR for _, severity in counts.issues)
    if counts.issues:
        print_issue_counts(counts.issues)
    if counts.issues and not has_errors:
        print_line(f"See them with: dicommap show {quote_word(make_path_word(output))} --level issue")
    print_next_step(
        after_scan(
            str(output),
            files=counts.files,
            instances=counts.instances,
            has_errors=has_errors,
            sheet=find_free_path("studies.csv"),
        )
    )


def _describe_traffic(counts: InventorySummary, *, is_stored: bool) -> str:
    """Return a sentence about the numbers of requests and received bytes, and of files that took one request.

    An image set of a data store (`is_stored`) has several instances, so that this last number is left out.
    """
    requests, received, repeated = counts.traffic
    if is_stored:
        sent = format_count(requests, "request")
        return f"Sent {sent} to HealthImaging and received {format_byte_count(received)} of metadata."
    once = (
        f"; {counts.read - repeated:,} of {format_count(counts.read, 'file')} took one request" if counts.read else ""
    )
    return f"Sent {format_count(requests, 'request')} to S3 and received {format_byte_count(received)}{once}."


@contextmanager
def _open_path_list(name: str, *, null: bool) -> Iterator[Iterator[str]]:
    """Return a context manager that opens a list of paths, such as the output of `find`, and gives an iterator of them.

    Args:
        name: The file with the list; `-` is standard input.
        null: Whether each path ends with a NUL, which no path contains. If false, each path ends with a line feed, or a
            carriage return and a line feed. An empty line is an empty path.

    Raises:
        DocumentError: The list cannot be read.
    """
    if name == _STDIN:
        if sys.stdin is None:
            raise DocumentError("Standard input is closed.", fix="Send the list to it, or name a file.")
        yield _read_paths(sys.stdin.buffer, null=null)
        return
    try:
        file = open_regular_file(name)
    except NotRegularFileError as error:
        raise DocumentError(
            f"The list of files cannot be read: {os_error_reason(error)}.",
            fix=f"Name a regular file, or send the list to standard input and name '{_STDIN}'.",
        ) from None
    except OSError as error:
        raise _unreadable_list_error(error) from None
    with file:
        yield _read_paths(file, null=null)


def _read_paths(file: BinaryIO, *, null: bool) -> Iterator[str]:
    first = True
    for line in _split_stream(file, b"\0" if null else b"\n"):
        path = line if null else line.removesuffix(b"\r")
        if first:
            _require_utf8_list(path, null=null)
            path = path if null else path.removeprefix(_UTF8_MARK)
        first = False
        yield os.fsdecode(path)


def _require_utf8_list(first: bytes, *, null: bool) -> None:
    """Raise DocumentError if the list's first path is UTF-16, or if it has a NUL and `null` (--null) is false."""
    if first.startswith(_UTF16_MARKS) or (first.count(b"\0") * 3 > len(first) and len(first) > 1):
        raise DocumentError(
            "The list of files is UTF-16, as PowerShell's '>' writes it.",
            fix="Save it as UTF-8, in PowerShell with: Out-File -Encoding utf8",
        )
    if b"\0" in first and not null:
        raise DocumentError(
            "The paths of the list end with a NUL each, as find -print0 writes them.", fix="Add --null."
        )


def _split_stream(file: BinaryIO, end: bytes) -> Iterator[bytes]:
    """Yield the parts of a stream that end with `end`, without `end`, and the rest after the last one."""
    rest = b""
    while data := _read_chunk(file):
        *parts, rest = (rest + data).split(end)
        yield from parts
        if len(rest) > PATH_LIMIT:
            raise DocumentError(
                f"A path of the list has more than {PATH_LIMIT:,} bytes.",
                fix="List one path in each line; with --null, end each with a NUL.",
            )
    if rest:
        yield rest


def _read_chunk(file: BinaryIO) -> bytes:
    try:
        return file.read(_READ_BYTES)
    except OSError as error:
        raise _unreadable_list_error(error) from None


def _unreadable_list_error(error: OSError) -> DocumentError:
    return DocumentError(
        f"The list of files cannot be read: {os_error_reason(error)}.", fix="Name a list that you may read."
    )
