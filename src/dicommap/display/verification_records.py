"""Build records (JSON objects) of verified attributes, series and studies. The schema `verification` describes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.verification.effects import EFFECT_ORDER, Effect
from dicommap.verification.stored_metadata import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.display.inventory_records import Record
    from dicommap.model.masking import Masker
    from dicommap.verification.effects import AttributeResult, EffectCounts
    from dicommap.verification.study_result import StudyResult


def build_attribute_records(study: StudyResult, masker: Masker) -> Iterator[Record]:
    """Yield a record for each attribute of the overrides of a study."""
    for result in study.attributes:
        wanted, stored = format_wanted_and_stored(result, masker)
        check = result.check
        yield {
            "StudyInstanceUID": check.study_instance_uid,
            "SeriesInstanceUID": check.series_instance_uid or "",
            "job": result.job,
            "tag": hex_of(check.tag),
            "keyword": keyword_of(check.tag),
            "effect": result.effect.value,
            "wanted": wanted,
            "stored": stored,
            "reason": check.reason,
            "imageSetId": check.image_set_id,
            "imageSets": {
                effect.value: result.image_sets[effect] for effect in EFFECT_ORDER if effect in result.image_sets
            },
        }


def build_series_records(study: StudyResult) -> Iterator[Record]:
    """Yield a record for each series whose image sets were verified: for each effect, the number of attributes."""
    for uid, counts in study.series.items():
        yield {
            "StudyInstanceUID": study.study_instance_uid,
            "SeriesInstanceUID": uid,
            "job": study.job,
            "attributes": sum(counts.values()),
            **build_effect_counts(counts),
        }


def build_study_record(study: StudyResult) -> Record:
    """Return the record of a study: the number of attributes for each effect, and the numbers of image sets."""
    return {
        "StudyInstanceUID": study.study_instance_uid,
        "job": study.job,
        "effect": study.effect.value,
        "attributes": len(study.attributes),
        **build_effect_counts(study.counts),
        "imageSets": study.image_sets,
        "nonPrimary": study.non_primary,
    }


def build_effect_counts(counts: EffectCounts) -> dict[str, int]:
    """Return a dict: effect -> number of attributes; 0 for effects without attributes."""
    return {effect.value: counts.get(effect, 0) for effect in EFFECT_ORDER}


def format_wanted_and_stored(result: AttributeResult, masker: Masker) -> tuple[str, str]:
    """Return two texts for an attribute: the value of the override and the stored value, both masked.

    If a value is not known, its text is empty.
    """
    check = result.check
    keyword = keyword_of(check.tag)
    wanted = text_from_attribute(check.wanted)
    texts = (_dump_json(check.wanted) if wanted is None else wanted, format_stored_value(check.stored))
    wanted_text, stored_text = (masker.mask(keyword, text, can_be_shown=False) for text in texts)
    if result.effect is Effect.APPLIED and not masker.show_values and stored_text:
        return wanted_text, wanted_text  # both values have the same DICOM meaning, so they get the same mark
    return wanted_text, stored_text


def format_stored_value(stored: Any) -> str:  # noqa: ANN401  JSON of any type
    """Return a stored value as text: a text unchanged, any other value as JSON, and "" if no value is stored."""
    if stored is ABSENT or stored is None:
        return ""
    return stored if isinstance(stored, str) else _dump_json(stored)


def _dump_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
