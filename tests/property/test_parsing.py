"""What the parser of a command makes of words, in any order and with any characters."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from dicommap.cli.commands import RootParser
from dicommap.errors import UsageError
from tests.support.example_counts import examples

NAMES = [
    "-o",
    "--output",
    "-j",
    "--jobs",
    "--no-cache",
    "--archives",
    "-0",
    "--attributes",
    "--fail-on",
    "--files-from",
]
WORDS = st.one_of(
    st.sampled_from([*NAMES, "--output=x", "-o=x", "-ox", "-j2", "-0j2", "--", "-", "--outp", "--jobs=", "-1", "-x"]),
    st.sampled_from(
        ["2", "0", "07", "1.0", " 3", "٣", "x", "never", "a b", "", ".", "tree", "9" * 30, "\udcff", "a=b"]
    ),
)
TEXT = st.text(min_size=1, max_size=8).filter(lambda text: "\0" not in text and text.strip(", \t"))  # none is empty
FLAGS = st.sets(st.sampled_from(["--no-cache", "--archives", "--follow-links"]))


@given(st.lists(WORDS, max_size=8))
@example(["-o", "--"])
@example(["-o--", "--attributes=--", "--", "--"])
@examples(400)
def test_a_call_is_parsed_or_refused_with_advice(words: list[str]) -> None:
    try:
        args = RootParser().parse_args(["scan", *words])
    except UsageError:
        return
    assert isinstance(args.output, Path)
    assert isinstance(args.jobs, int)
    assert {*args.sources} <= {*words}


@given(
    st.lists(TEXT, max_size=4), TEXT.filter(lambda text: text != "-"), FLAGS, st.lists(TEXT, max_size=3), st.randoms()
)
@examples(300)
def test_options_may_stand_anywhere_and_values_may_be_any_text(
    sources: list[str], output: str, flags: set[str], attributes: list[str], random: object
) -> None:
    options = [["-o", output], *([flag] for flag in sorted(flags)), *(["--attributes", one] for one in attributes)]
    plain = [[source] for source in sources if not source.startswith("-") or source == "-"]
    mixed = _interleaved(options, plain, random)
    behind = [source for source in sources if [source] not in plain]
    args = RootParser().parse_args(["scan", *(word for part in mixed for word in part), "--", *behind])
    assert args.output == Path(output)
    assert args.sources == [*(source for (source,) in plain), *behind]
    assert (args.attributes or []) == attributes
    assert {name for name in ("no_cache", "archives", "follow_links") if getattr(args, name)} == {
        flag[2:].replace("-", "_") for flag in flags
    }


def _interleaved(first: list[list[str]], second: list[list[str]], random: object) -> list[list[str]]:
    """Return both lists merged at random, each in its own order."""
    rest = [[*first], [*second]]
    merged = []
    while any(rest):
        chosen = random.choice([one for one in rest if one])  # type: ignore[attr-defined]
        merged.append(chosen.pop(0))
    return merged
