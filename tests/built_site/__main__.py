"""Check a built site offline: `python -m tests.built_site build/site`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.built_site.pages import problems

found = list(problems(Path(sys.argv[1])))
sys.stderr.writelines(f"{problem}\n" for problem in found)
sys.exit(1 if found else 0)
