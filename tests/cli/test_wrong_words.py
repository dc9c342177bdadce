"""Unknown and missing words of a call: a message that echoes the word, suggests another, and names the help."""

from __future__ import annotations

import argparse

import pytest

from dicommap.cli.commands import COMMANDS, RootParser
from dicommap.cli.parser import Parser, get_option_names, is_option, takes_value
from dicommap.errors import UsageError
from tests.cli.running import dicommap


def parsers() -> dict[str, Parser]:
    root = RootParser()
    for parser in root.commands.values():
        parser.load_command()
    return {**root.commands}


PARSERS = parsers()
each_command = pytest.mark.parametrize("name", COMMANDS)
"""Runs a test for each command; the test goes through its options, because a test for each option would take long."""
OPTIONS = [(name, action) for name, parser in PARSERS.items() for action in parser._actions if is_option(action)]
VALUED = [(name, action) for name, action in OPTIONS if takes_value(action)]
FLAGS = [(name, action) for name, action in OPTIONS if not takes_value(action)]
CHOICES = [(name, action) for name, action in VALUED if action.choices]
REQUIRED = [(name, action) for name, parser in PARSERS.items() for action in parser._actions if action.required]


def actions_of(command: str, actions: list[tuple[str, argparse.Action]]) -> list[argparse.Action]:
    """Return those of some options that a command has."""
    return [action for name, action in actions if name == command]


def named(case: object) -> str:
    if isinstance(case, argparse.Action):
        return get_option_names(case)[-1] if is_option(case) else case.dest
    return str(case)


def assert_told(arguments: list[str], message: str, *advice: str, program: str | None = None) -> None:
    """Assert that a call ends with two lines: what is wrong, and what to do."""
    ran = dicommap(*arguments)
    assert (ran.status, ran.out) == (2, ""), ran
    first, second = ran.err.splitlines()
    assert first == f"dicommap: {message}"
    for words in advice:
        assert words in second
    shown = program if program is not None else f"dicommap {arguments[0]}"
    assert second.endswith(f"See '{shown} --help'.")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_two_letters_exchanged_is_suggested(name: str) -> None:
    wrong = name[:1] + name[2] + name[1] + name[3:]
    assert wrong not in COMMANDS
    assert_told([wrong], f"Unknown command '{wrong}'.", f"Did you mean '{name}'?", program="dicommap")


def test_an_unlike_command_is_answered_with_all() -> None:
    assert_told(["frobnicate"], "Unknown command 'frobnicate'.", ", ".join(COMMANDS), program="dicommap")
    assert_told([""], "Unknown command ''.", "Known: demo", program="dicommap")
    assert_told(["--"], "Argument COMMAND is missing.", program="dicommap")


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_of_every_command(name: str) -> None:
    assert_told([name, "--no-such-thing=x"], "Unknown option '--no-such-thing'.")
    assert_told([name, "x", "-X", "--also"], "Unknown option '-X'.")
    assert_told([name, "--hlep"], "Unknown option '--hlep'.", "Did you mean '--help'?")


@each_command
def test_a_misspelt_option_is_suggested(name: str) -> None:
    for action in actions_of(name, [*VALUED, *FLAGS]):
        option = get_option_names(action)[-1]
        wrong = f"{option}x"
        assert_told([name, wrong], f"Unknown option '{wrong}'.", f"Did you mean '{option}'?")


@each_command
def test_no_option_may_be_shortened(name: str) -> None:
    for action in actions_of(name, VALUED):
        option = get_option_names(action)[-1][:-1]
        if option not in PARSERS[name]._option_string_actions:
            ran = dicommap(name, option, "x")
            assert (ran.status, ran.out) == (2, "")
            assert f"option '{option}'" in ran.err or f"has no option {option}." in ran.err


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_of_other_commands_names_them(name: str) -> None:
    own = PARSERS[name]._option_string_actions
    others = {option for parser in PARSERS.values() for option in parser._option_string_actions} - {*own}
    start = list(COMMANDS).index(name) % 6  # each call makes the parsers of all commands, which takes long
    for option in sorted(others)[start::6]:
        owner = next(one for one, parser in PARSERS.items() if option in parser._option_string_actions)
        message = f"'dicommap {name}' has no option {option}."
        assert_told([name, option], message, f"{option} is an option of 'dicommap {owner}'")


@each_command
def test_a_missing_value_is_told(name: str) -> None:
    for action in actions_of(name, VALUED):
        for option in action.option_strings:
            assert_told([name, option], f"Option {option} needs a value.", f"Write {option} ")


@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_an_empty_value_of_every_option_is_refused(value: str) -> None:
    """An empty value, as of a shell's variable that is not set, would mean all rows, no keyword or another setting."""
    for name, action in VALUED:
        if action.type is not None and value:
            continue  # a path may be a comma
        for option in action.option_strings:
            with pytest.raises(UsageError) as raised:
                PARSERS[name].arrange_words([option, value])
            wrong = f"Unknown value '{value}' for " if action.choices else f"The value of {option} is empty."
            assert raised.value.message.startswith(wrong), option


@pytest.mark.parametrize("name", COMMANDS)
def test_an_empty_argument_is_refused(name: str) -> None:
    parser = PARSERS[name]
    required = [word for one in parser._actions if one.required and is_option(one) for word in (named(one), "x")]
    arguments = [one for one in parser._actions if not is_option(one)]
    if arguments:
        with pytest.raises(UsageError, match="is empty"):
            parser.arrange_words([*required, *[""] * len(arguments)])


@each_command
def test_a_value_of_a_flag_is_refused(name: str) -> None:
    for option in map(named, actions_of(name, FLAGS)):
        if option != "--help":
            assert_told([name, f"{option}=1"], f"Option {option} takes no value.", f"Write {option} alone.")


@pytest.mark.parametrize(("name", "action"), CHOICES, ids=named)
def test_an_unknown_choice_is_told_with_all_choices(name: str, action: argparse.Action) -> None:
    known = list(map(str, action.choices or ()))
    needed = [word for one in PARSERS[name]._actions if one.required and is_option(one) for word in (named(one), "x")]
    calls = [name, *needed, *(["x"] if name != "demo" else [])]
    wrong = f"{known[0]}x"
    message = f"Unknown value '{wrong}' for {named(action)}."
    assert_told([*calls, named(action), wrong], message, f"Did you mean '{known[0]}'?", f"Known: {', '.join(known)}.")


@pytest.mark.parametrize(("name", "action"), REQUIRED, ids=named)
def test_a_missing_word_is_told_with_the_call(name: str, action: argparse.Action) -> None:
    ran = dicommap(name)
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 2)
    assert "is missing." in ran.err
    assert f"Write '{PARSERS[name].format_usage_line()}'." in ran.err
    assert ran.err.endswith(f"See 'dicommap {name} --help'.\n")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("adopt", "scan", "validate", "explain")])
def test_an_argument_too_many_is_told(name: str) -> None:
    needed = [word for one in PARSERS[name]._actions if one.required and is_option(one) for word in (named(one), "x")]
    words = ["a"] * {"demo": 0, "compare": 2}.get(name, 1)
    assert_told([name, *needed, *words, "too much"], "Unexpected argument 'too much'.", f"Write 'dicommap {name} ")


def test_an_option_before_the_command_is_told() -> None:
    message = "Option -o stands before the command."
    assert_told(["-o", "i.db", "scan", "tree"], message, "dicommap COMMAND -o", program="dicommap")
    assert_told(["-x", "scan"], "Unknown option '-x'.", program="dicommap")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scan", "x", "-o", "y", "-j", "two"], "Wrong value for -j/--jobs: 'two' is not a whole number."),
        (["scan", "x", "-o", "y", "-j", "٣"], "Wrong value for -j/--jobs: '٣' is not a whole number."),
        (["scan", "x", "-o", "y", "--jobs="], "The value of --jobs is empty."),
        (
            ["submit", "x", "--concurrent-jobs", "0"],
            "Wrong value for --concurrent-jobs: '0' is not a number of jobs, which is 1 at least.",
        ),
        (
            ["submit", "x", "--start-rate", "fast"],
            "Wrong value for --start-rate: 'fast' is not a number of calls per second from 0.01 to 10,000.",
        ),
        (
            ["watch", "x", "--get-rate", "0"],
            "Wrong value for --get-rate: '0' is not a number of calls per second from 0.01 to 10,000.",
        ),
    ],
)
def test_a_word_that_is_no_number_is_told(arguments: list[str], message: str) -> None:
    assert_told(arguments, message)


def test_help_comes_before_all_that_is_wrong() -> None:
    for name in COMMANDS:
        assert dicommap(name, "x", "--wrong", "y", "-h").out == dicommap(name, "--help").out
    assert dicommap("--wrong", "--version").out == dicommap("--version").out


def test_the_first_thing_that_is_wrong_is_told() -> None:
    assert_told(["show", "--levle", "x", "--formt"], "Unknown option '--levle'.")


def test_flags_of_one_letter_may_stand_together() -> None:
    assert_told(["stage", "-ynX"], "Unknown option '-X'.")
    assert "no-such" in dicommap("stage", "-ny", "no-such").err


def test_options_of_aws_are_refused_where_nothing_is_sent() -> None:
    ran = dicommap("validate", "x.json", "--profile", "strict")
    assert ran.status == 2
    assert "--profile has no effect without --s3 or --store." in ran.err
    assert "--assume" in ran.err


def test_characters_of_a_wrong_word_do_not_reach_the_terminal() -> None:
    ran = dicommap("show", "--\x1b[31m\nodd")
    assert "\x1b" not in ran.err
    assert len(ran.err.splitlines()) == 2


def two_values(action: argparse.Action) -> list[str]:
    return [str(choice) for choice in list(action.choices)[:2]] if action.choices else ["11", "12"]


@pytest.mark.parametrize(("name", "action"), VALUED, ids=named)
def test_an_option_with_two_different_values_is_refused(name: str, action: argparse.Action) -> None:
    option, (first, second) = get_option_names(action)[-1], two_values(action)
    parser = RootParser([name]).commands[name]
    parser.load_command()
    words = [f"{option}={first}", f"{option}={first}"]
    uses: dict[argparse.Action, tuple[str, str | None]] = {}
    assert parser._read_option(words[0], iter(()), uses)
    assert parser._read_option(words[1], iter(()), uses)
    if isinstance(action, argparse._AppendAction):
        assert parser._read_option(f"{option}={second}", iter(()), uses)
        return
    message = f"Option {option} is given twice, with different values."
    assert_told([name, *words, f"{option}={second}"], message, "Give it once.")


def test_the_other_name_of_an_option_counts_too() -> None:
    message = "Option --output is given twice, with different values."
    assert_told(["scan", "t", "-o", "a.db", "--output", "b.db"], message)


def test_options_that_contradict_each_other_are_refused() -> None:
    message = "Options --instances and --no-instances contradict each other."
    assert_told(["fhir", "i.db", "-o", "x", "--instances", "--no-instances"], message, "Give one of them.")


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (["SCAN"], "Unknown command 'SCAN'.", "Did you mean 'scan'?"),
        (["screen"], "Unknown command 'screen'.", "Known: demo"),
        (["show", "i.db", "--level", "SERIES"], "Unknown value 'SERIES' for --level.", "Did you mean 'series'?"),
        (["scan", "t", "-jo", "x.db"], "In '-jo', 'o' is read as the value of -j, which it is not.", "-j N -o"),
    ],
)
def test_a_suggestion_fits_the_word(arguments: list[str], message: str, advice: str) -> None:
    assert_told(arguments, message, advice, program="dicommap" if len(arguments) == 1 else None)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "completion"])
def test_the_help_of_each_command_names_the_exit_statuses(name: str) -> None:
    assert "exit status" in " ".join(PARSERS[name].format_help().split()).lower()
