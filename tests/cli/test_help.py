"""Every help text: fresh, 80 columns, three examples that parse, exit codes."""

from __future__ import annotations

import re
import shlex

import pytest

from natscope.cli import generate, layout
from natscope.cli.help import topics
from natscope.cli.help_text import FIRST_CONTACT, HELP
from natscope.cli.loading import load_command
from tests.cli.runner import Runner

PROSE = ("says", "talks", "tells", "judges", "sends", "can", "today", "could", "and", "over", "takes")
"""Words that follow the program's name in sentences."""

LIVE = dict(generate.live_commands())


def test_the_literals_equal_the_live_commands() -> None:
    assert layout.first_contact(tuple(LIVE)) == FIRST_CONTACT, "python -m natscope.cli.generate"
    assert layout.root_help() == HELP[""], "python -m natscope.cli.generate"
    assert {path: layout.command_help(path, command) for path, command in LIVE.items()} == {
        path: text for path, text in HELP.items() if path
    }, "python -m natscope.cli.generate"


def test_the_generated_files_are_fresh() -> None:
    for name, make in generate.MODULES.items():
        with open(f"{generate.HERE}/{name}", encoding="utf-8") as file:
            assert file.read() == make(), "python -m natscope.cli.generate"


@pytest.mark.parametrize("path", HELP)
def test_help_is_printed_the_same_for_all_spellings(path: str, natscope: Runner) -> None:
    for flag in ("--help", "-h"):
        result = natscope(*path.split(), flag)
        assert (result.code, result.out, result.err) == (0, HELP[path], "")


@pytest.mark.parametrize("path", HELP)
def test_help_fits_80_columns(path: str) -> None:
    assert [line for line in HELP[path].splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("path", LIVE)
def test_help_begins_with_three_examples_that_parse(path: str) -> None:
    summary, examples, _ = layout.parse_docstring(LIVE[path].callback.__doc__)
    assert summary.endswith(".")
    assert len(examples) == 3, path
    for text, note in examples:
        assert note, text
        words = natscope_words(text)
        if words[0] in ("--version",):
            continue
        command = load_command(words[0])
        with command.make_context("natscope", words[1:], resilient_parsing=False) as context:
            if sub := getattr(command, "commands", None):
                rest = context._protected_args + context.args if hasattr(context, "_protected_args") else context.args
                walk(sub[rest[0]], rest[1:])


def natscope_words(text: str) -> list[str]:
    """The arguments of natscope in an example of the shell."""
    match = re.search(r"natscope ([^|>)]*)", text)
    assert match, text
    return shlex.split(match[1].replace('"', ""))


def walk(command: object, arguments: list[str]) -> None:
    """Parse the arguments of a nested command."""
    with command.make_context("natscope", list(arguments)) as context:  # type: ignore[attr-defined]
        if sub := getattr(command, "commands", None):
            rest = context._protected_args + context.args if hasattr(context, "_protected_args") else context.args
            walk(sub[rest[0]], rest[1:])


@pytest.mark.parametrize("path", [path for path, command in LIVE.items() if not getattr(command, "commands", None)])
def test_every_command_lists_its_exit_codes(path: str) -> None:
    assert "Exit codes\n    0  good\n" in HELP[path]


def test_every_option_is_explained() -> None:
    missing = [
        (path, param.name)
        for path, command in LIVE.items()
        for param in command.params
        if param.param_type_name == "option" and not param.hidden and not param.help
    ]
    assert missing == []


def test_no_command_offers_to_install_completion_behind_our_back() -> None:
    assert not [path for path, text in HELP.items() if "--install-completion" in text]


def test_first_contact_names_only_commands_that_exist(natscope: Runner) -> None:
    result = natscope()
    assert result.code == 0
    assert all(len(line) <= 80 for line in result.out.splitlines())
    named = re.findall(r"^  natscope ([a-z]+)", result.out, re.MULTILINE)
    more = result.out.partition("more     ")[2].partition("\n\n")[0].replace("\n", " ").split(", ")
    for item in more:
        words = item.split()
        named += [" ".join([*words[:-1], last]) for last in words[-1].split("|")]
    assert {path for path in HELP if path and not getattr(LIVE[path], "commands", None)} == set(named)


def test_ornaments_become_ascii_where_the_locale_asks(natscope: Runner) -> None:
    for arguments in ((), ("--help",), ("netcheck", "--help")):
        assert natscope(*arguments, LANG="C").out.isascii()
        assert natscope(*arguments, encoding="ascii").out.isascii()


def test_help_behind_other_options_still_is_help(natscope: Runner) -> None:
    assert natscope("netcheck", "--json", "--help").out == HELP["netcheck"]
    assert natscope("--help", "netcheck").out == HELP[""]


@pytest.mark.parametrize("topic", topics())
def test_topics_are_complete_texts(topic: str, natscope: Runner) -> None:
    result = natscope("help", topic)
    assert result.code == 0
    assert result.out.count("\n") > 10
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    assert "{" not in result.out
    title = result.out.splitlines()[0]
    assert title in natscope("help").out


def test_topics_name_only_flags_and_commands_that_exist(natscope: Runner) -> None:
    flags = {name for text in HELP.values() for name in re.findall(r"--[a-z0-9-]+", text)}
    for topic in topics():
        text = natscope("help", topic).out
        assert set(re.findall(r"--[a-z0-9-]+", text)) <= flags, topic
        for words in re.findall(r"natscope ((?:[a-z]+ ?)+)", text):
            path = " ".join(words.split()[:1])
            if path not in PROSE:
                assert path in HELP, (topic, words)


def test_help_of_a_command_by_the_other_door(natscope: Runner) -> None:
    assert natscope("help", "netcheck").out == HELP["netcheck"]
    assert natscope("help", "config", "show").out == HELP["config show"]


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("check",), "1  an expectation failed, or the finding is still there"),
        (("report", "diff"), "1  something that matters has changed"),
        (("pair",), "10  reachable, but only relayed"),
        (("netcheck",), "1  findings at or above --fail-on"),
    ],
)
def test_the_exit_codes_of_a_command_are_all_in_its_help(natscope: Runner, command: tuple[str, ...], line: str) -> None:
    assert line in natscope(*command, "--help").out
