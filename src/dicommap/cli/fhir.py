"""The command `dicommap fhir`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dicommap.cli.console import print_error, print_line
from dicommap.cli.findings import exit_by, print_issues
from dicommap.cli.options import STDOUT, FailOn, FailOnOption, InventoryPath
from dicommap.inventory import Inventory
from dicommap.render.text import counted
from dicommap.workflows.fhir import fhir


def fhir_command(
    inventory: InventoryPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.ndjson", help="Where they go; - for stdout.")],
    package: Annotated[
        Path | None, typer.Option("--package", metavar="PACKAGE", help="Describe the studies after its overrides.")
    ] = None,
    status: Annotated[
        str, typer.Option("--status", help="Of all resources: registered, available or unknown.", show_default=True)
    ] = "available",
    patient_system: Annotated[
        str | None, typer.Option("--patient-system", metavar="URI", help="Who assigns PatientID.")
    ] = None,
    accession_system: Annotated[
        str | None, typer.Option("--accession-system", metavar="URI", help="Who assigns AccessionNumber.")
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", metavar="NAME", help="Of times without an offset, such as Europe/Berlin."),
    ] = None,
    instances: Annotated[
        bool, typer.Option("--instances/--no-instances", help="List the instances of each series.")
    ] = True,
    fail_on: FailOnOption = FailOn.ERROR,
) -> None:
    """Write the studies as FHIR ImagingStudy resources, R4, as newline delimited JSON.

    The file holds patient values. It is what an import job of AWS HealthLake takes. Each resource is checked with the
    models of fhir.resources before it is written; what it cannot hold is an issue.
    """
    to_stdout = str(output) == STDOUT
    with Inventory.open(inventory) as opened:
        written = fhir(
            opened,
            sys.stdout.buffer if to_stdout else output,
            package=package,
            status=status,
            patient_system=patient_system,
            accession_system=accession_system,
            timezone=timezone,
            instances=instances,
        )
    parts = ((written.studies, "study"), (written.series, "series"), (written.instances, "instance"))
    line = f"{output}: " + ", ".join(counted(count, noun) for count, noun in parts)
    if to_stdout:
        print_error(*map(str, written.issues), line)
    else:
        print_issues(written.issues)
        print_line(line)
    exit_by((one.severity for one in written.issues), fail_on)
