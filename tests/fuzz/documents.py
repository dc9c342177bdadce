"""What must hold for any document: each command that reads it ends with 0, 1 or 2, within bounds of time and memory."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import dicommap
from dicommap.aws.bucket_listing import _parse_page
from dicommap.cli.main import main
from dicommap.errors import DicommapError
from dicommap.planning.plan import PlanJob
from dicommap.sources.s3.s3_connection import S3Connection
from dicommap.sources.s3.s3_inventory_list import read_csv_objects
from dicommap.sources.s3.s3_inventory_manifest import read_s3_inventory_manifest
from tests.fuzz.hostile import (
    changed_bytes,
    changed_database,
    changed_json,
    changed_lines,
    changed_table,
    changed_toml,
)
from tests.support.p10_files import small_tree
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, write, write_submission_state

CPU_LIMIT = 20.0
"""Seconds of CPU time for one command."""
MEMORY_LIMIT = 600 * 2**10
"""KiB by which the process may grow over one command."""
BLOCKS = 200
"""Objects of a page of a listing."""

Change = Callable[[random.Random, bytes], bytes]

RULES = """\
[[rule]]
name = "site"
level = "study"
match = {PatientID = ["P1", "P*"], AccessionNumber = "A?"}
set = {StudyDescription = "{PatientID}-{AccessionNumber}", StudyID = "S9"}
empty = ["ReferringPhysicianName"]
upper = ["PatientName"]
policy = "overwrite"

[[rule]]
name = "series"
level = "series"
replace = {SeriesDescription = {pattern = "(.)(.)", with = "\\\\2\\\\1"}}
shift_days = {SeriesDate = 3}

[[rule]]
name = "worklist"
level = "study"
shift_days = {StudyDate = -30}
truncate_date = {PatientBirthDate = "year"}

[rule.lookup]
file = "worklist.csv"
by = "AccessionNumber"
column = "Accession"
delimiter = ","
set = {PatientName = "Name"}

[[rule]]
name = "raw"
level = "study"

[rule.raw]
00321064 = {vr = "SQ", Value = [{00080100 = {vr = "SH", Value = ["C1"]}, 00080102 = {vr = "SH", Value = ["99X"]}}]}
"""

LISTING = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>'
    b"<EncodingType>url</EncodingType><NextContinuationToken>t</NextContinuationToken>"
    b"<Contents><Key>in/a+b%20c</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
    b"<Size>300</Size></Contents></ListBucketResult>"
)


@dataclass(frozen=True)
class Document:
    """A document that is changed: its place, and the calls that read it."""

    name: str
    place: Path
    seed: bytes
    changes: tuple[Change, ...]
    calls: tuple[tuple[str, ...], ...] = ()
    reads: Callable[[Path], object] | None = None
    """Reads it without a command, if no command can without a network."""
    repair: Callable[[bytes], None] | None = None
    """Makes the plan know the changed document, so that it is read further."""


class FailedInputError(AssertionError):
    """An input that a command did not end well with."""


class Situation:
    """A directory with a document of every kind, all of them valid."""

    def __init__(self, root: Path) -> None:
        self.root = root
        tree = small_tree(root / "tree")
        package = draft_package(tree, root / "package")
        write_submission_state(package, profile=None)
        keys = keys_of(package)
        write(root / "manifests", manifests(package, keys[:-1], keys[-1:]))
        with dicommap.scan(tree, output=root / "inventory.db") as inventory:
            (root / "sheet.csv").write_text("".join(dicommap.sheet(inventory)), encoding="utf-8")
            (root / "series.csv").write_text("".join(dicommap.sheet(inventory, level="series")), encoding="utf-8")
        text = (root / "sheet.csv").read_text(encoding="utf-8").replace("P1", "NEW-1")
        (root / "sheet.csv").write_text(text, encoding="utf-8", newline="")
        (root / "rules.toml").write_text(RULES, encoding="utf-8")
        (root / "worklist.csv").write_text("Accession,Name,ID\nA1,Doe^Jane,1\nA2,Roe^Ada,2\n", encoding="utf-8")
        (root / "list.txt").write_text(
            "\n".join(f"{path.relative_to(tree)}" for path in tree.rglob("*")), encoding="utf-8"
        )
        write(root / "s3", {"manifest.json": json.dumps(_S3_MANIFEST), "data.csv": '"bucket","in/a%20b","300","e"\n'})
        self.documents = list(self._documents())

    def _documents(self) -> Iterator[Document]:
        package, inventory, tree = (str(self.root / name) for name in ("package", "inventory.db", "tree"))
        validate = ("validate", package, "--inventory", inventory)
        used = (("submit", package, "-n"), ("stage", package, "-n"))
        reconcile = ("reconcile", package, "--manifests", str(self.root / "manifests"), "--level", "instance")
        fhir = ("fhir", inventory, "--package", package, "-o", str(self.root / "out.ndjson"))
        draft = ("draft", inventory, "-n", "--input-s3-uri", "s3://bucket/in/", "--by-study", "--forecast")
        job, override = "package/jobs/0001", _override_of(self.root / "package")
        yield self._of("package/plan.json", (changed_json,), validate, *used, reconcile, fhir)
        yield self._of("package/plan.json", (changed_json,), ("validate", str(self.root / "package/plan.json")))
        yield self._of(f"{job}/objects.csv", (changed_table,), validate, *used, reconcile, repair=self._repair_objects)
        yield self._of(f"{job}/import-configuration.json", (changed_json,), validate, used[0])
        yield self._of(f"{job}/start-dicom-import-job.json", (changed_json,), validate, used[0])
        yield self._of(override, (changed_json,), validate, fhir, repair=self._repair_override)
        yield self._of("package/submission/0001.json", (changed_json,), reconcile, *used)
        folder = next((self.root / "manifests").iterdir()).name
        yield self._of(f"manifests/{folder}/job-output-manifest.json", (changed_json,), reconcile)
        yield self._of(f"manifests/{folder}/SUCCESS/success.ndjson", (changed_lines,), reconcile)
        yield self._of(f"manifests/{folder}/FAILURE/failure.ndjson", (changed_lines,), reconcile)
        for name in ("sheet.csv", "series.csv"):
            yield self._of(name, (changed_table,), (*draft, "--sheet", str(self.root / name)))
        rules = (*draft, "--rules", str(self.root / "rules.toml"))
        yield self._of("rules.toml", (changed_toml,), ("validate", str(self.root / "rules.toml")), rules)
        yield self._of("worklist.csv", (changed_table,), rules)
        shows = tuple(("show", inventory, "--level", level) for level in ("study", "series", "instance", "issue"))
        yield self._of("inventory.db", (changed_database,), *shows, ("sheet", inventory, "-o", "-"), rules, fhir)
        listed = ("scan", tree, "--files-from", str(self.root / "list.txt"), "-o", str(self.root / "other.db"))
        yield self._of("list.txt", (), listed)
        yield self._of("s3/manifest.json", (changed_json,), reads=_s3_manifest)
        yield self._of("s3/data.csv", (changed_table,), reads=_s3_rows)
        (self.root / "s3/listing.xml").write_bytes(LISTING)
        yield self._of("s3/listing.xml", (), reads=lambda path: _parse_page(path.read_bytes()))

    def _of(
        self,
        place: str,
        changes: tuple[Change, ...],
        *calls: tuple[str, ...],
        reads: Callable[[Path], object] | None = None,
        repair: Callable[[bytes], None] | None = None,
    ) -> Document:
        path = self.root / place
        return Document(place, path, path.read_bytes(), (*changes * 3, changed_bytes), calls, reads, repair)

    def _repair_objects(self, data: bytes) -> None:
        self._repair(lambda job: job["objects"].update(_content(data)))

    def _repair_override(self, data: bytes) -> None:
        self._repair(lambda job: job["files"][0].update(_content(data)))

    def _repair(self, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
        place = self.root / "package/plan.json"
        plan = json.loads(place.read_bytes())
        change(plan["jobs"][0])
        place.write_text(json.dumps(plan), encoding="utf-8")
        request = self.root / "package/jobs/0001/start-dicom-import-job.json"
        token = PlanJob.model_validate(plan["jobs"][0]).client_token(plan["attempt"])
        request.write_text(json.dumps(json.loads(request.read_bytes()) | {"clientToken": token}), encoding="utf-8")

    def check(self, document: Document, data: bytes, *, repaired: bool = False) -> None:
        """Put bytes in a document's place, do all calls that read it, and put everything back.

        Raises FailedInputError.
        """
        kept = {one.place: one.seed for one in self.documents}
        document.place.write_bytes(data)
        try:
            if repaired and document.repair is not None:
                document.repair(data)
            if document.reads is not None:
                with contextlib.suppress(DicommapError, ValueError):
                    document.reads(document.place)
            for call in document.calls:
                ended_well(call)
        finally:
            for place, seed in kept.items():
                if not place.is_file() or place.read_bytes() != seed:
                    place.write_bytes(seed)
            for name in ("out.ndjson", "other.db"):
                (self.root / name).unlink(missing_ok=True)
            shutil.rmtree(self.root / "package.partial", ignore_errors=True)

    def input(self, chance: random.Random) -> tuple[Document, bytes, bool]:
        """Return a document, a change of it, and whether the plan is to know it."""
        document = chance.choice(self.documents)
        return document, chance.choice(document.changes)(chance, document.seed), chance.random() < 0.7


def ended_well(call: tuple[str, ...]) -> None:
    """Run a command in this process. Raises FailedInputError if it does not end with 0, 1 or 2, or takes too much."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    start, size = time.process_time(), _peak()
    status: object = None
    with (
        mock.patch.object(sys, "argv", ["dicommap", *call]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code
    told = err.buffer.getvalue().decode("utf-8", "replace")
    if status not in (0, 1, 2):
        raise FailedInputError(f"{call} ended with {status}: {told}")
    taken, grown = time.process_time() - start, _peak() - size
    if taken > CPU_LIMIT or grown > MEMORY_LIMIT:
        raise FailedInputError(f"{call} took {taken:.1f} s of CPU time and {grown:,} KiB: {told}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _override_of(package: Path) -> str:
    path = next(package.glob("jobs/0001/files/*/*.json"))
    return path.relative_to(package.parent).as_posix()


def _content(data: bytes) -> dict[str, object]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


_S3_MANIFEST = {
    "sourceBucket": "bucket",
    "destinationBucket": "arn:aws:s3:::bucket",
    "version": "2016-11-30",
    "creationTimestamp": "1514944800000",
    "fileFormat": "CSV",
    "fileSchema": "Bucket, Key, Size, ETag",
    "files": [{"key": "data/data.csv", "size": 26, "MD5checksum": "0"}],
}


def _s3_manifest(path: Path) -> None:
    read_s3_inventory_manifest(os.fspath(path), S3Connection(bucket="bucket"))


def _s3_rows(path: Path) -> None:
    for _ in read_csv_objects(io.BytesIO(path.read_bytes()), path.name, ("Bucket", "Key", "Size", "ETag")):
        pass


def fuzz(root: Path, seconds: float, runs: int, seed: int, *, stop: bool = True) -> tuple[int, list[FailedInputError]]:
    """Try changed documents for some seconds, or as many as `runs`; return how many were tried, and what failed.

    With `stop` the first failure is raised, and its input is in ./failed-input.
    """
    situation, chance = Situation(root), random.Random(seed)
    for document in situation.documents:
        situation.check(document, document.seed)
    begin, failed = time.monotonic(), list[FailedInputError]()
    for number in range(runs):
        if time.monotonic() - begin > seconds:
            return number, failed
        document, data, repaired = situation.input(chance)
        try:
            situation.check(document, data, repaired=repaired)
        except FailedInputError as error:
            failed.append(FailedInputError(f"{document.name}, seed {seed}, input {number}: {error}"))
            if stop:
                Path("failed-input").write_bytes(data)
                raise failed[0] from None
    return runs, failed
