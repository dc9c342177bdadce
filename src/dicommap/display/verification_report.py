"""Build the report of a verification: effects of overrides, issues, and studies with an override that has no effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.display.formatting import truncate_text
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.report import ColumnKind, FactList, Report, ReportTable, TableColumn, TableRow, build_masked_notes
from dicommap.display.verification_records import format_wanted_and_stored
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.verification.effects import EFFECT_ORDER, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.verification.study_result import StudyResult

MAX_STUDIES = 20
MAX_ATTRIBUTES = 20
"""Maximum number of attributes of a study in a report that is limited."""
MAX_PAGE_ATTRIBUTES = 1_000
"""Maximum number of attributes of a study on a page. A study with many series can have many more."""
MAX_VALUE_LENGTH = 120
_STUDY_COLUMNS = (
    TableColumn("StudyInstanceUID", ColumnKind.UID),
    TableColumn("job", ColumnKind.WORD),
    TableColumn("attributes", ColumnKind.NUMBER),
)
_ATTRIBUTE_COLUMNS = (
    TableColumn("series", ColumnKind.UID),
    TableColumn("attribute", ColumnKind.CODE),
    TableColumn("effect", ColumnKind.WORD),
    TableColumn("wanted", ColumnKind.AFTER),
    TableColumn("stored", ColumnKind.BEFORE),
    TableColumn("reason", ColumnKind.SENTENCE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationFacts:
    """The package of a verification, its start, and the numbers of studies, image sets and attributes."""

    package: str
    counts: Mapping[Effect, int]
    studies: int
    image_sets: int
    non_primary: int
    started_at: str


def build_verification_report(
    facts: VerificationFacts, studies: Sequence[StudyResult], issues: Issues, *, show_values: bool, is_limited: bool
) -> Report:
    """Return the report of a verification.

    Args:
        facts: The package and the numbers of the verification.
        studies: The first studies with an attribute that is not applied, or whose effect is not known.
        issues: The issues of the verification.
        show_values: Whether values are shown. If false, values are masked.
        is_limited: Whether the report shows only the first MAX_STUDIES of `studies`, with MAX_ATTRIBUTES of each. A
            report that is not limited shows all of them, with MAX_PAGE_ATTRIBUTES of each.

    """
    masker = Masker(show_values=show_values)
    issue_counts = issues.counts()
    blocks: list[Block] = [FactList(pairs=list(_list_facts(facts)))]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    if studies:
        blocks.append(_build_studies_table(studies, masker, is_limited=is_limited))
    blocks += build_masked_notes(masker)
    counts = (describe_applied_count(facts.counts), format_count(facts.image_sets, "image set"))
    return Report(title="Verification", counts=counts, severities=count_severities(issue_counts), blocks=blocks)


def describe_applied_count(counts: Mapping[Effect, int]) -> str:
    """Return a phrase such as `11 of 12 attributes applied`."""
    return f"{counts.get(Effect.APPLIED, 0):,} of {format_count(sum(counts.values()), 'attribute')} applied"


def select_effects(counts: Mapping[Effect, int]) -> list[Effect]:
    """Return the effects that at least one attribute has, the best effect first."""
    return [effect for effect in EFFECT_ORDER if counts.get(effect)]


def _list_facts(facts: VerificationFacts) -> Iterator[tuple[str, str]]:
    yield "package", facts.package
    yield "started", facts.started_at
    yield "studies", f"{facts.studies:,}"
    others = f", {facts.non_primary:,} of them not primary" if facts.non_primary else ""
    yield "image sets", f"{facts.image_sets:,}{others}"
    known = [f"{facts.counts[effect]:,} {effect.value}" for effect in select_effects(facts.counts)]
    yield "attributes", "; ".join(known) or "none"


def _build_studies_table(studies: Sequence[StudyResult], masker: Masker, *, is_limited: bool) -> ReportTable:
    effects = [effect for effect in EFFECT_ORDER if any(study.counts.get(effect) for study in studies)]
    columns = (*_STUDY_COLUMNS, *(TableColumn(effect.value, ColumnKind.NUMBER) for effect in effects))
    rows = [
        TableRow(
            cells=(
                study.study_instance_uid,
                study.job,
                f"{len(study.attributes):,}",
                *(f"{study.counts.get(effect, 0):,}" for effect in effects),
            ),
            details=(_build_attributes_table(study, masker, MAX_ATTRIBUTES if is_limited else MAX_PAGE_ATTRIBUTES),),
        )
        for study in (studies[:MAX_STUDIES] if is_limited else studies)
    ]
    heading = "Studies that are not as their overrides"
    return ReportTable(columns=columns, rows=rows, total=len(studies), noun="study", heading=heading)


def _build_attributes_table(study: StudyResult, masker: Masker, limit: int) -> ReportTable:
    """Return the table of the first attributes of a study that are not applied, or whose effect is not known."""
    results = [result for result in study.attributes if result.effect is not Effect.APPLIED]
    rows = []
    for result in results[:limit]:
        check = result.check
        cells = (
            check.series_instance_uid or "",
            f"{keyword_of(check.tag)} {hex_of(check.tag)}",
            result.effect.value,
            *(truncate_text(text, MAX_VALUE_LENGTH) for text in format_wanted_and_stored(result, masker)),
            check.reason,
        )
        rows.append(TableRow(cells=cells))
    return ReportTable(columns=_ATTRIBUTE_COLUMNS, rows=rows, total=len(results), noun="attribute", heading="")
