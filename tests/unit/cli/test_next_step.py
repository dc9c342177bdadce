"""The next command for each state, quoted for a shell."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

import pytest

from dicommap.cli.commands import RootParser
from dicommap.cli.next_step import (
    PLACEHOLDERS,
    NextStep,
    after_draft,
    after_dry_draft,
    after_dry_run,
    after_explain,
    after_fhir,
    after_fhir_watch,
    after_rules,
    after_scan,
    after_sheet,
    after_show,
    make_explain_step,
    make_updates_option_step,
)
from dicommap.cli.package_next_step import (
    OutcomeFacts,
    after_package,
    after_policy,
    after_reconcile,
    after_retry,
    after_update,
    after_verify,
)
from dicommap.cli.shell_words import LINE_WIDTH
from dicommap.issues import CATALOGUE
from dicommap.model.submission import JobCounts

NEW = JobCounts(jobs=2)
STAGED = JobCounts(jobs=2, to_stage=1)
RUNNING = JobCounts(jobs=2, started=2, ended=1)
HALF = JobCounts(jobs=2, started=1, ended=1)
ENDED = JobCounts(jobs=2, started=2, ended=2)
WITH_UPDATES = JobCounts(jobs=2, started=2, ended=2, has_updates=True)
UPDATES_ONLY = JobCounts(jobs=0, has_updates=True)
REGION = ("--region", "eu-west-1")


def scanned(**state: int | bool) -> NextStep:
    facts = {"files": 3, "instances": 3, "has_errors": False, **state}
    return after_scan("i.db", sheet="studies.csv", **facts)  # type: ignore[arg-type]


def shown(level: str, *codes: str, **state: Any) -> NextStep:
    return after_show("i.db", level=level, codes=codes, sheet="s.csv", **state)


def looked(*codes: str, changes: int = 1, needs_uri: bool = False) -> NextStep:
    options = ("--sheet", "s.csv", "--quota", "files=9")
    return after_dry_draft(
        "i.db", codes=codes, changes=changes, options=options, needs_uri=needs_uri, output="package", sheet="new.csv"
    )


def reconciled(progress: JobCounts = ENDED, missing: int = 0, *codes: str, needs_copies: bool = False) -> NextStep:
    outcomes = OutcomeFacts(missing=missing, attention_codes=codes, needs_copies=needs_copies)
    options = ("--manifests", "m", *REGION)
    return after_reconcile("p", progress, outcomes, options=options, aws_options=REGION, retry="p-retry")


ACCOUNT = ("datastoreId", "dataAccessRoleArn", "outputS3Uri")
STEPS = {
    "scan, clean": (scanned(), "sheet i.db -o studies.csv"),
    "scan, errors": (scanned(has_errors=True), "show i.db --level issue --severity error"),
    "scan, no instance": (scanned(instances=0), "show i.db --level file"),
    "scan, no file": (scanned(files=0, instances=0), ""),
    "show studies": (shown("study"), "sheet i.db -o s.csv"),
    "show series": (shown("series"), "sheet i.db --level series -o s.csv"),
    "show issues": (shown("issue", "p10.truncated", "p10.truncated"), "explain p10.truncated"),
    "show no issues": (shown("issue"), "sheet i.db -o s.csv"),
    "show nothing": (shown("study", is_empty=True), ""),
    "show nothing that matches": (shown("study", is_empty=True, has_conditions=True), "show i.db"),
    "show no issue that matches": (
        shown("issue", is_empty=True, has_conditions=True),
        "show i.db --level issue",
    ),
    "show selected studies": (
        shown("study", has_conditions=True, where=["Modality=MR"]),
        "sheet i.db --where Modality=MR -o s.csv",
    ),
    "show studies of a patient": (
        shown("study", has_conditions=True, where=["PatientID=PATTERN"]),
        "sheet i.db --where PatientID=PATTERN -o s.csv",
    ),
    "explain all": (after_explain(None), "explain CODE"),
    "explain, scan": (after_explain("p10.truncated"), "show INVENTORY --level issue --code p10.truncated"),
    "explain, package": (after_explain("package.missing-file"), "validate PACKAGE"),
    "explain, reconcile": (after_explain("reconcile.failed"), "reconcile PACKAGE"),
    "explain, edit": (after_explain("sheet.ragged-row"), ""),
    "sheet": (
        after_sheet("i.db", "-s.csv", options=("--delimiter", "tab")),
        "draft i.db --sheet ./-s.csv --delimiter tab -n",
    ),
    "draft -n": (looked(), "draft i.db --sheet s.csv --quota files=9 -o package"),
    "draft -n, local": (
        looked(needs_uri=True),
        "draft i.db --sheet s.csv --quota files=9 --input-s3-uri s3://BUCKET/INPUT/ -o package",
    ),
    "draft -n, errors": (looked("edit.conflict"), "explain edit.conflict"),
    "draft -n, no change": (looked(changes=0), "sheet i.db -o new.csv"),
    "draft": (after_draft("p q", "i.db", codes=(), sheet="s"), "validate 'p q' --inventory i.db"),
    "draft, errors": (after_draft(None, "i.db", codes=["edit.conflict"], sheet="s"), "explain edit.conflict"),
    "validate, rules": (after_rules("r.toml"), "draft INVENTORY --rules r.toml -n"),
    "validate, new": (after_package("p", NEW), "submit p -n"),
    "validate, staged": (after_package("p", STAGED, options=REGION), "stage p --region eu-west-1"),
    "validate --s3, staged": (after_package("p", STAGED, is_staged=True), "submit p -n"),
    "stage -n": (
        after_dry_run("stage", "p", codes=(), options=("--source", "/a b")),
        "stage p --source '/a b'",
    ),
    "submit -n": (
        after_dry_run("submit", "p", codes=(), options=REGION, missing=ACCOUNT),
        "submit p --region eu-west-1 --datastore-id DATASTORE_ID --data-access-role-arn ROLE_ARN "
        "--output-s3-uri s3://BUCKET/OUTPUT/",
    ),
    "submit -n, all given": (after_dry_run("submit", "p", codes=(), options=()), "submit p"),
    "submit -n, errors": (after_dry_run("submit", "p", codes=["object.size"], options=()), "explain object.size"),
    "submit, running": (after_package("p", RUNNING), "watch p"),
    "submit, some": (after_package("p", HALF), "submit p"),
    "submit, ended": (after_package("p", ENDED), "reconcile p"),
    "validate, updates only": (after_package("p", UPDATES_ONLY, options=REGION), "update p -n --region eu-west-1"),
    "verify, with updates": (
        after_verify("p", [], options=REGION, progress=WITH_UPDATES), "update p -n --region eu-west-1"
    ),
    "update, locked": (after_update("p", ["update.locked"], is_revert=False), "update p"),
    "update, failed": (after_update("p", ["update.failed"], is_revert=False), "explain update.failed"),
    "policy, missing": (
        after_policy("p", NEW, options=("--part", "caller"), missing={"region"}),
        "policy p --part caller --region REGION",
    ),
    "policy": (after_policy("p", NEW, options=(), missing=()), "submit p -n"),
    "fhir": (after_fhir(), "watch --fhir-job DATASTORE/JOB"),
    "watch, HealthLake": (
        after_fhir_watch(["a/b"], is_running=True, options=REGION),
        "watch --fhir-job a/b --region eu-west-1",
    ),
    "watch, HealthLake ended": (after_fhir_watch(["a/b"], is_running=False, options=()), ""),
    "reconcile, all imported": (reconciled(), ""),
    "reconcile, non-primary": (
        reconciled(ENDED, 0, "reconcile.non-primary"),
        "promote p --manifests m --region eu-west-1 -n",
    ),
    "reconcile, non-primary and others": (
        reconciled(ENDED, 0, "reconcile.non-primary", "reconcile.failed"),
        "explain reconcile.non-primary reconcile.failed",
    ),
    "reconcile, failures": (
        reconciled(ENDED, 3, "reconcile.failed"),
        "reconcile p --manifests m --region eu-west-1 --retry p-retry",
    ),
    "reconcile, some of a job": (
        reconciled(ENDED, 3, needs_copies=True),
        "reconcile p --manifests m --region eu-west-1 --retry p-retry --stage-uri s3://BUCKET/RETRY/",
    ),
    "reconcile, running": (reconciled(RUNNING, 3), "watch p --region eu-west-1"),
    "reconcile, not started": (reconciled(HALF, 3), "submit p --region eu-west-1"),
    "retry": (after_retry("p-retry", NEW, codes=(), options=()), "submit p-retry -n"),
    "retry, staged": (after_retry("p-retry", STAGED, codes=(), options=()), "stage p-retry"),
    "retry, errors": (after_retry(None, None, codes=["job.stage-overlap"], options=()), "explain job.stage-overlap"),
    "retry, nothing": (after_retry(None, None, codes=(), options=()), ""),
}  # fmt: skip


@pytest.mark.parametrize(("step", "command"), STEPS.values(), ids=list(STEPS))
def test_each_state_has_its_next_command(step: NextStep, command: str) -> None:
    printed = "\n".join(step.format_lines())
    assert all(len(line) <= LINE_WIDTH for line in step.format_lines())
    if not command:
        assert "dicommap " not in printed.partition("'")[0]
        return
    head, _, line = printed.partition("dicommap ")
    assert shlex.split(line.replace("\\\n", " ")) == shlex.split(command)
    assert head.startswith("Next")
    for placeholder in PLACEHOLDERS:
        assert (placeholder in head) == (placeholder in shlex.split(command.replace("=", " ")))


@pytest.mark.parametrize(
    "words",
    [step.words for step, command in STEPS.values() if command],
    ids=[name for name, (_, c) in STEPS.items() if c],
)
def test_each_command_has_options_that_its_parser_knows(words: tuple[str, ...]) -> None:
    assert RootParser([words[0]]).parse_args(list(words)).command == words[0]


def test_each_family_of_codes_has_a_step_or_none() -> None:
    for code in CATALOGUE:
        words = after_explain(code).words
        assert not words or RootParser([words[0]]).parse_args(list(words)).command == words[0]


@pytest.mark.parametrize("path", ["a b", "it's", "$HOME", "a\nb", "é", "x\udcff", "-n", "~", "*", "a\\x41", "'\n'"])
def test_a_path_comes_through_a_shell(path: str) -> None:
    for encoding in ("utf-8", "ascii"):
        step = after_draft(path, "i.db", codes=(), sheet="s")
        (line,) = [line for line in step.format_lines(encoding) if "validate" in line]
        word = line.partition("validate ")[2].partition(" --inventory")[0]
        echoed = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True).stdout
        expected = f"./{path}" if path.startswith("-") else path
        assert echoed == expected.encode("utf-8", "surrogateescape")
        line.encode(encoding)


def test_many_codes_are_continued_on_lines_of_their_own() -> None:
    codes = ["override.character-set-missing", "mapping.more-than-one-override", "package.object-source"]
    lines = make_explain_step(codes).format_lines()
    assert all(len(line) <= 80 for line in lines)
    assert shlex.split("".join(line.removesuffix("\\") for line in lines[1:])) == ["dicommap", "explain", *codes]


def test_a_long_command_is_continued() -> None:
    lines = after_dry_run("submit", "p" * 60, codes=(), options=(), missing=ACCOUNT).format_lines()
    assert lines[0] == "Next, with your own DATASTORE_ID, ROLE_ARN and s3://BUCKET/OUTPUT/:"
    assert all(line.endswith(" \\") for line in lines[1:-1])
    assert len(lines) > 3


def test_a_list_of_many_placeholders_is_continued() -> None:
    places = ("--input-s3-uri", "s3://BUCKET/INPUT/", "--output-s3-uri", "s3://BUCKET/OUTPUT/")
    step = NextStep(
        words=("probe", "x", "--datastore-id", "DATASTORE_ID", "--data-access-role-arn", "ROLE_ARN", *places)
    )
    head, rest, *command = step.format_lines()
    assert f"{head} {rest}" == (
        "Next, with your own DATASTORE_ID, ROLE_ARN, s3://BUCKET/INPUT/ and s3://BUCKET/OUTPUT/:"
    )
    assert all(len(line) <= LINE_WIDTH for line in (head, rest, *command))


def test_a_package_without_updates_is_not_called_done() -> None:
    assert "draft --updates" in after_update("p", [], is_revert=False, has_updates=False).sentence
    assert after_update("p", [], is_revert=False).sentence.startswith("Done")


@pytest.mark.parametrize("is_revert", [False, True])
def test_a_package_whose_updates_have_nothing_to_send_is_not_said_to_have_none(is_revert: bool) -> None:
    sentence = after_update("p", [], is_revert=is_revert, has_results=False).sentence
    assert sentence.startswith("Done")
    assert "--updates" not in sentence


def test_image_sets_that_are_locked_lead_to_the_same_call_again() -> None:
    step = after_update("p", ["update.locked"] * 2, is_revert=True, options=["--revert", "--study", "1.2"])
    assert step.format_lines() == ["Next, after some minutes: dicommap update p --revert --study 1.2"]


def test_image_sets_that_are_not_primary_lead_to_promote_also_beside_warnings_of_aws() -> None:
    progress = JobCounts(jobs=1, started=1, ended=1)
    for others in ((), ("reconcile.warnings",)):
        codes = ("reconcile.non-primary", *others)
        state = OutcomeFacts(missing=0, attention_codes=codes)
        step = after_reconcile("p", progress, state, options=(), aws_options=(), retry="r")
        assert step.words[0] == "promote"


def test_edits_that_need_updates_are_drafted_again_with_the_option() -> None:
    assert make_updates_option_step("i.db", ["--rules", "r.toml", "-n"]).format_lines() == [
        "Next: dicommap draft i.db --rules r.toml -n --updates"
    ]
