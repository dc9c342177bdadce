"""The check of the built site finds what is planted, and nothing in a site that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.built_site.in_browser import requests
from tests.built_site.pages import problems
from tests.support.needed_tools import needs_chromium

RIGHT = """<link rel="stylesheet" href="look.css"><script src="do.js?v=1"></script><img src="data:image/png;base64,AA">
<h1 id="top">A</h1><a href="#top">a</a> <a href="sub/b.html#b">b</a> <a href="https://example.org/">elsewhere</a>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a site of two pages in which all is right."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text(RIGHT)
    (tmp_path / "sub/b.html").write_text('<p id="b"><a href="../a.html#top">a</a>')
    (tmp_path / "look.css").write_text("p { background: url(x.png) }")
    (tmp_path / "do.js").write_text("")
    return tmp_path


def test_a_site_that_is_right(site: Path) -> None:
    assert list(problems(site)) == []


@pytest.mark.parametrize(
    "planted",
    [
        '<a href="c.html">',
        '<a href="sub/b.html#c">',
        '<a href="#bottom">',
        '<script src="https://example.org/x.js">',
        '<script src="//example.org/x.js">',
        '<link rel="preload stylesheet" href="https://example.org/x.css">',
        '<img src="missing.png">',
        '<iframe src="http://example.org/">',
    ],
)
def test_what_is_wrong_is_found(site: Path, planted: str) -> None:
    (site / "a.html").write_text(RIGHT + planted)
    (problem,) = problems(site)
    assert problem.startswith("a.html ")


def test_a_style_that_loads_from_elsewhere_is_found(site: Path) -> None:
    (site / "look.css").write_text("@font-face { src: url( 'https://example.org/x.woff2') }")
    assert list(problems(site)) == ["look.css loads something from elsewhere"]


@needs_chromium
def test_what_a_page_asks_for_by_script_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    script = "<script>fetch('http://leak.' + 'example/')</script>"
    (tmp_path / "docs/index.html").write_text(script)
    found = list(requests(tmp_path, tmp_path / "pictures"))
    assert {problem.partition(" asks")[0] for problem in found} == {"index.html in light", "index.html in dark"}
    assert len(list((tmp_path / "pictures").iterdir())) == 2


def test_no_site_is_no_right_site(tmp_path: Path) -> None:
    assert list(problems(tmp_path))
