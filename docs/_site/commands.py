"""A directive that writes the command line reference from the application's own functions."""

from __future__ import annotations

import inspect
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from docutils.statemachine import StringList
from pygments.lexers.special import TextLexer
from sphinx.util.docutils import SphinxDirective
from typer.models import ArgumentInfo, OptionInfo

from dicommap.cli.commands import SUMMARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docutils import nodes
    from sphinx.application import Sphinx


class Commands(SphinxDirective):
    """`{commands}`: a section for each command, with its arguments and options."""

    def run(self) -> list[nodes.Node]:
        """Return the sections, parsed as the page around them is."""
        lines = StringList(list(commands_markdown()), source="dicommap.cli")
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def commands_markdown() -> Iterator[str]:
    """Yield the reference of all commands, line by line."""
    for name in SUMMARIES:
        function = getattr(import_module(f"dicommap.cli.{name}"), f"{name}_command")
        yield from _command(name, function)


def _command(name: str, function: Callable[..., None]) -> Iterator[str]:
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters
    rows = [_row(key, hints[key], parameter.default) for key, parameter in parameters.items()]
    arguments = [row for kind, *row in rows if kind is ArgumentInfo]
    options = [row for kind, *row in rows if kind is OptionInfo]
    usage = ["dicommap", name, *(["[OPTIONS]"] if options else []), *(_bare(row[0]) for row in arguments)]
    yield from (f"## {name}", "", "```", " ".join(usage), "```", "", inspect.getdoc(function) or "", "")
    if arguments:
        yield from ("| argument | meaning |", "|---|---|", *(f"| {row[0]} | {row[1]} |" for row in arguments), "")
    if options:
        yield from ("| option | meaning |", "|---|---|", *(f"| {row[0]} | {row[1]} |" for row in options), "")


def _row(key: str, hint: Any, default: object) -> tuple[type, str, str]:  # noqa: ANN401 - a type is anything
    (info,) = (one for one in get_args(hint) if isinstance(one, (ArgumentInfo, OptionInfo)))
    kind = get_args(hint)[0]
    required = default in (inspect.Parameter.empty, ...)
    if isinstance(info, ArgumentInfo):
        written = info.metavar or key.upper()
        named = f"`{written}`" if required else f"`[{written}]`"
    else:
        # In an annotation, typer takes what would be the default for the first of the names.
        spelled = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        value = _value(kind, info)
        # Most words first, as people look for them: --output before -o.
        names = sorted(spelled, key=lambda name: not name.startswith("--"))
        named = ", ".join(f"`{name}`" for name in names) + (f" `{value}`" if value else "")
    said = [str(info.help or "").replace("|", "\\|")]
    if required:
        said.append("Required.")
    elif isinstance(info, OptionInfo) and (shown := _default(default)):
        said.append(f"Without it: `{shown}`.")
    if _several(kind) and isinstance(info, OptionInfo) and "repeat" not in said[0]:
        said.append("May be repeated.")
    return type(info), named, " ".join(said)


def _value(kind: Any, info: OptionInfo) -> str:  # noqa: ANN401
    members = [kind, *get_args(kind)]
    if bool in members:
        return ""
    choices = [member for member in members if isinstance(member, type) and issubclass(member, Enum)]
    if info.metavar or not choices:
        return str(info.metavar or ("PATH" if Path in members else "TEXT"))
    return "\\|".join(str(choice.value) for choice in choices[0])


def _several(kind: Any) -> bool:  # noqa: ANN401
    kinds = get_args(kind) if get_origin(kind) is UnionType else (kind,)
    return any(get_origin(one) is list for one in kinds)


def _default(default: object) -> str:
    if default is None or default is False:
        return ""
    return str(default.value if isinstance(default, Enum) else default)


def _bare(code: str) -> str:
    return code.strip("`")


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known, and blocks of CSV, for which Pygments has no lexer."""
    app.add_directive("commands", Commands)
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True}
