"""The command `dicommap fhir`, which writes studies as FHIR ImagingStudy resources."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.fhir import fhir
from dicommap.cli.next_step import after_fhir, make_explain_step
from dicommap.cli.options import STDOUT, add_fail_on_option, add_inventory_argument
from dicommap.cli.output import choose_exit_status, print_error, print_issues, print_line, print_next_step
from dicommap.cli.terminal import add_output_options
from dicommap.inventory import Inventory
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    import argparse

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Write the studies as FHIR ImagingStudy resources, R4, as newline delimited JSON.

The file holds patient values. An import job of AWS HealthLake takes it. Each resource is checked with the models of
fhir.resources before it is written; a value that they refuse is an issue.
"""

EXAMPLES = "  dicommap fhir inventory.db -o studies.ndjson --timezone Europe/Berlin"


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap fhir` to `parser`."""
    add_inventory_argument(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE.ndjson",
        type=Path,
        required=True,
        help="The file to write; '-' is standard output.",
    )
    parser.add_argument(
        "--package", metavar="PACKAGE", type=Path, help="Describe the studies with the overrides of this package."
    )
    parser.add_argument(
        "--status", default="available", help="The status of all resources: registered, available or unknown."
    )
    parser.add_argument("--patient-system", metavar="URI", help="The namespace of PatientID: who assigns it.")
    parser.add_argument("--accession-system", metavar="URI", help="The namespace of AccessionNumber: who assigns it.")
    parser.add_argument(
        "--timezone", metavar="NAME", help="The time zone of times without an offset, such as Europe/Berlin."
    )
    parser.add_argument(
        "--instances", action="store_true", default=True, help="List the instances of each series, as by default."
    )
    parser.add_argument(
        "--no-instances", action="store_false", dest="instances", help="Do not list the instances of each series."
    )
    add_fail_on_option(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap fhir` with the parsed arguments, and return the exit status."""
    to_stdout = str(args.output) == STDOUT
    with Inventory.open(args.inventory) as inventory:
        written = fhir(
            inventory,
            sys.stdout.buffer if to_stdout else args.output,
            package=args.package,
            status=args.status,
            patient_system=args.patient_system,
            accession_system=args.accession_system,
            timezone=args.timezone,
            instances=args.instances,
        )
    parts = ((written.studies, "study"), (written.series, "series"), (written.instances, "instance"))
    line = f"{args.output}: " + ", ".join(format_count(count, noun) for count, noun in parts)
    if to_stdout:
        print_issues(written.issues, stderr=True)
        print_error(line)
    else:
        print_issues(written.issues)
        print_line(line)
        codes = [issue.code for issue in written.issues.errors]
        print_next_step(make_explain_step(codes) if codes else after_fhir())
    return choose_exit_status((issue.severity for issue in written.issues), args.fail_on)
