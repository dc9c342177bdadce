"""All that notebooks show, in a real browser, light and dark: readable in both, and nothing asked of the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.screens.shown import everything, page
from tests.support.browser import SCHEMES, take_screenshot
from tests.support.needed_tools import needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the HTML of all that notebooks show, by name."""
    with everything(tmp_path_factory.mktemp("everything")) as found:
        return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_is_asked_for_and_all_is_seen(every: dict[str, str], scheme: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(*every.values()), encoding="utf-8")
    assert take_screenshot(tmp_path / "page.html", tmp_path / "page.png", scheme, height=11_000) == []
    with Image.open(tmp_path / "page.png") as opened:
        greys = opened.convert("L")
    counts = greys.histogram()
    dark, light = sum(counts[:64]), sum(counts[192:])
    # Most of a page is its ground, and on it there is ink of the other kind.
    ground, ink = (light, dark) if scheme == "light" else (dark, light)
    assert ground > 0.7 * sum(counts)
    assert ink > 0.005 * sum(counts)


def test_a_page_that_asks_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page('<img src="http://leak.example/1.png">'), encoding="utf-8")
    assert any(
        "leak.example" in path for path in take_screenshot(tmp_path / "page.html", tmp_path / "page.png", "light")
    )


def test_no_output_depends_on_script(every: dict[str, str]) -> None:
    assert not [name for name, html in every.items() if "<script" in html or "javascript:" in html]
