"""Each sentence about re-import, about what overrides do and about cost says how it is known, and where.

docs/aws.md explains the marks [DOC], [MODEL], [INF] and [NOT DOC]. On other pages a mark is a link to its row there. In
issue texts it names the page of AWS's developer guide: `[DOC understanding-image-sets]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicommap.issues import CATALOGUE

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
GENERATED = {"issue-codes.md", "architecture.md", "benchmarks.md"}
"""Pages that are made from the code, which is checked itself, or that are not about AWS."""
PAGES = [path for path in [*sorted(DOCS.rglob("*.md")), TOP / "README.md"] if path.name not in GENERATED]

AGAIN = r"(again|twice|a second time|more than once|before)"
TRIGGERS = re.compile(
    r"re-?import(s|ed|ing)?\b"
    rf"|\bimport(s|ed|ing)?( (it|them|an instance|instances|files|P10 files|the same instance))? {AGAIN}"
    r"|\b(new|older|latest) versions? (of|stored)|version of (its|the|a|an) (primary )?image set"
    r"|remove duplicates|overwrit\w+ .*image set"
    r"|non-primary\*? image set|(becomes?|are|is|makes) (a )?\*?non-primary|\bpromoteToPrimary\b|\bpromoting\b"
    r"|\bbill(ed|ing|s)?\b|\bcosts? (storage|money|nothing|more)|uses storage"
    r"|overrides? (is|are|was|were) (not )?(applied|ignored)|overrides? (corrects?|takes? effect)"
    r"|corrects what is stored"
    r"|\bAWS (accepts|changes)\b|refuses it with ConflictException|\b90 days\b|HealthImaging (keeps|replaces)\b"
    r"|drops? (it|the member|`?importConfiguration)",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"\[\[?(DOC|MODEL|INF|NOT DOC)\b[^\]]*\]|\| (DOC|MODEL|INF|NOT DOC)\b|\btried\b|\blikely\b|forecast"
    r"|not known (whether|if)|not document|documents neither|\(\[what AWS documents\]|price page",
    re.IGNORECASE,
)
"""A mark, the label of a row in a table, or words that say the same: tried, likely, a forecast, not documented."""
OURS = (
    "`-n` shows what would be sent and billed",
    "In a bucket with versions, older versions of the objects stay",
    "Something prevents all imports or all overrides",
    "Whether the overrides were applied is another question",
    '"Every instance was imported" does not say',
    "| know that the overrides were applied",
    "Other pages and `dicommap explain` mark",
    "An instance is imported again if",
    "**The files can be imported again.",
    "- The first version of an image set has",
    "| know which files would become",
    "If a job imported nothing",
    "Look the instance up",
    "To import instances again",
    "To import the files again",
    "If two jobs imported its prefix",
    "Its job manifest, if it wrote one",
    "The job's manifests, if it wrote any",
    "The page of the user guide",
    "Then correct the stored image sets first",
)
"""Beginnings of sentences about what dicommap or the reader does, or what job manifests say."""


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a paragraph. A period inside a word or code does not end a sentence."""
    yield from re.split(r"(?<=[.!?:])[\s*]+(?=[A-Z`\[*(])", " ".join(text.split()))


def blocks_of(page: str) -> Iterator[str]:
    """Yield the paragraphs, list items and table rows of a Markdown page, without code, headings and links to pages."""
    text = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    yield from re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=\|)", text)


def unlabelled_sentences(blocks: Iterator[str]) -> list[str]:
    found = []
    for block in blocks:
        for sentence in [block] if block.lstrip().startswith("|") else sentences_of(block):
            own_words = re.sub(r"\[[^\]]*\]\([^)]*\.md(?!#(re-import|the-override|cost))[^)]*\)", "", sentence)
            is_claim = TRIGGERS.search(own_words) and not sentence.strip().startswith(OURS)
            if is_claim and not LABEL.search(sentence):
                found.append(" ".join(sentence.split()))
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TOP).as_posix())
def test_claims_of_a_page_are_labelled(path: Path) -> None:
    assert unlabelled_sentences(blocks_of(path.read_text(encoding="utf-8"))) == []


def test_claims_of_an_issue_text_are_labelled() -> None:
    claims = {name: unlabelled_sentences(iter([code.explanation, code.fix])) for name, code in CATALOGUE.items()}
    assert {name: sentences for name, sentences in claims.items() if sentences} == {}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TOP).as_posix())
def test_a_mark_leads_to_rows_with_its_label(path: Path) -> None:
    rows = _labels_by_heading((DOCS / "aws.md").read_text(encoding="utf-8"))
    for label, place, anchor in re.findall(
        r"\[\[([A-Z ]+)\]\]\(([\w./-]*)#([\w-]+)\)", path.read_text(encoding="utf-8")
    ):
        assert (path.parent / place if place else path).resolve() == DOCS / "aws.md"
        assert label in rows[anchor]


def test_a_mark_of_an_issue_text_names_a_page_that_the_list_has() -> None:
    known = set(re.findall(r"`([\w-]+)`", (DOCS / "aws.md").read_text(encoding="utf-8")))
    for name, code in CATALOGUE.items():
        for label, pages in re.findall(r"\[(DOC|MODEL|INF|NOT DOC)([^\]]*)\]", f"{code.explanation} {code.fix}"):
            assert {page.strip() for page in pages.split(",") if page.strip()} <= known, name
            assert bool(pages.strip()) is (label == "DOC"), name


def test_sentences_without_a_label_are_found() -> None:
    page = "An instance is imported twice. It costs storage [[DOC]](aws.md#cost).\n\n```\nimported again\n```\n"
    assert unlabelled_sentences(blocks_of(page)) == ["An instance is imported twice."]


def _labels_by_heading(page: str) -> dict[str, set[str]]:
    """Return the anchor of each heading of docs/aws.md and the labels in the table below it."""
    labels: dict[str, set[str]] = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        anchor = re.sub(r"[^\w]+", "-", section.partition("\n")[0].lower()).strip("-")
        labels[anchor] = set(re.findall(r"\| (NOT DOC|DOC|MODEL|INF)\b", section))
        if "not documented" in section.lower():
            labels[anchor].add("NOT DOC")
    return labels
