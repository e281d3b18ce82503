"""The page of accuracy has a row for each network that the kernel builds, and says of the others why it has none."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.accuracy import name_in_truth, verdict
from benchmarks.accuracy_page import ADDED_HEAD, HEAD, LOSS, PROGRAMS, Judged, Row, page, with_added
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed

TEXT = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text()


def rows(text: str) -> list[tuple[str, str]]:
    """Network and truth of each row of a network, all tables."""
    found = re.findall(r"^\| ([a-z0-9-]+) \| ([^|]*) \|(?: [^|]* \|){5}$", text, re.MULTILINE)
    return [(name, truth.strip()) for name, truth in found if name != "network"]


def test_every_network_has_one_row_and_no_other_is_there() -> None:
    wanted = sorted(scenario.name for scenario in all_scenarios() if scenario.can(Bed.KERNEL))
    assert sorted(name for name, _ in rows(TEXT)) == wanted


def test_the_second_column_is_the_truth_of_today() -> None:
    assert rows(TEXT) == [(name, name_in_truth(load_scenario(name))) for name, _ in rows(TEXT)]


def test_what_has_no_row_has_a_reason() -> None:
    told = dict(re.findall(r"^- ([a-z0-9-]+): (.*)$", TEXT.partition("## What natscope")[0], re.MULTILINE))
    assert told == {s.name: s.cannot[Bed.KERNEL] for s in all_scenarios() if not s.can(Bed.KERNEL)}


def test_the_head_is_that_of_the_script() -> None:
    assert TEXT.startswith(HEAD)
    assert ADDED_HEAD in TEXT
    assert LOSS in TEXT


def row(name: str, verdict: str = "symmetric") -> Row:
    judged = (Judged(program=PROGRAMS[0], right=3, verdict=verdict, seconds=1.0, packets=9),)
    return Row(scenario=name, title="", truth="symmetric", judged=judged)


def test_networks_are_added_one_by_one_and_replaced() -> None:
    text = page([row("old")]) + "\n## Pairs: of all\n\nand more\n"
    once = with_added(text, [row("new")])
    again = with_added(with_added(once, [row("newer")]), [row("new", "full cone")])
    assert rows(again) == [("old", "symmetric"), ("new", "symmetric"), ("newer", "symmetric")]
    assert "| new | symmetric | *full cone*: 3 right" in again
    assert again.endswith("\n\n## Pairs: of all\n\nand more\n")
    assert again.count(ADDED_HEAD) == 1


def test_names_that_words_come_to() -> None:
    assert verdict({"mapping": "endpoint-independent", "filtering": "address-dependent"}) == "restricted cone"
    assert verdict({"mapping_varies": "yes"}) == "varies"
    assert verdict({"mapping_varies": "no"}) == "one port for all"
    assert verdict({"udp": "no", "mapping_varies": "no"}) == "no UDP"
    assert verdict({}) == "no name"
