"""Take pictures of all that notebooks show: `python -m tests.screens DIRECTORY` (needs Chromium).

With `--start-page docs` also the pictures of the site's first page.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.screens.shown import everything, first_minute, page
from tests.support.browser import SCHEMES, take_screenshot
from tests.support.needed_tools import CHROMIUM


def main() -> None:
    """Take the pictures; end with words where a page asks for anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--start-page", type=Path)
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("There is no Chromium.")
    options.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, everything(Path(folder)) as every:
        for name, html in every.items():
            _taken(options.directory, name, page(html), 900)
    if options.start_page:
        _taken(options.directory, "first-minute", first_minute(), 600)
        for scheme in SCHEMES:
            _made_small(options.directory / f"first-minute-{scheme}.png", options.start_page / f"notebook-{scheme}.png")


def _taken(directory: Path, name: str, content: str, height: int) -> None:
    place = directory / f"{name}.html"
    place.write_text(content, encoding="utf-8")
    for scheme in SCHEMES:
        asked = take_screenshot(place, directory / f"{name}-{scheme}.png", scheme, height=height)
        if asked:
            sys.exit(f"{name} asks for {', '.join(asked)}")


def _made_small(taken: Path, kept: Path) -> None:
    """Keep a picture with as many colours as it needs to be read."""
    Image.open(taken).convert("RGB").quantize(48).save(kept, optimize=True)


main()
