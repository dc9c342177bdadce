"""Find the files and commands on a documentation page, and run the commands as a user would.

A command that begins with `dicommap` and its words runs in this process, which saves the start of a process for each.
Files for its two outputs, words from `$(cat FILE)`, and a pipe to other programs may follow. Its output is that on a
terminal of 80 columns, unless it goes to a file or into a pipe. Everything else runs in bash.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

from dicommap.cli.main import main

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^`([\w./-]+)`[^\n`]*:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A file name at the beginning of a line that ends with a colon, and the file's text in the next block."""

SHELL = re.compile(r"^\$ (.*(?:(?<=\\)\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
"""A command, which may continue after a backslash, and its output."""

WORD = r"""(?:[^\s'"|&;<>()$`*?~#\\]|'[^']*'|"[^"$`\\]*")+"""
NAME = r"[\w./-]+"
SIMPLE = re.compile(
    rf"(?P<words>dicommap(?:[ ]+(?:{WORD}|\$\(cat[ ]{NAME}\)))*)"
    rf"(?:[ ]+>[ ]?(?P<file>{NAME}))?(?:[ ]+2>[ ]?(?P<errors>&1|{NAME}))?"
    r"[ ]*(?:\|(?!\|)(?P<pipe>[^|&;]+(?:\|[^|&;]+)*))?"
)
"""A call of dicommap that needs no shell: words, perhaps in quotes, or those of a file; perhaps files for its
outputs, and a pipe."""


STYLE = re.compile(r"\x1b\[[0-9;]*m")
"""A style of a terminal, such as bold."""


class Terminal(io.TextIOWrapper):
    """A stream in memory that looks like a terminal."""

    def isatty(self) -> bool:
        return True


TERMINAL = {"COLUMNS": "80", "LINES": "50", "NO_COLOR": "1", "PAGER": "", "TERM": "xterm"}
"""The environment of a terminal without colours and without a pager."""


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


def run_command(shown: PageCommand, directory: Path, status: int = 0) -> tuple[int, str]:
    """Run a command in a shell in which `$?` is `status`; return its exit status and output, including stderr."""
    simple = SIMPLE.fullmatch(shown.command.replace("\\\n", " "))
    if not simple:
        return _run_in_bash(f"(exit {status})\n{shown.command}", directory)
    with contextlib.chdir(directory):
        words = re.sub(rf"\$\(cat ({NAME})\)", lambda cat: Path(cat[1]).read_text("utf-8").strip(), simple["words"])
        status, printed, piped = _run_in_this_process(
            shlex.split(words), simple["file"], simple["errors"], is_piped=bool(simple["pipe"])
        )
    if simple["pipe"]:
        status_of_pipe, end = _run_in_bash(simple["pipe"], directory, piped)
        status, printed = status_of_pipe or status, printed + end
    return status, printed


def _run_in_bash(script: str, directory: Path, given: bytes | None = None) -> tuple[int, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail\n{script}"],
        cwd=directory,
        env={**os.environ, "PATH": path, "NO_COLOR": "1", "PYTHONUTF8": "1"},
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=120,
    )
    return ran.returncode, ran.stdout.decode("utf-8")


def write_files(page: str, directory: Path) -> None:
    """Write the files that a page shows into a directory."""
    for name, text in find_files(page).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")


def run_page(page: str, directory: Path) -> Iterator[tuple[PageCommand, int, str]]:
    """Write the files of a page and run its commands in order; yield each with its exit status and output."""
    write_files(page, directory)
    status = 0
    for command in find_commands(page):
        status, printed = run_command(command, directory, status)
        yield command, status, printed


def check_page(place: Path, directory: Path, *, may_fail: bool = False, only_transcripts: bool = False) -> None:
    """Run the commands of a page, and compare their outputs with those on the page.

    If DICOMMAP_WRITE_PAGES is set, the outputs on the page are replaced instead; a command without output stays so.

    Args:
        place: The page.
        directory: The directory to run in. The files that the page shows are written there.
        may_fail: Commands may fail. Otherwise a command may fail only if the next one is `echo $?`.
        only_transcripts: The page may have blocks that are neither files nor transcripts.
    """
    page = place.read_text(encoding="utf-8")
    assert only_transcripts or find_other_blocks(page) == []
    steps = list(run_page(page, directory))
    assert steps
    if os.environ.get("DICOMMAP_WRITE_PAGES"):
        place.write_text(_replace_outputs(page, steps), encoding="utf-8")
        return
    for (shown, status, printed), following in zip(steps, [*steps[1:], None], strict=True):
        is_expected = may_fail or (following is not None and following[0].command == "echo $?")
        assert status == 0 or is_expected, (shown.command, printed)
        if shown.printed:
            assert [line.rstrip() for line in printed.splitlines()] == shown.printed.splitlines(), shown.command


def _replace_outputs(page: str, steps: list[tuple[PageCommand, int, str]]) -> str:
    position = 0  # a page may show one command several times, with equal outputs
    for shown, _, printed in steps:
        if shown.printed:
            old = f"$ {shown.command}\n{shown.printed}"
            new = "".join([f"$ {shown.command}\n", *(f"{line.rstrip()}\n" for line in printed.splitlines())])
            position = page.index(old, position)
            page = page[:position] + new + page[position + len(old) :]
            position += len(new)
    return page


def _run_in_this_process(
    words: list[str], file: str | None, errors: str | None, *, is_piped: bool
) -> tuple[int, str, bytes]:
    """Run `dicommap` as a process would; return its status, what it prints on the terminal, and what it pipes.

    Args:
        words: The words of the command, the first is `dicommap`.
        file: The file for its results, if any.
        errors: The file for its messages, if any; `&1` is the place of its results.
        is_piped: Its results go into a pipe.
    """
    printed, piped = io.BytesIO(), io.BytesIO()
    with contextlib.ExitStack() as stack:

        def open_file(name: str) -> TextIO:
            return stack.enter_context(Path(name).open("w", encoding="utf-8", newline=""))

        def open_stream(content: io.BytesIO, kind: type[io.TextIOWrapper] = io.TextIOWrapper) -> TextIO:
            return kind(content, encoding="utf-8", write_through=True)

        out = open_file(file) if file else open_stream(piped) if is_piped else open_stream(printed, Terminal)
        err = out if errors == "&1" else open_file(errors) if errors else open_stream(printed)
        stack.enter_context(patch.multiple(sys, argv=words, stdout=out, stderr=err, excepthook=sys.excepthook))
        stack.enter_context(patch.dict(os.environ, TERMINAL))
        status: object = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        return int(str(status)), STYLE.sub("", printed.getvalue().decode("utf-8")), piped.getvalue()
