"""The argument parser of all commands: argparse with clear errors, suggestions for wrong words, and readable help."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

MAX_HELP_WIDTH = 100
"""Maximum number of characters of a line of help. Longer lines are hard to read on a wide terminal."""

# argparse searches translations of its few words, and imports the module locale for this, which is slow. dicommap
# prints English only, so no translation is needed.
argparse._ = lambda text: text  # type: ignore[attr-defined]

_HELP_POSITION = 28
_UsedOptions = dict[argparse.Action, tuple[str, str | None]]
"""Option -> the name that the user typed for it first, and the option's value; None if the option takes no value."""

_MANY = ("*", "+", argparse.PARSER)


class HelpFormatter(argparse.HelpFormatter):
    """A formatter of help. It shows an option as `-o, --output FILE`, and the default value after the help text.

    Paragraphs of the description are kept apart, and lines of examples are not wrapped.
    """

    def __init__(self, prog: str, **options: Any) -> None:  # noqa: ANN401 - argparse's own, such as prefix_chars
        super().__init__(prog, **{"max_help_position": _HELP_POSITION, "width": _get_help_width(), **options})

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = "Usage: ",
    ) -> None:
        """Add the usage line to the help. It begins with `Usage:`, and not with argparse's `usage:`."""
        super().add_usage(usage, actions, groups, prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap

        paragraphs = textwrap.dedent(text).strip().split("\n\n")
        return "\n\n".join(
            paragraph  # the lines of an example are not wrapped
            if "\n  " in paragraph
            else textwrap.fill(" ".join(paragraph.split()), width, break_on_hyphens=False)
            for paragraph in paragraphs
        )

    def _split_lines(self, text: str, width: int) -> list[str]:
        import textwrap

        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _format_action(self, action: argparse.Action) -> str:
        if isinstance(action, argparse._SubParsersAction):  # the list of commands needs no second heading
            return "".join(self._format_action(command) for command in action._get_subactions())
        return super()._format_action(action)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = ", ".join(action.option_strings)
        return f"{names} {get_value_name(action)}" if takes_value(action) else names

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        if action.required and action.option_strings:
            return f"{text} [required]"
        has_default = takes_value(action) and action.option_strings and action.default is not None
        return f"{text} [default: %(default)s]" if has_default else text


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are UsageErrors that repeat the user's word and name the --help option.

    Options may be before, between and after the arguments. A value may begin with a dash. Help is shown even if other
    words of the call are wrong. argparse does not have these features, so `parse_known_args` first puts the words into
    an order that argparse understands.
    """

    def __init__(self, prog: str, **options: Any) -> None:  # noqa: ANN401 - argparse's own
        settings = {"add_help": False, "allow_abbrev": False, "exit_on_error": False, "formatter_class": HelpFormatter}
        super().__init__(prog, **{**settings, **options})
        self.color = False  # a setting of Python 3.14
        self._positionals.title = "Arguments"
        self._optionals.title = "Options"
        self.immediate = {"-h", "--help"}
        """Options that print a text and end the run, such as --help."""
        self.add_argument("-h", "--help", action="help", help="Show this help and exit.")

    # argparse has overloads for several types of namespaces; this method has one type.
    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the words of a call. Return the arguments, and an empty list, which argparse expects.

        Raises:
            UsageError: A word is unknown or wrong, or a required word is missing.
        """
        words = self.arrange_words(sys.argv[1:] if args is None else args)
        try:
            return super().parse_known_args(words, namespace)
        except argparse.ArgumentError as error:
            raise self.make_usage_error(f"Wrong value for {error.argument_name}: {error.message}.") from None

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:  # noqa: ANN401 - argparse's own
        # If the value of an option is `--`, argparse removes it, and the value becomes an empty list.
        if is_option(action) and action.nargs is None:
            value = self._get_value(action, arg_strings[0])
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def print_help(self, file: TextIO | None = None) -> None:  # type: ignore[override]
        """Print the help to `file` or stdout. Unlike argparse's method, raise an error if writing fails."""
        (file or sys.stdout).write(self.format_help())

    def format_help(self) -> str:
        """Return the help. Its usage line names only the required options and the arguments."""
        self.usage = self.format_usage_line().replace("%", "%%")
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Raise UsageError for an error that argparse reports. Most errors are found earlier, by `arrange_words`."""
        raise self.make_usage_error(message[:1].upper() + message[1:] + ".")

    def make_usage_error(self, message: str, *advice: str) -> UsageError:
        """Return a UsageError with a message and advice. A last sentence names the command that prints the help."""
        return UsageError(message, fix=" ".join([*filter(None, advice), f"See '{self.prog} --help'."]))

    def format_usage_line(self) -> str:
        """Return the usage line: the program's name, its required options and its arguments."""
        required = [
            f"{get_option_names(action)[0]} {get_value_name(action)}"
            for action in self._actions
            if action.required and is_option(action)
        ]
        arguments = [get_value_name(action) for action in self._list_arguments()]
        return " ".join([self.prog, "[OPTIONS]", *required, *arguments])

    def arrange_words(self, words: Sequence[str]) -> list[str]:
        """Return the words of a call in another order: first options, each joined to its value, then all arguments.

        For example, `tree -o i.db more` becomes `--output=i.db -- tree more`.

        Raises:
            UsageError: An option is unknown or has no value, or there are too few or too many arguments.
        """
        options: list[str] = []
        arguments: list[str] = []
        used_options: _UsedOptions = {}
        wrong: UsageError | None = None
        has_commands = self._subparsers is not None
        rest = iter(words)
        for word in rest:
            if word in self.immediate:
                return [word]
            if word == "--" or (has_commands and not _is_option_word(word)):
                arguments += rest if word == "--" else [word, *rest]
            elif not _is_option_word(word):
                arguments.append(word)
            else:
                try:
                    options += self._read_option(word, rest, used_options)
                except UsageError as error:  # raised only after all words are read, because a later --help has priority
                    wrong = wrong or error
        if wrong is None:
            wrong = self._find_missing_option_error(used_options) or self._find_wrong_argument_error(arguments)
        if wrong is not None:
            raise wrong
        if has_commands:
            return [*options, *arguments]
        return [*options, "--", *arguments] if arguments else options

    def _read_option(self, word: str, rest: Iterable[str], used_options: _UsedOptions) -> list[str]:
        """Return an option with its value as words for argparse, such as `--output=i.db`.

        Args:
            word: The word with the option's name.
            rest: The iterator of the following words. If the value is the next word, it is taken from here.
            used_options: The options of the call that were read so far. This method adds the option.
        """
        name, equals, value = word.partition("=")
        action = self._option_string_actions.get(name)
        if action is None and not word.startswith("--") and (short := self._option_string_actions.get(word[:2])):
            if takes_value(short):  # a value joined to the name, as in -j2
                name, equals, value, action = word[:2], "=", word[2:], short
            else:  # options joined to one word, as in -n0
                self._record_option_use(short, word[:2], None, used_options)
                return [word[:2], *self._read_option(f"-{word[2:]}", rest, used_options)]
        if action is None:
            raise self.make_unknown_option_error(name)
        if not takes_value(action):
            if equals:
                raise self.make_usage_error(f"Option {name} takes no value.", f"Write {name} alone.")
            self._record_option_use(action, name, None, used_options)
            return [name]
        if not equals:
            next_word = next(iter(rest), None)
            if next_word is None:
                raise self.make_usage_error(f"Option {name} needs a value.", f"Write {name} {get_value_name(action)}.")
            value = next_word
        if action.choices is not None:
            self._check_value(action, value)
        self._require_nonempty_value(action, name, value)
        if name == word[:2] and word != name:
            self._require_joined_value(action, word, value)
        self._record_option_use(action, name, value, used_options)
        return [f"{get_option_names(action)[-1]}={value}"]

    def _require_nonempty_value(self, action: argparse.Action, name: str, value: str) -> None:
        """Raise UsageError if an option's value is empty, or has only blanks and commas.

        A shell passes an empty text for a variable that is not set. An empty condition would select all rows, and an
        empty list of keywords would have no effect.
        """
        if value.strip(", \t") if action.type is None else value:
            return
        written = f"{name} {get_value_name(action)}"
        advice = f"Write {written}." if action.required else f"Write {written}, or leave the option out."
        raise self.make_usage_error(f"The value of {name} is empty.", advice)

    def _record_option_use(
        self, action: argparse.Action, name: str, value: str | None, used_options: _UsedOptions
    ) -> None:
        """Record the use of an option. Raise UsageError if it contradicts an earlier option of the call.

        Args:
            action: The option.
            name: The option's name as the user typed it, such as `--no-instances`.
            value: The option's value; None if the option takes no value.
            used_options: The options of the call that were read so far. This method adds the option.
        """
        earlier = used_options.setdefault(action, (name, value))
        if isinstance(action, argparse._AppendAction) or (value is not None and earlier[1] == value):
            return
        if value is not None:
            raise self.make_usage_error(f"Option {name} is given twice, with different values.", "Give it once.")
        for other, (other_name, _) in used_options.items():
            if other is not action and other.dest == action.dest and not takes_value(other):
                message = f"Options {other_name} and {name} contradict each other."
                raise self.make_usage_error(message, "Give one of them.")

    def _require_joined_value(self, action: argparse.Action, word: str, value: str) -> None:
        """Raise UsageError if a value that is joined to an option is not valid, but is the name of another option.

        For example, `-jo` gives `-j` the value `o`, which is not a number. The user probably meant `-j` and `-o`.

        Args:
            action: The option.
            word: The whole word.
            value: The value that is joined to the option's name.
        """
        try:
            self._get_value(action, value)
        except argparse.ArgumentError:
            if f"-{value[:1]}" in self._option_string_actions:
                name = get_value_name(action)
                message = f"In '{word}', '{value}' is read as the value of {word[:2]}, which it is not."
                advice = f"Write the options apart: {word[:2]} {name} -{value}."
                raise self.make_usage_error(message, advice) from None

    def make_unknown_option_error(self, name: str) -> UsageError:
        """Return the error for an option that this parser does not have, with a similar option as a suggestion."""
        return self.make_usage_error(f"Unknown option '{name}'.", format_suggestion(name, self._option_string_actions))

    def _find_missing_option_error(self, used_options: _UsedOptions) -> UsageError | None:
        """Return the error for the first required option that the call does not have; None if it has all."""
        for action in self._actions:
            if action.required and is_option(action) and action not in used_options:
                written = f"{get_option_names(action)[0]} {get_value_name(action)}"
                return self.make_usage_error(f"Option {written} is missing.", f"Write '{self.format_usage_line()}'.")
        return None

    def _find_wrong_argument_error(self, arguments: Sequence[str]) -> UsageError | None:
        """Return the error for too few, too many or empty arguments; None if the arguments are right."""
        expected = self._list_arguments()
        required = [action for action in expected if action.nargs in (None, "+", argparse.PARSER)]
        if len(arguments) < len(required):
            missing = get_value_name(required[len(arguments)])
            return self.make_usage_error(f"Argument {missing} is missing.", f"Write '{self.format_usage_line()}'.")
        if len(arguments) > len(expected) and not any(action.nargs in _MANY for action in expected):
            extra = arguments[len(expected)]
            return self.make_usage_error(f"Unexpected argument '{extra}'.", f"Write '{self.format_usage_line()}'.")
        if "" in arguments and self._subparsers is None:  # an empty path would be the working directory
            name = get_value_name(expected[min(arguments.index(""), len(expected) - 1)])
            return self.make_usage_error(f"Argument {name} is empty.", f"Write '{self.format_usage_line()}'.")
        return None

    def _list_arguments(self) -> list[argparse.Action]:
        return [action for action in self._actions if not is_option(action)]

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401 - a converted value
        """Raise UsageError if a value is not one of the choices of an option, argument or command."""
        if action.choices is None or value in action.choices:
            return
        known = list(map(str, action.choices))
        meant, listed = format_suggestion(str(value), known, similarity=0.7), f"Known: {', '.join(known)}."
        if isinstance(action, argparse._SubParsersAction):
            raise self.make_usage_error(f"Unknown command '{value}'.", meant or listed)
        name = get_option_names(action)[-1] if is_option(action) else get_value_name(action)
        raise self.make_usage_error(f"Unknown value '{value}' for {name}.", meant, listed)


def format_suggestion(word: str, known: Iterable[str], *, similarity: float = 0.6) -> str:
    """Return the question `Did you mean ...?` with the most similar known word; empty if no word is similar.

    Args:
        word: The word that the user typed.
        known: The known words, or names of options with their dashes.
        similarity: The minimum similarity of a suggested word, from 0 to 1.
    """
    from dicommap.dicom.choices import find_similar_word  # imported here because only wrong calls need it

    bare = {name.lstrip("-"): name for name in known}
    similar = find_similar_word(word.lstrip("-"), bare, similarity=similarity)
    return f"Did you mean '{bare[similar]}'?" if similar is not None else ""


def is_option(action: argparse.Action) -> bool:
    """Return whether an argparse action is an option, and not an argument."""
    return bool(action.option_strings)


def takes_value(action: argparse.Action) -> bool:
    """Return whether an option has a value after its name."""
    return action.nargs != 0


def get_option_names(action: argparse.Action) -> list[str]:
    """Return the names of an option, the shortest name first."""
    return sorted(action.option_strings, key=len)


def get_value_name(action: argparse.Action) -> str:
    """Return the text that stands for an action's value in the help: its metavar, its choices, or its name."""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return action.dest.upper()


def _is_option_word(word: str) -> bool:
    return word.startswith("-") and word != "-"


def _get_help_width() -> int:
    """Return the maximum number of characters of a line of help.

    argparse would import the module shutil to find this number, which is slow.
    """
    width_setting = os.environ.get("COLUMNS", "")
    if width_setting.isdecimal() and int(width_setting):
        columns = int(width_setting)
    else:
        columns = os.get_terminal_size(1).columns if os.isatty(1) else 80
    return max(40, min(columns, MAX_HELP_WIDTH)) - 2
