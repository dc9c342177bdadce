"""A Sphinx directive that writes the reference of all commands from the parsers of the command line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from docutils.statemachine import StringList
from pygments.lexers.special import TextLexer
from sphinx.util.docutils import SphinxDirective

from dicommap.cli.commands import RootParser
from dicommap.cli.parser import get_value_name, is_option, takes_value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from docutils import nodes
    from sphinx.application import Sphinx

    from dicommap.cli.commands import CommandParser


class Commands(SphinxDirective):
    """`{commands}`: a section for each command, with its arguments and options."""

    def run(self) -> list[nodes.Node]:
        """Return the sections, parsed as the page around them is."""
        lines = StringList(list(commands_markdown()), source="dicommap.cli")
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def commands_markdown() -> Iterator[str]:
    """Yield the reference of all commands, line by line."""
    for name, parser in RootParser().commands.items():
        parser.load_command()
        yield from _command(name, parser)


def _command(name: str, parser: CommandParser) -> Iterator[str]:
    description = (parser.description or "").strip()
    yield from (f"## {name}", "", "```", parser.format_usage_line(), "```", "", *description.split("\n"), "")
    if parser.epilog:
        examples = textwrap.dedent(parser.epilog.partition("\n")[2])
        yield from ("```", *examples.split("\n"), "```", "")
    for group in parser._action_groups:
        rows = [_row(action) for action in group._group_actions if "--help" not in action.option_strings]
        if rows:
            yield from (f"| {group.title} | Meaning |", "|---|---|", *rows, "")


def _row(action: argparse.Action) -> str:
    value = get_value_name(action).replace("|", "\\|")
    if not is_option(action):
        return f"| `{value}` | {_meaning(action)} |"
    # Long names first, since readers search for them: --output before -o.
    names = ", ".join(f"`{name}`" for name in sorted(action.option_strings, key=len, reverse=True))
    return f"| {names}{f' `{value}`' if takes_value(action) else ''} | {_meaning(action)} |"


def _meaning(action: argparse.Action) -> str:
    said = [(action.help or "").replace("|", "\\|")]
    if action.required and is_option(action):
        said.append("Required.")
    elif is_option(action) and takes_value(action) and action.default is not None:
        said.append(f"Default: `{action.default}`.")
    return " ".join(said)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and a lexer for blocks of CSV, for which Pygments has none."""
    app.add_directive("commands", Commands)
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True}
