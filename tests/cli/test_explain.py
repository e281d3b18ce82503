"""`natscope explain`: every page draws in every width, the list is whole, a letter has the numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from natscope.diagnosis.catalogue import entries
from natscope.relay_check.meanings import MEANINGS
from tests.cli.runner import Runner

REPORTS = Path(__file__).parents[2] / "fixtures" / "reports"


@pytest.mark.parametrize("cause_id", [entry.id for entry in entries()])
def test_every_page_draws(natscope: Runner, cause_id: str) -> None:
    for width, ascii_only in (("80", False), ("40", True)):
        result = natscope("explain", cause_id, *(["--ascii"] if ascii_only else []), COLUMNS=width)
        assert result.code == 0, result.err
        assert result.out.startswith(cause_id)
        assert max(map(cell_len, result.out.splitlines())) <= max(int(width), 80 if width == "80" else 48)
        assert result.out.isascii() or not ascii_only
        for heading in ("What it is", "What we look for", "What to do", "Sources"):
            assert f"\n{heading}\n" in result.out


def test_the_list_has_all_of_them(natscope: Runner) -> None:
    everything = sorted({entry.id for entry in entries()} | set(MEANINGS))
    for arguments in ((), ("--list",)):
        lines = natscope("explain", *arguments).out.splitlines()
        assert [line.split()[0] for line in lines] == everything
        assert max(map(cell_len, lines)) <= 80
    told = json.loads(natscope("explain", "--list", "--json").out)
    assert [each["id"] for each in told] == everything
    of_relays = {each["id"] for each in told if each.get("found_by") == "natscope derp check"}
    assert of_relays == set(MEANINGS) - {entry.id for entry in entries()}


def test_every_id_of_the_list_is_explained(natscope: Runner) -> None:
    for cause_id in MEANINGS:
        result = natscope("explain", cause_id)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(cause_id)


def test_an_id_in_another_spelling(natscope: Runner) -> None:
    assert natscope("explain", "udp-01").out == natscope("explain", "NS-UDP-01").out


def test_one_page_for_a_program(natscope: Runner) -> None:
    page = json.loads(natscope("explain", "NS-UDP-01", "--json").out)
    assert list(page["sections"]) == [
        *("What it is", "What we look for", "What would contradict it", "What to do", "How to verify", "Sources")
    ]
    assert page["fixes"][0]["who"] == "administrator"


def test_a_letter_has_the_numbers_of_a_report(natscope: Runner) -> None:
    result = natscope("explain", "NS-UDP-01", "--mail", "--report", str(REPORTS / "udp-blocked.json"))
    assert result.code == 0
    assert result.out.startswith("Subject: UDP does not get out of this network\n")
    assert "36 UDP packets to 9 hosts" in result.out
    assert "- Please let UDP out to any port" in result.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NS-UDP-99",), "no cause"),
        (("NS-HOST-01", "--mail"), "no letter is written for NS-HOST-01: its fixes are yours"),
        (("--mail",), "need the id"),
        (("NS-REL-21", "--mail"), "no report has it"),
        (("NS-UDP-01", "--report", "x.json"), "goes with --mail"),
        (("NS-UDP-01", "--mail", "--report", "none.json"), "no such file"),
        (("NS-UDP-01", "--mail", "--report", str(REPORTS / "healthy.json")), "has no finding NS-UDP-01"),
    ],
)
def test_a_mistake_is_one_line(natscope: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = natscope("explain", *arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert words in result.err


def test_what_only_a_check_of_relays_finds_is_explained_too(natscope: Runner) -> None:
    result = natscope("explain", "rel-21")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("NS-REL-21  Of a relay: lets clients in and drops their packets")
    assert "found by natscope derp check" in result.out
    assert json.loads(natscope("explain", "NS-REL-12", "--json").out)["found_by"] == "natscope derp check"
    assert "found by" not in natscope("explain", "NS-REL-01").out


def test_an_id_means_one_thing() -> None:
    """The ids that a netcheck and a check of relays share are the same fault, seen from both sides."""
    shared = {entry.id for entry in entries()} & set(MEANINGS)
    assert shared == {
        "NS-CTL-04",
        "NS-CTL-06",
        *(f"NS-REL-{number}" for number in ("01", "02", "04", "11", "14", "15", "16")),
    }


def test_a_letter_takes_a_report_from_a_pipe(natscope: Runner) -> None:
    data = (REPORTS / "udp-blocked.json").read_bytes()
    result = natscope("explain", "NS-UDP-01", "--mail", "--report", "-", stdin=data)
    assert result.code == 0, result.err
    assert "36 UDP packets to 9 hosts" in result.out
