"""Choose the next command for a package: stage, submit, watch, reconcile, verify or update it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.cli.next_step import RETRY_PREFIX, NextStep, list_placeholder_options, make_explain_step
from dicommap.cli.shell_words import make_path_word

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dicommap.model.submission import JobCounts

_DONE = NextStep(sentence="Done: what the updates want is stored.")
_ALL_IMPORTED = NextStep(sentence="Done: every planned instance was imported, and nothing is left to do.")
_ALL_VERIFIED = NextStep(sentence="Done: the image sets of these jobs have the values of all overrides.")


def after_package(
    package: str, progress: JobCounts, *, options: Sequence[str] = (), is_staged: bool = False
) -> NextStep:
    """Return the step for a package without errors: stage, submit, watch, reconcile or update it.

    Args:
        package: The directory of the package.
        progress: The numbers of started, ended and other jobs of the package.
        options: The words of the AWS options that the user gave.
        is_staged: Whether it is known that the files of staged jobs have been copied.
    """
    place = make_path_word(package)
    if not progress.jobs:
        return _make_update_step(package, progress, options) or _DONE
    if progress.ended < progress.started:
        return NextStep(words=("watch", place, *options))
    if progress.started == progress.jobs:
        return NextStep(words=("reconcile", place, *options))
    if progress.to_stage and not is_staged:
        return NextStep(words=("stage", place, *options))
    if progress.started:  # no dry run is needed: the first submit has saved the members of the request
        return NextStep(words=("submit", place, *options))
    return NextStep(words=("submit", place, "-n", *options))


def after_policy(package: str, progress: JobCounts, *, options: Sequence[str], missing: Collection[str]) -> NextStep:
    """Return the step after `policy`: print the policies again with the missing values, or continue with the package.

    Args:
        package: The directory of the package.
        progress: The numbers of started, ended and other jobs of the package.
        options: The words of the options that the user gave.
        missing: The members of the request that are not known.
    """
    if missing:
        return NextStep(words=("policy", make_path_word(package), *options, *list_placeholder_options(missing)))
    return after_package(package, progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFacts:
    """Facts about the outcomes of a package's instances. They decide the next step after `reconcile`."""

    missing: int
    """Number of instances that are not reported as imported."""
    attention_codes: tuple[str, ...] = ()
    """The codes of the errors and warnings, which the user must look at even if all instances were imported."""
    needs_copies: bool = False
    """Whether a job has imported only some of its instances. A retry must then copy the others to a new prefix."""


def after_reconcile(
    package: str,
    progress: JobCounts,
    outcomes: OutcomeFacts,
    *,
    options: Sequence[str],
    aws_options: Sequence[str],
    retry: str,
    has_overrides: bool = False,
) -> NextStep:
    """Return the step after a reconciliation.

    If jobs have not ended, the step is to stage, submit or watch them. If instances are missing, it is to import them
    again. Warnings about image sets that are not primary lead to `promote`, other issues to their explanation. If the
    package has overrides, the step is to verify them. If it has updates that were not sent, it is to send them.
    Otherwise nothing is left to do.

    Args:
        package: The directory of the package.
        progress: The numbers of started, ended and other jobs of the package.
        outcomes: The facts about the outcomes of the instances.
        options: The words of the AWS options and of --manifests that the user gave.
        aws_options: The words of the AWS options only.
        retry: The directory of the package to write for the missing instances.
        has_overrides: Whether the package has overrides whose effects can be verified.
    """
    if progress.ended < progress.jobs:
        return after_package(package, progress, options=aws_options)
    if outcomes.missing:
        copies = ("--stage-uri", RETRY_PREFIX) if outcomes.needs_copies else ()
        return NextStep(
            words=("reconcile", make_path_word(package), *options, "--retry", make_path_word(retry), *copies)
        )
    if {"reconcile.non-primary"} <= set(outcomes.attention_codes) <= {"reconcile.non-primary", "reconcile.warnings"}:
        return NextStep(words=("promote", make_path_word(package), *options, "-n"))
    if outcomes.attention_codes:
        return make_explain_step(outcomes.attention_codes)
    if has_overrides:
        return NextStep(words=("verify", make_path_word(package), *options))
    return _make_update_step(package, progress, options) or _ALL_IMPORTED


def after_verify(
    package: str, codes: Sequence[str], *, options: Sequence[str], progress: JobCounts | None = None
) -> NextStep:
    """Return the step after a verification.

    Args:
        package: The directory of the package.
        codes: The codes of the issues.
        options: The words of the AWS options to repeat.
        progress: The numbers of the package's jobs and updates; None if they are not known.
    """
    if codes == ["verify.not-checked"]:
        return NextStep(words=("reconcile", make_path_word(package), *options))
    if codes:
        return make_explain_step(codes)
    return (progress and _make_update_step(package, progress, options)) or _ALL_VERIFIED


def after_update(
    package: str,
    codes: Sequence[str],
    *,
    is_revert: bool,
    has_results: bool = True,
    has_updates: bool = True,
    options: Sequence[str] = (),
) -> NextStep:
    """Return the step after `update`: the explanation of errors and warnings, or a sentence that nothing is left to do.

    Args:
        package: The directory of the package.
        codes: The codes of the errors and warnings.
        is_revert: Whether updates were taken back.
        has_results: Whether the call has found an image set that the package changes or has changed.
        has_updates: Whether the package has updates.
        options: The words of all options of the call, to repeat it.
    """
    if {*codes} == {"update.locked"}:
        return NextStep(words=("update", make_path_word(package), *options), after="some minutes")
    if codes:
        return make_explain_step(codes)
    if not has_updates:
        return NextStep(sentence="'dicommap draft --updates' writes packages with updates.")
    if is_revert and not has_results:
        return NextStep(sentence="Done: the package has changed no image set, so that nothing is taken back.")
    sentence = "the updates were taken back." if is_revert else "what the updates want is stored."
    return NextStep(sentence=f"Done: {sentence}")


def _make_update_step(package: str, progress: JobCounts, options: Sequence[str]) -> NextStep | None:
    """Return the step that lists the requests of the package's updates; None if all updates were sent."""
    return NextStep(words=("update", make_path_word(package), "-n", *options)) if progress.has_updates else None


def after_retry(
    package: str | None, progress: JobCounts | None, *, codes: Sequence[str], options: Sequence[str]
) -> NextStep:
    """Return the step after `reconcile --retry`: stage or submit the new package.

    Args:
        package: The directory of the new package; None if none was written.
        progress: The numbers of jobs of the new package; None if none was written.
        codes: The codes of the errors.
        options: The AWS options that the user gave.
    """
    if package is not None and progress is not None:
        return after_package(package, progress, options=options)
    return make_explain_step(codes) if codes else NextStep(sentence="Done: nothing is left to import again.")
