"""Select and apply the attributes of an override file as the stand-in's answers say.

AWS documents none of this (`dicommap.healthimaging.override_questions`). Rules of the stand-in only: an item of a
sequence is read as a data set of its own, in which levels, empty attributes and long values have no special effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import is_private, keyword_of
from dicommap.healthimaging.levels import level_of
from dicommap.healthimaging.limits import MAX_ELEMENT_LENGTHS
from dicommap.testing.image_set_metadata import PERSON_NAME_GROUPS, format_person_name
from dicommap.testing.override_contents import CHARACTER_SET, RefusedOverrideError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.healthimaging.levels import Level
    from dicommap.healthimaging.override_questions import OverrideAnswers


def select_attributes(data_set: DataSet, override: Level, answers: OverrideAnswers) -> DataSet:
    """Return the attributes of an override file that change the stored attributes.

    Args:
        data_set: The data set of the file.
        override: The level of the mapping: STUDY or SERIES.
        answers: The answers of the stand-in.

    Raises:
        RefusedOverrideError: An attribute is refused. Then nothing of the file is applied.

    """
    selected: DataSet = {}
    for tag, attribute in data_set.items():
        effects = set(_list_answers_about_attribute(tag, attribute, override, answers))
        if "refused" in effects:
            raise RefusedOverrideError(f"has an attribute that is refused: {keyword_of(int(tag, 16))}")
        if "ignored" not in effects:
            selected[tag] = _make_stored_attribute(tag, attribute, answers)
    return selected


def apply_attributes(stored: DataSet, override: DataSet, answers: OverrideAnswers) -> DataSet:
    """Return a copy of a stored data set with the attributes of an override.

    Args:
        stored: The data set of an instance or an item.
        override: The attributes that `select_attributes` returned, or an item of one of them.
        answers: The answers of the stand-in.

    """
    result = dict(stored)
    for tag, attribute in override.items():
        if attribute["vr"] == "SQ" and answers.sequences == "merged" and attribute.get("Value"):
            result[tag] = _merge_items(result.get(tag), attribute, answers)
        else:
            result[tag] = attribute
    return result


def _merge_items(stored: Attribute | None, override: Attribute, answers: OverrideAnswers) -> Attribute:
    """Return a sequence in which each item of the override is merged with the stored item at the same place."""
    items = list(stored.get("Value", ())) if stored else []
    for index, item in enumerate(override["Value"]):
        if index < len(items):
            items[index] = apply_attributes(items[index], item or {}, answers)
        else:
            items.append(item or {})
    return {"vr": "SQ", "Value": items}


def _list_answers_about_attribute(
    tag: str, attribute: Attribute, override: Level, answers: OverrideAnswers
) -> Iterator[str]:
    """Yield the stand-in's answers that apply to an attribute of an override file, such as `refused` or `ignored`."""
    if not is_private(int(tag, 16)) and tag != CHARACTER_SET:
        yield getattr(answers, f"{level_of(int(tag, 16)).value}In{override.value.capitalize()}")
    yield from _list_answers_about_empty_value(attribute, answers)
    yield from _list_answers_about_content(tag, attribute, answers)
    if _has_excess_length(tag, attribute):
        yield answers.longValues


def _list_answers_about_empty_value(attribute: Attribute, answers: OverrideAnswers) -> Iterator[str]:
    if len(attribute) == 1:
        yield answers.emptyNoValue
    elif attribute.get("Value") == []:
        yield answers.emptyList
    elif "Value" in attribute and all(value is None for value in attribute["Value"]):
        yield answers.emptyNull


def _list_answers_about_content(tag: str, attribute: Attribute, answers: OverrideAnswers) -> Iterator[str]:
    """Yield the answers about private elements and numbers that apply to an attribute or to the items in it."""
    if is_private(int(tag, 16)):
        yield answers.privateElements
    values = attribute.get("Value", ())
    if attribute["vr"] in ("DS", "IS"):
        yield from (answers.numbersAsText for value in values if isinstance(value, str))
        yield from (answers.numbersAsNumber for value in values if isinstance(value, int | float))
    if attribute["vr"] == "SQ":
        for item in values:
            for nested_tag, nested in (item or {}).items():
                yield from _list_answers_about_content(nested_tag, nested, answers)


def _make_stored_attribute(tag: str, attribute: Attribute, answers: OverrideAnswers) -> Attribute:
    values = attribute.get("Value")
    if values is not None and all(value is None for value in values):
        return {"vr": attribute["vr"]}
    if values and answers.longValues == "cut" and _has_excess_length(tag, attribute):
        limit = MAX_ELEMENT_LENGTHS[keyword_of(int(tag, 16))]
        return {"vr": attribute["vr"], "Value": [_cut_value(value, limit) for value in values]}
    return attribute


def _has_excess_length(tag: str, attribute: Attribute) -> bool:
    """Return whether a value is longer than the limit of its attribute ("DICOM element constraints")."""
    limit = MAX_ELEMENT_LENGTHS.get(keyword_of(int(tag, 16)))
    return limit is not None and any(len(_get_value_text(value)) > limit for value in attribute.get("Value", ()))


def _get_value_text(value: Any) -> str:  # noqa: ANN401  JSON of any type
    return format_person_name(value) or "" if isinstance(value, dict) else str(value)


def _cut_value(value: Any, limit: int) -> Any:  # noqa: ANN401  JSON of any type
    if not isinstance(value, dict):
        return str(value)[:limit]
    groups = _get_value_text(value)[:limit].split("=")
    return {name: group for name, group in zip(PERSON_NAME_GROUPS, groups, strict=False) if group}
