"""What a page of the documents shows: files, and commands with what they print. Run as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^`([\w./-]+)`[^\n`]*:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A file's name at the beginning of a line that ends with a colon, and its text in the block that follows."""

SHELL = re.compile(r"^\$ (.*(?:(?<=\\)\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
"""A command, which a backslash carries on to the next line, and what it prints."""


@dataclass(frozen=True)
class Shown:
    """One command of a page."""

    command: str
    printed: str


def shell_blocks(page: str) -> list[str]:
    """Return a page's blocks of commands."""
    return [text for language, text in BLOCK.findall(page) if not language and text.startswith("$ ")]


def commands(page: str) -> list[Shown]:
    """Return a page's commands in order."""
    return [Shown(*found) for block in shell_blocks(page) for found in SHELL.findall(block)]


def files(page: str) -> dict[str, str]:
    """Return the files that a page shows, by name."""
    return dict(FILE.findall(page))


def unexplained_blocks(page: str) -> list[str]:
    """Return the blocks that are neither files nor commands, which nothing runs."""
    known = {*files(page).values(), *shell_blocks(page)}
    return [text for _, text in BLOCK.findall(page) if text not in known]


def run(shown: Shown, directory: Path, status: int) -> tuple[int, str]:
    """Run a command in a shell, `$?` being `status`; return its status and what it printed, stderr included."""
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
