"""Find the files and commands on a documentation page, and run the commands as a user would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^`([\w./-]+)`[^\n`]*:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A file name at the beginning of a line that ends with a colon, and the file's text in the next block."""

SHELL = re.compile(r"^\$ (.*(?:(?<=\\)\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
"""A command, which may continue after a backslash, and its output."""


@dataclass(frozen=True)
class PageCommand:
    """A command on a page, with the output that the page shows."""

    command: str
    printed: str


def find_shell_blocks(page: str) -> list[str]:
    """Return the blocks of a page that contain commands."""
    return [text for language, text in BLOCK.findall(page) if not language and text.startswith("$ ")]


def find_commands(page: str) -> list[PageCommand]:
    """Return the commands of a page, in order."""
    return [PageCommand(*found) for block in find_shell_blocks(page) for found in SHELL.findall(block)]


def find_files(page: str) -> dict[str, str]:
    """Return the files that a page shows: name -> text."""
    return dict(FILE.findall(page))


def find_other_blocks(page: str) -> list[str]:
    """Return the blocks that are neither files nor commands; no test runs them."""
    known = {*find_files(page).values(), *find_shell_blocks(page)}
    return [text for _, text in BLOCK.findall(page) if text not in known]


def run_command(shown: PageCommand, directory: Path, status: int) -> tuple[int, str]:
    """Run a command in a shell in which `$?` is `status`; return its exit status and output, including stderr."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    script = f"set -o pipefail\n(exit {status})\n{shown.command}"
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=120,
    )
    return ran.returncode, ran.stdout.decode("utf-8")
