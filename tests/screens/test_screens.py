"""All that notebooks display, in Chromium: legible in every notebook's style, light and dark, and without requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.screens.geometry import OPEN_ALL, find_pale_texts, find_problems, plot_backgrounds
from tests.screens.shown import everything, page
from tests.support.chromium import Chromium, run_chromium
from tests.support.long_cases import one_of
from tests.support.needed_tools import needs_chromium

pytestmark = needs_chromium

STYLES = Path(__file__).with_name("styles")
NOTEBOOKS = {
    "nbconvert light": (
        '<body data-jp-theme-light="true" class="jp-ThemedContainer"><div class="jp-RenderedHTMLCommon">',
        (255, 255, 255),
    ),
    "nbconvert dark": (
        '<body data-jp-theme-light="false" class="jp-ThemedContainer"><div class="jp-RenderedHTMLCommon">',
        (17, 17, 17),
    ),
    "vscode light": ('<body class="vscode-light"><div class="output">', (255, 255, 255)),
    "vscode dark": ('<body class="vscode-dark"><div class="output">', (31, 31, 31)),
    "colab light": ('<body><div class="rendered_html">', (255, 255, 255)),
    "colab dark": ('<body><div class="rendered_html">', (56, 56, 56)),
}
"""The start of a page's body in the style sheet of this name and theme, and the colour of its background."""
PLAIN = ("progress", "placeholder", "thumbnail", "montage", "overview")
"""The displays without text in a report."""


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the HTML of all that notebooks display, by name."""
    with everything(tmp_path_factory.mktemp("everything")) as displays:
        return displays


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_nothing_is_requested_and_all_is_seen(
    chromium: Chromium, every: dict[str, str], scheme: str, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(page(*every.values()), encoding="utf-8")
    before = len(chromium.requests)
    shown = chromium.open((tmp_path / "page.html").as_uri(), scheme=scheme, width=1100, height=11_000)
    shown.save_screenshot(tmp_path / "page.png")
    shown.close()
    assert chromium.requests[before:] == []
    with Image.open(tmp_path / "page.png") as opened:
        greys = opened.convert("L")
    counts = greys.histogram()
    dark, light = sum(counts[:64]), sum(counts[192:])
    # Most of a page is its background, and its text is of the other kind.
    background, text = (light, dark) if scheme == "light" else (dark, light)
    assert background > 0.7 * sum(counts)
    assert text > 0.005 * sum(counts)


def test_a_page_with_a_request_is_detected(chromium: Chromium, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page('<img src="http://leak.example/1.png">'), encoding="utf-8")
    chromium.open((tmp_path / "page.html").as_uri()).close()
    assert any("leak.example" in path for path in chromium.requests)


def test_no_output_depends_on_script(every: dict[str, str]) -> None:
    assert not [name for name, html in every.items() if "<script" in html or "javascript:" in html]


@pytest.mark.parametrize("notebook", one_of(6, NOTEBOOKS))
def test_reports_are_legible_in_the_style_of_a_notebook(
    chromium: Chromium, every: dict[str, str], notebook: str, tmp_path: Path
) -> None:
    style, theme = notebook.split()
    body, background = NOTEBOOKS[notebook]
    css = (STYLES / f"{style}.css").read_text(encoding="utf-8")
    html = "<hr>".join(content for name, content in every.items() if name not in PLAIN)
    (tmp_path / "page.html").write_text(
        f'<!doctype html><html theme="{theme}"><meta charset="utf-8"><style>{css}</style>{body}{html}</div></body>',
        encoding="utf-8",
    )
    other = "dark" if theme == "light" else "light"  # the theme is the notebook's, and not the system's
    shown = chromium.open((tmp_path / "page.html").as_uri(), scheme=other, width=1100, height=12_000)
    assert find_problems(shown) == []
    assert find_pale_texts(shown, background) == []
    grounds = plot_backgrounds(shown, tmp_path / "page.png")
    assert len(grounds) >= 3
    assert all(inside == beside == background for inside, beside in grounds)
    shown.evaluate(OPEN_ALL)
    shown.resize(700, 12_000)
    assert find_problems(shown) == []
    shown.close()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('<td style="width:9px;word-break:break-all">StudyInstanceUID</td>', "broken: StudyInstanceUID"),
        ('<th style="display:block;width:20px;overflow:hidden">PatientID</th>', "22 px: PatientID"),
        ('<td style="display:block;width:20px">PatientID</td>', "overflows: PatientID"),
    ],
)
def test_a_page_that_is_not_legible_is_detected(chromium: Chromium, content: str, problem: str, tmp_path: Path) -> None:
    html = f'<div class="dicommap"><table style="table-layout:fixed;width:30px"><tr>{content}</tr></table></div>'
    (tmp_path / "page.html").write_text(page(html), encoding="utf-8")
    shown = chromium.open((tmp_path / "page.html").as_uri())
    assert problem in find_problems(shown)
    shown.close()
