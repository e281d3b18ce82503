"""The quick parser and typer read every plain command line alike; the rest goes to typer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.cli.commands import QUICK
from natscope.cli.loading import load_command
from natscope.cli.quick_parse import parse
from natscope.cli.quick_table import OPTIONS

COMMANDS = {name: load_command(name) for name in QUICK}

values = st.text("aZ09 ._,:/=-é→\n\t\"'", min_size=1, max_size=12).filter(lambda text: not text.startswith("-"))


@st.composite
def command_lines(draw: st.DrawFn, name: str) -> list[str]:
    words: list[str] = []
    for spelling in draw(st.lists(st.sampled_from(sorted(OPTIONS[name])), max_size=8)):
        if OPTIONS[name][spelling][1] in ("value", "list"):
            value = draw(values)
            words += [f"{spelling}={value}"] if spelling.startswith("--") and draw(st.booleans()) else [spelling, value]
        else:
            words.append(spelling)
    return words


def by_typer(name: str, words: list[str]) -> dict[str, object]:
    with COMMANDS[name].make_context(name, list(words)) as context:
        return dict(context.params)


@pytest.mark.parametrize("name", QUICK)
@given(data=st.data())
def test_both_parsers_agree(name: str, data: st.DataObject) -> None:
    words = data.draw(command_lines(name))
    assert parse(name, words) == by_typer(name, words)


@pytest.mark.parametrize("name", QUICK)
@given(
    words=st.lists(
        st.sampled_from(["--json", "--", "-", "-vv", "-4v", "-W3", "--time", "--timeout", "x", "--json=1", ""])
    )
)
def test_where_the_quick_parser_answers_typer_says_the_same(name: str, words: list[str]) -> None:
    quick = parse(name, words)
    if quick is not None:
        assert quick == by_typer(name, words)


@pytest.mark.parametrize(
    "words",
    [["file"], ["--jsno"], ["--timeout"], ["--timeout", "--json"], ["-vv"], ["--json=1"], ["--help"], ["--"], ["-W3"]],
    ids=" ".join,
)
def test_what_is_not_plain_goes_to_typer(words: list[str]) -> None:
    assert parse("netcheck", words) is None


def test_other_commands_are_typers() -> None:
    assert parse("config show", []) is None
