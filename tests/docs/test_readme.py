"""Every command and flag that the README names exists; its output is what a run prints."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from natscope.cli.generate import live_commands
from natscope.cli.help import topics
from tests.docs.readme_blocks import commands, demo_output, flags_in_prose
from tests.house.tree import ROOT

README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
LIVE = dict(live_commands())
EVERYWHERE = {"--help", "--version", "-h", "-V"}
GLOBAL_FLAGS = {flag for command in LIVE.values() for p in command.params for flag in (*p.opts, *p.secondary_opts)}


def targets_of_make() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def wrong(words: list[str]) -> list[str]:
    """What does not exist in one command line."""
    if words[0] == "make":
        return [w for w in words[1:] if w not in targets_of_make()]
    if words[0] != "natscope":
        return []
    if "--" in words:  # the command line of a program that it runs
        cut = words.index("--")
        return wrong(words[:cut]) + wrong(words[cut + 1 :])
    path = ""
    rest = words[1:]
    while rest and f"{path} {rest[0]}".strip() in LIVE:
        path = f"{path} {rest.pop(0)}".strip()
    if not path:
        return [] if rest[:1] == ["COMMAND"] or set(rest) <= EVERYWHERE else [" ".join(words[:2])]
    known = {flag for p in LIVE[path].params for flag in (*p.opts, *p.secondary_opts)} | EVERYWHERE
    found = [word for word in rest if word.startswith("-") and word != "-" and word.partition("=")[0] not in known]
    if path == "help":
        found += [word for word in rest if word not in topics() and word not in LIVE and word != "TOPIC"]
    return found


def all_wrong(lines: Iterable[list[str]]) -> list[str]:
    return [f"{' '.join(words)}: {bad}" for words in lines for bad in wrong(words)]


@pytest.mark.parametrize("page", [README, GUIDE], ids=["README", "CONTRIBUTING"])
def test_every_command_and_its_flags_exist(page: str) -> None:
    assert commands(page)
    assert all_wrong(commands(page)) == []


@pytest.mark.parametrize("page", [README, GUIDE], ids=["README", "CONTRIBUTING"])
def test_flags_in_running_text_exist(page: str) -> None:
    assert flags_in_prose(page) - GLOBAL_FLAGS - EVERYWHERE == set()


def test_what_does_not_exist_is_caught() -> None:
    page = "```sh\nnatscope netcheck --no-such\nnatscope nosuch\nmake nosuch\nnatscope help no-such\n"
    page += "natscope lab exec alice -- natscope netcheck --no-more\n```\n`--nope`"
    assert all_wrong(commands(page)) == [
        "natscope netcheck --no-such: --no-such",
        "natscope nosuch: natscope nosuch",
        "make nosuch: nosuch",
        "natscope help no-such: no-such",
        "natscope lab exec alice -- natscope netcheck --no-more: --no-more",
    ]
    assert flags_in_prose(page) == {"--nope"}


def test_the_two_commands_of_a_new_clone_are_there_with_what_they_need() -> None:
    assert ["make", "demo"] in commands(README)
    assert ["make", "test"] in commands(README)
    needed = next(line for line in README.splitlines() if line.startswith("Needed first"))
    assert all(package in needed for package in ("git", "make", "python3-venv"))


def test_the_output_shown_is_a_whole_report() -> None:
    lines = demo_output(README).splitlines()
    assert re.match(r"^. Direct: ", next(line for line in lines if line.strip()))
    assert max(map(len, lines)) <= 80
