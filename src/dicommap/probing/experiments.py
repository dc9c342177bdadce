"""The import jobs of a probe by name: which files each job uploads, and which stored attributes show its effect.

A job that a data store may refuse as a whole asks one question only. Many override files also set a second attribute,
the control: its stored value shows whether the file was applied at all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import hex_of
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import MAX_ELEMENT_LENGTHS
from dicommap.healthimaging.override_questions import MEGABYTE
from dicommap.probing.override_forms import FORMS, PAIRS, Form, LevelPair, build_override, make_attribute
from dicommap.probing.probe_job import OVERRIDES_FOLDER, JobBuilder
from dicommap.probing.synthetic_studies import (
    ATTRIBUTES,
    BEFORE,
    BEFORE_PRIVATE,
    ITEMS,
    PRIVATE_CREATOR,
    PRIVATE_CREATOR_TAG,
    PRIVATE_TAG,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.probing.probe_job import ProbeJob
    from dicommap.probing.synthetic_studies import SyntheticStudy

AFTER = "After probe"
NON_ASCII, NON_ASCII_LETTER = "Prüfung", "ü"
"""A text that UTF-8 and Latin-1 encode as different bytes."""
CHANGED_NUMBER, CHANGED_INTEGER = 72.5, 7
SMALL_FILE = 1_000
"""Bytes of the override files that ask for the form. It is the largest size that is known to work without more jobs.

These files are padded with spaces: any other attribute could be refused for another reason than the form.
"""
LONG_TEXT = "Long value of the probe. " * 12
"""A text of 300 characters."""

ABSENT_NAME = "absent"
"""The name of the override file of a mapping without files."""

COPIES = "copies"
"""The job without an import configuration. If it fails, the cause is not an override file."""
FIRST_IMPORT = "without-files-first"


@lru_cache(maxsize=512)
def build_job(probe: str, name: str, form: Form, pair: LevelPair) -> ProbeJob:
    """Return a job of a probe.

    Args:
        probe: The id of the probe, a UUID.
        name: The name of the job, one of JOB_NAMES.
        form: The form of its override files. Jobs that ask for the form have their own.
        pair: The level of the overridden attributes, and of the overrides. Jobs that ask for a level have their own.

    """
    if name in _FORM_JOBS:
        form, pair = _FORM_JOBS[name]
    elif name in _LEVEL_JOBS:
        pair = _LEVEL_JOBS[name]
    builder = JobBuilder(probe, name, form, pair)
    if name in _FORM_JOBS:
        _fill_plain_job(builder)
    elif name in _LEVEL_JOBS:
        _fill_level_job(builder)
    else:
        _FILLERS[name](builder)
    return builder.build(ends_with_slash=name != "prefix")


def _get_text_keywords(pair: LevelPair) -> tuple[str, str]:
    """Return the keywords of two text attributes of the level of a pair."""
    attributes = ATTRIBUTES[pair.attribute]
    return attributes.text, attributes.second


def _watch_text(builder: JobBuilder, name: str, watched: SyntheticStudy, keyword: str, **values: str) -> None:
    """Add a watch of a text attribute. Its state is `before`, or one of `values`: name of a state -> stored text."""
    builder.add_watch(name, watched, keyword, {"before": BEFORE[keyword], **(values or {"after": AFTER})})


def _fill_plain_job(builder: JobBuilder) -> None:
    """Fill a job with a small override file that has one attribute."""
    text, _ = _get_text_keywords(builder.pair)
    study = builder.add_study()
    builder.add_override(study, make_attribute(text, AFTER), padded_size=SMALL_FILE)
    _watch_text(builder, "tested", study, text)


def _fill_level_job(builder: JobBuilder) -> None:
    """Fill a job with an override file that has a text and the identifiers of a level."""
    attributes = ATTRIBUTES[builder.pair.attribute]
    study = builder.add_study()
    data_set = make_attribute(attributes.text, AFTER)
    for keyword in attributes.identifiers:
        data_set |= make_attribute(keyword, AFTER)
    builder.add_override(study, dict(sorted(data_set.items())), padded_size=SMALL_FILE)
    _watch_text(builder, "tested", study, attributes.text)
    for keyword in attributes.identifiers:
        _watch_text(builder, keyword, study, keyword)


def _add_tested_override(builder: JobBuilder, tested: dict[str, Any]) -> SyntheticStudy:
    """Fill a job with an override file that has the tested attributes and the control, and return its study."""
    text, _ = _get_text_keywords(builder.pair)
    study = builder.add_study()
    builder.add_override(study, dict(sorted((make_attribute(text, AFTER) | tested).items())))
    _watch_text(builder, "control", study, text)
    return study


def _fill_copies_job(builder: JobBuilder) -> None:
    """Fill a job with two files that have the same SOP Instance UID and different comments."""
    study = builder.make_study()
    for number, state in enumerate(("first", "last"), 1):
        builder.add_p10(f"{study.name}/{number}.dcm", study.make_p10(1, {"ImageComments": state}))
    builder.add_watch("tested", study, "ImageComments", {"first": "first", "last": "last"}, instances=1)


def _make_empty_filler(*values: object, has_value: bool) -> Callable[[JobBuilder], None]:
    """Return a function that fills a job with an override of one attribute, which has `values`.

    `has_value` is whether the attribute has the member Value even if it has no values.
    """

    def fill_job(builder: JobBuilder) -> None:
        _, second = _get_text_keywords(builder.pair)
        tested = make_attribute(second, *values)
        if has_value:
            tested[next(iter(tested))]["Value"] = list(values)
        _watch_text(builder, "tested", _add_tested_override(builder, tested), second, after=AFTER)

    return fill_job


def _fill_sequence_job(builder: JobBuilder) -> None:
    """Fill a job with an override of a sequence. Its item changes one attribute and leaves another one out."""
    attributes = ATTRIBUTES[builder.pair.attribute]
    item = dict(ITEMS[attributes.sequence]) | {attributes.changed: _choose_changed_item_value(attributes.changed)}
    kept = item.pop(attributes.kept)
    data_set: dict[str, Any] = {}
    for keyword, value in item.items():
        data_set |= make_attribute(keyword, value)
    tested = make_attribute(attributes.sequence, dict(sorted(data_set.items())))
    study = _add_tested_override(builder, tested)
    values = {"before": ITEMS[attributes.sequence][attributes.changed], "after": item[attributes.changed]}
    builder.add_watch("tested", study, attributes.sequence, values, member=attributes.changed)
    builder.add_watch("kept", study, attributes.sequence, {"before": kept}, member=attributes.kept)


def _choose_changed_item_value(keyword: str) -> str:
    """Return the new value of an attribute in the item of a sequence."""
    return "RFID" if keyword == "TypeOfPatientID" else AFTER


def _fill_private_job(builder: JobBuilder) -> None:
    """Fill a job with an override of a private element and its private creator."""
    tested = {
        hex_of(PRIVATE_CREATOR_TAG): {"vr": "LO", "Value": [PRIVATE_CREATOR]},
        hex_of(PRIVATE_TAG): {"vr": "LO", "Value": [AFTER]},
    }
    study = _add_tested_override(builder, tested)
    builder.add_watch("tested", study, hex_of(PRIVATE_TAG), {"before": BEFORE_PRIVATE, "after": AFTER})


def _fill_precedence_job(builder: JobBuilder) -> None:
    """Fill a job with overrides of a study and of its series that set one attribute to different values."""
    text, _ = _get_text_keywords(builder.pair)
    study = builder.add_study()
    for level in (Level.STUDY, Level.SERIES):
        builder.add_override(study, make_attribute(text, level.value), name=level.value, level=level)
    _watch_text(builder, "tested", study, text, study="study", series="series")


def _fill_two_mappings_job(builder: JobBuilder) -> None:
    """Fill a job with two mappings of one study. Their override files set different attributes."""
    # The files have different attributes: if both had the same, "the first is applied" would look like "both are".
    text, second = _get_text_keywords(builder.pair)
    study = builder.add_study()
    builder.add_override(study, make_attribute(second, "first"), name="first")
    builder.add_override(study, make_attribute(text, "last"), name="last")
    _watch_text(builder, "in first", study, second, after="first")
    _watch_text(builder, "in last", study, text, after="last")


def _fill_shared_file_job(builder: JobBuilder) -> None:
    """Fill a job with one override file that the mappings of two studies name."""
    text, _ = _get_text_keywords(builder.pair)
    study, other = builder.add_study("one"), builder.add_study("two")
    builder.add_override(study, make_attribute(text, AFTER))
    builder.add_mapping(other, f"{OVERRIDES_FOLDER}/override.json")
    _watch_text(builder, "tested", study, text)
    _watch_text(builder, "other", other, text)


def _fill_no_match_job(builder: JobBuilder) -> None:
    """Fill a job with a mapping of a study without files, beside a mapping of a study with files."""
    text, _ = _get_text_keywords(builder.pair)
    study, absent = builder.add_study("present"), builder.make_study("absent")
    builder.add_override(study, make_attribute(text, AFTER), name="present")
    builder.add_override(absent, make_attribute(text, AFTER), name=ABSENT_NAME)
    _watch_text(builder, "control", study, text)


def _fill_missing_file_job(builder: JobBuilder) -> None:
    """Fill a job with a mapping to a file that is not uploaded, beside a valid mapping."""
    text, _ = _get_text_keywords(builder.pair)
    study, other = builder.add_study("missing"), builder.add_study("present")
    builder.add_override(other, make_attribute(text, AFTER), name="present")
    builder.add_mapping(study, f"{OVERRIDES_FOLDER}/missing.json")
    _watch_text(builder, "tested", study, text)
    _watch_text(builder, "control", other, text)


def _fill_broken_file_job(builder: JobBuilder) -> None:
    """Fill a job with an override file that is cut in the middle, beside a valid one."""
    text, _ = _get_text_keywords(builder.pair)
    study, other = builder.add_study("broken"), builder.add_study("intact")
    builder.add_override(other, make_attribute(text, AFTER), name="intact")
    broken = build_override(builder.form, study, builder.pair.override, make_attribute(text, AFTER))
    builder.add_file(f"{OVERRIDES_FOLDER}/broken.json", broken[: len(broken) // 2])
    builder.add_mapping(study, f"{OVERRIDES_FOLDER}/broken.json")
    _watch_text(builder, "tested", study, text)
    _watch_text(builder, "control", other, text)


def _fill_byte_order_mark_job(builder: JobBuilder) -> None:
    """Fill a job with an override file that begins with the byte order mark of UTF-8."""
    text, _ = _get_text_keywords(builder.pair)
    study = builder.add_study()
    builder.add_override(study, make_attribute(text, AFTER), encoding="utf-8-sig")
    _watch_text(builder, "tested", study, text)


def _fill_latin_1_job(builder: JobBuilder) -> None:
    """Fill a job with an override file in Latin-1."""
    text, _ = _get_text_keywords(builder.pair)
    study = builder.add_study()
    builder.add_override(study, make_attribute(text, NON_ASCII), encoding="latin-1")
    _watch_text(builder, "tested", study, text, after=NON_ASCII)


def _fill_non_ascii_job(builder: JobBuilder) -> None:
    """Fill a job with an override whose value has a letter that is not ASCII."""
    _, second = _get_text_keywords(builder.pair)
    study = _add_tested_override(builder, make_attribute(second, NON_ASCII))
    _watch_text(builder, "tested", study, second, after=NON_ASCII)


def _fill_character_set_job(builder: JobBuilder) -> None:
    """Fill a job with an override that declares its character set (UTF-8)."""
    text, _ = _get_text_keywords(builder.pair)
    study = builder.add_study()
    character_set = make_attribute("SpecificCharacterSet", "ISO_IR 192")
    builder.add_override(study, {**character_set, **make_attribute(text, NON_ASCII)})
    _watch_text(builder, "tested", study, text, after=NON_ASCII)


def _make_size_filler(megabytes: int) -> Callable[[JobBuilder], None]:
    """Return a function that fills a job with an override file of a size in megabytes."""

    def fill_job(builder: JobBuilder) -> None:
        attributes = ATTRIBUTES[builder.pair.attribute]
        study = builder.add_study()
        data_set = make_attribute(attributes.text, AFTER)
        items = builder.add_large_override(study, data_set, attributes.sequence, megabytes * MEGABYTE)
        _watch_text(builder, "tested", study, attributes.text)
        builder.add_watch("filled", study, attributes.sequence, {"before": "1", "after": str(items)}, is_count=True)

    return fill_job


def _make_number_filler(number: object, integer: object) -> Callable[[JobBuilder], None]:
    """Return a function that fills a job with an override of a value of DS and a value of IS."""

    def fill_job(builder: JobBuilder) -> None:
        attributes = ATTRIBUTES[builder.pair.attribute]
        if attributes.number is None or attributes.integer is None:
            raise AssertionError("the job needs a pair whose level has DS and IS")
        tested = make_attribute(attributes.number, number) | make_attribute(attributes.integer, integer)
        study = _add_tested_override(builder, tested)
        _watch_text(builder, "tested", study, attributes.number, after=str(CHANGED_NUMBER))
        _watch_text(builder, "integer", study, attributes.integer, after=str(CHANGED_INTEGER))

    return fill_job


def _fill_long_value_job(builder: JobBuilder) -> None:
    """Fill a job with an override whose value is longer than AWS allows."""
    keyword = ATTRIBUTES[builder.pair.attribute].long
    if keyword is None:
        raise AssertionError("the job needs a pair whose level has a limited text")
    value = LONG_TEXT.strip()
    if len(value) <= MAX_ELEMENT_LENGTHS[keyword]:
        raise AssertionError("the text is not longer than the limit")
    _watch_text(builder, "tested", _add_tested_override(builder, make_attribute(keyword, value)), keyword, after=value)


def _fill_first_import_job(builder: JobBuilder) -> None:
    """Fill a job with the study that the job `without-files` then tries to change."""
    study = builder.add_study()
    text, _ = _get_text_keywords(builder.pair)
    _watch_text(builder, "tested", study, text)


def _fill_without_files_job(builder: JobBuilder) -> None:
    """Fill a job with an override for a study that was imported before, and without its P10 files."""
    text, _ = _get_text_keywords(builder.pair)
    study = _make_first_import_study(builder)
    builder.add_override(study, make_attribute(text, AFTER))
    _watch_text(builder, "tested", study, text)


def _make_first_import_study(builder: JobBuilder) -> SyntheticStudy:
    """Return the study that the job FIRST_IMPORT imports. Another job then tries to change it without P10 files."""
    return JobBuilder(builder.probe, FIRST_IMPORT, builder.form, builder.pair).make_study()


def _fill_prefix_job(builder: JobBuilder) -> None:
    """Fill a job with one override file at two keys: its path joined to the prefix with and without a slash."""
    text, _ = _get_text_keywords(builder.pair)
    study, path = builder.add_study(), f"{OVERRIDES_FOLDER}/override.json"
    for state, is_beside in (("joined", False), ("concatenated", True)):
        content = build_override(builder.form, study, builder.pair.override, make_attribute(text, state))
        builder.add_file(path, content, is_beside=is_beside)
    builder.add_mapping(study, path)
    _watch_text(builder, "tested", study, text, joined="joined", concatenated="concatenated")


def make_form_job_name(form: Form, pair: LevelPair) -> str:
    """Return the name of the job that tries a form of override files with attributes of a level."""
    return f"form-{form.name}-{pair.question}"


def make_level_job_name(pair: LevelPair) -> str:
    """Return the name of the job that tries attributes of a level in the form that the data store accepts."""
    return f"level-{pair.question}"


_FORM_JOBS = {make_form_job_name(form, pair): (form, pair) for pair in PAIRS for form in FORMS}
_LEVEL_JOBS = {make_level_job_name(pair): pair for pair in PAIRS}
_FILLERS: dict[str, Callable[[JobBuilder], None]] = {
    COPIES: _fill_copies_job,
    "empty-no-value": _make_empty_filler(has_value=False),
    "empty-null": _make_empty_filler(None, has_value=True),
    "empty-list": _make_empty_filler(has_value=True),
    "sequence": _fill_sequence_job,
    "private": _fill_private_job,
    "precedence": _fill_precedence_job,
    "two-mappings": _fill_two_mappings_job,
    "shared-file": _fill_shared_file_job,
    "no-match": _fill_no_match_job,
    "missing-file": _fill_missing_file_job,
    "broken-file": _fill_broken_file_job,
    "byte-order-mark": _fill_byte_order_mark_job,
    "latin-1": _fill_latin_1_job,
    "non-ascii": _fill_non_ascii_job,
    "character-set": _fill_character_set_job,
    "size-1": _make_size_filler(1),
    "size-10": _make_size_filler(10),
    "size-50": _make_size_filler(50),
    "number-text": _make_number_filler(str(CHANGED_NUMBER), str(CHANGED_INTEGER)),
    "number-number": _make_number_filler(CHANGED_NUMBER, CHANGED_INTEGER),
    "long-value": _fill_long_value_job,
    FIRST_IMPORT: _fill_first_import_job,
    "without-files": _fill_without_files_job,
    "prefix": _fill_prefix_job,
}

JOB_NAMES = (COPIES, *_FORM_JOBS, *_LEVEL_JOBS, *(name for name in _FILLERS if name != COPIES))
"""The names of all jobs, in the order in which they are started."""
JOB_NUMBERS = {name: f"{number:04}" for number, name in enumerate(JOB_NAMES, 1)}
"""Name of a job -> its number, which is the same in all probes."""
