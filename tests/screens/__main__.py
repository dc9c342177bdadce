"""Take pictures of all that notebooks show: `python -m tests.screens DIRECTORY` (needs Chromium)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser import SCHEMES, pictured
from tests.screens.shown import everything, page

target = Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as folder, everything(Path(folder)) as every:
    for name, html in every.items():
        (target / f"{name}.html").write_text(page(html), encoding="utf-8")
        for scheme in SCHEMES:
            asked = pictured(target / f"{name}.html", target / f"{name}-{scheme}.png", scheme)
            if asked:
                sys.exit(f"{name} asks for {', '.join(asked)}")
