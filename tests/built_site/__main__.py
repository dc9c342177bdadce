"""Check a built site offline, and in a browser where there is one: `python -m tests.built_site build/site`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.built_site.in_browser import requests
from tests.built_site.pages import problems

site = Path(sys.argv[1])
found = [*problems(site), *requests(site, site.parent / "screens")]
sys.stderr.writelines(f"{problem}\n" for problem in found)
sys.exit(1 if found else 0)
