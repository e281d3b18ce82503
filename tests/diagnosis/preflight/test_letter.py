"""The text for the administrator: only where it would help, only what was measured, in lines of 72 columns."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.preflight.judge import judge
from natscope.diagnosis.preflight.letter import MAX_HOSTS, WIDTH
from natscope.diagnosis.preflight.letter import letter as write
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.judging import scene
from tests.reports.scenes import names

RELAYS = tuple(f"relay{number}.example.net" for number in range(9))
ASKING = (
    "udp-blocked", "udp-refused", "udp-other-ports", "proxy-only", "tls-opened", "udp-policed", "fragments-dropped",
    "https-closed", "relays-one-by-one",
)  # fmt: skip
CURED = {"NS-UDP-01", "NS-UDP-02", "NS-UDP-05", "NS-UDP-07", "NS-ENV-04", "NS-ENV-05", "NS-REL-11", "NS-REL-16"}


def letter(name: str, relays: tuple[str, ...] = RELAYS) -> str:
    return judge(scene(name), relays=relays).letter


@pytest.mark.parametrize("name", names())
def test_only_networks_whose_administrator_can_help_get_one(name: str) -> None:
    certain = {f.id for f in scene(name).findings if f.certainty is not Certainty.POSSIBLE}
    assert bool(letter(name)) == bool(certain & CURED), letter(name)
    if name in ASKING:
        assert letter(name)


def test_udp() -> None:
    text = letter("udp-blocked")
    assert text.startswith("I would like to use a mesh VPN (WireGuard) from this network.")
    assert "Measured on 2026-11-24 from 10.20.4.17:" in text
    assert "- UDP does not get through (36 packets to 9 relays, no answer)" in text
    assert "1. Let UDP out from port 41641" in text
    assert "Nothing has to be opened from" in text
    assert f"and {len(RELAYS) - MAX_HOSTS} more)" in " ".join(text.split())
    assert "not known" not in text


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("proxy-only", "Let CONNECT to port 443"),
        ("tls-opened", "Leave TLS to the relays"),
        ("udp-policed", "Do not limit the rate of UDP"),
        ("fragments-dropped", "Let pieces of UDP packets"),
    ],
)
def test_other_wishes(name: str, wish: str) -> None:
    assert wish in letter(name)


def test_without_names_of_relays_it_still_reads() -> None:
    text = letter("udp-blocked", ())
    assert "()" not in text
    assert "UDP to port 3478 of the relays, so that" in " ".join(text.split())


@pytest.mark.parametrize("name", ASKING)
def test_lines_fit_into_a_mail(name: str) -> None:
    text = letter(name, (*RELAYS, "a" * 60 + ".example.net"))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert text.endswith("\n")


def test_what_is_only_possible_bothers_nobody() -> None:
    report = scene("udp-blocked")
    unsure = tuple(msgspec.structs.replace(f, certainty=Certainty.POSSIBLE) for f in report.findings)
    assert judge(msgspec.structs.replace(report, findings=unsure)).letter == ""


def test_without_a_fact_there_is_no_letter() -> None:
    """The finding alone, with nothing that was measured, is no argument."""
    report = scene("tls-opened")
    before = judge(report, relays=RELAYS)
    bare = tuple(msgspec.structs.replace(gate, open=Tri.UNKNOWN) for gate in before.openings)
    assert before.letter
    assert write(report, before.forecast, bare, RELAYS) == ""
