"""The built site in a real browser, light and dark: what its pages ask the network for. Nothing where there is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING

from tests.support.browser import SCHEMES, take_screenshot
from tests.support.needed_tools import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def requests(site: Path, pictures: Path) -> Iterator[str]:
    """Yield what the start page and each notebook's page ask for, and leave pictures of them."""
    if CHROMIUM is None:
        return
    pictures.mkdir(parents=True, exist_ok=True)
    pages = [site / "docs" / "index.html", *sorted((site / "notebooks").glob("*.html"))]

    def asked(page: Path, scheme: str) -> list[str]:
        return take_screenshot(page, pictures / f"{page.stem}-{scheme}.png", scheme, width=1_400, height=5_000)

    with ThreadPoolExecutor(2) as threads:
        waiting = {(page, scheme): threads.submit(asked, page, scheme) for page, scheme in product(pages, SCHEMES)}
        for (page, scheme), found in waiting.items():
            yield from (f"{page.name} in {scheme} asks for {what}" for what in found.result())
