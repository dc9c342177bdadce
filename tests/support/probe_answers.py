"""What the report of a probe says if the stand-in gives certain answers.

A behaviour that nobody can tell from another is expected as the other: an unreported refusal is like `ignored`.
"""

from __future__ import annotations

from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers

LEVELS = [name for name in map_questions_to_answers() if name.endswith(("InStudy", "InSeries"))]
CONTROLLED = {
    "emptyNoValue",
    "emptyNull",
    "emptyList",
    "privateElements",
    "nonAscii",
    "numbersAsText",
    "numbersAsNumber",
    "longValues",
    "precedence",
    "twoMappings",
}
"""Questions whose files also set another attribute, or of whose two files one should be applied."""


def observable_answers(answers: OverrideAnswers) -> dict[str, str | None]:
    """Return the answers that a probe can observe."""
    seen: dict[str, str | None] = dict(answers.model_dump())
    applied = {name for name in LEVELS if seen[name] == "applied"}
    if not applied:
        return dict.fromkeys(seen, None) | {"twoCopies": answers.twoCopies}
    silent = answers.refusal == "silent"
    for name, answer in seen.items():
        if answer == "refused" and silent and name not in CONTROLLED | {"identifyingUids"}:
            seen[name] = "unchanged" if name == "withoutFiles" else "ignored"
    if answers.refusal == "warned":  # there is no file that could have the warning
        seen["noMatch"] = "ignored"
        seen["withoutFiles"] = "unchanged" if answers.withoutFiles == "refused" else answers.withoutFiles
    if answers.identifyingUids == "needed":
        seen["sharedFile"] = None
    levels = {name.partition("In")[0] for name in applied}
    if not levels & {"series", "instance"}:
        seen |= {"numbersAsText": None, "numbersAsNumber": None}
    if not levels & {"patient", "study"}:
        seen["longValues"] = None
    if not any({f"{level}InStudy", f"{level}InSeries"} <= applied for level in levels):
        seen["precedence"] = None
    refusals = {name for name, answer in seen.items() if answer == "refused" and name != "identifyingUids"}
    has_refused_form = answers.dataSet != "both" or answers.identifyingUids != "allowed"
    seen["refusal"] = answers.refusal if refusals or has_refused_form else None
    return seen
