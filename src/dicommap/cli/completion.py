"""The command `dicommap completion`, which prints a script that completes commands in a shell."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

import shtab

from dicommap.cli.commands import RootParser
from dicommap.cli.options import make_choice_converter
from dicommap.cli.output import write_to_stdout
from dicommap.cli.parser import is_option
from dicommap.issues import CATALOGUE
from dicommap.validation.schema_registry import list_schema_names

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from dicommap.cli.parser import Parser

DESCRIPTION = """
Print a script by which a shell completes commands, options, values and paths.

The script is made once and holds all words, so that the Tab key starts no Python. Print it again after an update of
dicommap.
"""

EXAMPLES = """\
  source <(dicommap completion bash)                 # in ~/.bashrc
  dicommap completion zsh > ~/.zfunc/_dicommap       # a directory of $fpath
  dicommap completion fish > ~/.config/fish/completions/dicommap.fish"""

_DIRECTORIES = {"DIR", "PACKAGE", "[PACKAGE]", "ROOT"}
_FILES = {"AFTER", "BEFORE", "FILE", "FILE.csv", "FILE.ndjson", "INVENTORY", "MANIFEST", "PATH...", "SOURCE..."}
"""Metavars of arguments and options that are files. For them, the shell completes paths."""


_NAMES: dict[str, Callable[[], Sequence[str]]] = {"code": lambda: list(CATALOGUE), "name": list_schema_names}
"""Name of an argument that is not a path -> a function that returns the argument's possible values."""


class Shell(StrEnum):
    """The shells for which a completion script can be printed."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def add_arguments(parser: Parser) -> None:
    """Add the argument of `dicommap completion` to `parser`."""
    parser.add_argument(
        "shell",
        metavar="SHELL",
        type=make_choice_converter(Shell),
        choices=tuple(Shell),
        help="The shell: bash, zsh or fish.",
    )


def run(args: argparse.Namespace) -> int:
    """Run `dicommap completion` with the parsed arguments, and return the exit status."""
    write_to_stdout([build_completion_script(args.shell)])
    return 0


def build_completion_script(shell: Shell) -> str:
    """Return the completion script for a shell.

    The package shtab makes the script from the parser. The script contains all words, so it runs without Python. A
    script of the package argcomplete would start Python and import the program each time the user presses the Tab key.
    """
    root = RootParser()
    for parser in root.commands.values():
        parser.load_command()
        for action in parser._actions:
            kind = "directory" if action.metavar in _DIRECTORIES else "file" if action.metavar in _FILES else None
            if kind is not None:
                action.complete = kind  # type: ignore[attr-defined]  # the attribute that shtab reads
            elif not is_option(action) and action.choices is None and action.dest in _NAMES:
                action.choices = _NAMES[action.dest]()
    return _extend_for_joined_values(shtab.complete(root, shell=shell.value), shell)


_BASH_JOINED_VALUES = """
# bash divides --level=s into three words, and the functions above know no word "=".
_dicommap_join_values() {
  local words=() cword=$COMP_CWORD index
  for index in "${!COMP_WORDS[@]}"; do
    if [[ ${COMP_WORDS[index]} != "=" || ${COMP_WORDS[index-1]} != --* ]]; then
      words+=("${COMP_WORDS[index]}")
    elif (( index == COMP_CWORD )); then
      words+=("")
    elif (( index < COMP_CWORD )); then
      cword=$((cword - 1))
    fi
  done
  local COMP_WORDS=("${words[@]}") COMP_CWORD=$cword
  _shtab_dicommap
}
"""
_ZSH_LONG_OPTION = re.compile(r'^(\s*"(?:\*|\([^)]*\))*--[\w-]+)(\[.*\]:[^:\n]*:.*)$', re.MULTILINE)
_ZSH_OPTION_NAMES = re.compile(r'^(\s*(?:"[^"{]*")?\{[^}\n]*--[\w-]+)(\}"\[.*\]:[^:\n]*:.*)$', re.MULTILINE)
"""Pattern of an option with a value in the zsh script: the option's names, then the description of its value.

An `=` is inserted between these two groups. It tells zsh that the value may follow in the same word: `--level=series`.
"""


def _extend_for_joined_values(script: str, shell: Shell) -> str:
    """Return a changed completion script that also completes a value after `=`, such as `s` in `--level=s`.

    `script` is the script that shtab has made. A script for fish is returned unchanged, because fish completes such
    values itself.
    """
    if shell is Shell.BASH:
        head, _, tail = script.rpartition("-F _shtab_dicommap")
        begin, _, options = head.rpartition("\n")
        return f"{begin}\n{_BASH_JOINED_VALUES}\n{options}-F _dicommap_join_values{tail}"
    if shell is Shell.ZSH:
        return _ZSH_OPTION_NAMES.sub(r"\1=\2", _ZSH_LONG_OPTION.sub(r"\1=\2", script))
    return script
