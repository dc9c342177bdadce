"""No override ever holds U+FFFD or half a character that nobody typed, whatever the files' bytes and the rules are."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.dicom.printable_text import is_undecodable
from dicommap.model.study import Study
from tests.support.example_counts import examples
from tests.support.p10_files import STUDY, data_set, p10, uid, write_tree

KEYWORDS = ("PatientName", "PatientID", "StudyDescription")
PLACES = dict(zip(KEYWORDS, ("<NAME!!>", "<IDENT!>", "<DESCR!>"), strict=True))
CHARSETS = (None, "ISO_IR 100", "ISO_IR 192", "GB18030", "ISO_IR 13", r"\ISO 2022 IR 87", r"\ISO 2022 IR 58")
TEXTS = ("M\u00fcller^J", "\u5c71\u7530^X", "SITE-1")

raw = st.binary(min_size=8, max_size=8) | st.sampled_from(
    [b"M\xfcller  ", b"\xe5\xb1\xb1 ab  ", b"\x1b$B;3ED  ", b"plain   ", b"\xef\xbf\xbdabcde", b"a\0b\x1b[3mc"]
)
files = st.lists(st.tuples(st.sampled_from(CHARSETS), st.fixed_dictionaries(dict.fromkeys(KEYWORDS, raw))), max_size=3)
keyword = st.sampled_from(KEYWORDS)
verbs = st.one_of(
    st.builds(lambda name: {"upper": [name]}, keyword),
    st.builds(lambda name: {"strip": [name]}, keyword),
    st.builds(lambda name, other: {"set": {name: f"x{{{other}}}"}}, keyword, keyword),
    st.builds(lambda name, text: {"set": {name: text}}, keyword, st.sampled_from(TEXTS)),
    st.builds(
        lambda name, text: {"replace": {name: {"pattern": "[^ -~]+", "with": text}}}, keyword, st.sampled_from("u_")
    ),
    st.builds(
        lambda name, text: {"match": {name: text}, "set": {"StudyID": "7"}}, keyword, st.sampled_from(("*", "M*", "?*"))
    ),
)


def written(charset: str | None, values: dict[str, bytes], number: int) -> bytes:
    made = data_set(SpecificCharacterSet=charset, SOPInstanceUID=uid(STUDY, 1, number), **PLACES)
    content = p10(made)
    for name, value in values.items():
        content = content.replace(PLACES[name].encode(), value)
    return content


def by_study(study: Study) -> dict[str, str]:
    return {"PatientComments": min(study.values["PatientName"]).encode("ascii", "replace").decode()[:4]}


@given(files, st.lists(verbs, max_size=2), st.sets(keyword, max_size=2), st.booleans())
@examples(25)
def test_no_override_holds_what_nobody_typed(
    made: list[tuple[str | None, dict[str, bytes]]], rules: list[dict[str, Any]], harmonize: set[str], functions: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = {f"{number}.dcm": written(charset, values, number) for number, (charset, values) in enumerate(made, 1)}
        toml = "".join(_rule(number, rule) for number, rule in enumerate(rules))
        (Path(folder) / "rules.toml").write_text(toml or "rule = []", encoding="utf-8")
        with dicommap.scan(write_tree(Path(folder) / "in", tree or {"none": b""})) as inventory:
            drafted = dicommap.draft(
                inventory,
                input_s3_uri="s3://bucket/in/",
                rules=[Path(folder) / "rules.toml"] if toml else [],
                by_study=[by_study] if functions else [],
                harmonize=sorted(harmonize),
            )
            for name, document in drafted.documents.items():
                # In grouping.csv, the character says that a value is not known.
                assert name == "grouping.csv" or "\ufffd" not in document
                document.encode("utf-8")
            for override in drafted.overrides:
                assert not is_undecodable(json.dumps(override.data_set, ensure_ascii=False))
            assert "Traceback" not in repr(drafted)
            whole = not any(is_undecodable(text) for name in KEYWORDS for text in inventory.distinct(name))
    if whole:
        assert "edit.undecodable-source" not in {issue.code for issue in drafted.issues}


def _rule(number: int, rule: dict[str, Any]) -> str:
    lines = [f'[[rule]]\nname = "{number}"\nlevel = "study"']
    for verb, given_ in rule.items():
        lines.append(f"{verb} = {_toml(given_)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + " }"
    return json.dumps(value)
