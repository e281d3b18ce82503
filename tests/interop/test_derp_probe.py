"""Upstream's `derpprobe -once` is good for every node of a map of our relays: TLS, UDP, and packets between nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.interop.derp_peers import Derper, Ours, Place, Ports, derpprobe, region, running, verdicts

pytestmark = pytest.mark.interop

RECORDED = ROOT / "fixtures" / "peers" / "derpprobe"


def probes(*names: str, mesh: bool = False) -> set[str]:
    """Every probe that a region of those nodes gets."""
    found = {f"derp/lab900/{name}/{what}" for name in names for what in ("tls", "udp", f"{name}/mesh")}
    return found | {f"derp/lab900/{a}/{b}/mesh" for a in names for b in names if mesh} | {"derpmap-probe"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_one_node(place: Place) -> None:
    ports = Ports()
    with running(Ours(place, ports)):
        code, found = derpprobe(place, {"Regions": {"900": region(ports)}}, "-bw-interval", "1s")
    assert found == dict.fromkeys(probes("900a") | {"derp/lab900/900a/900a/bw"}, True)
    assert code == 0


def test_a_map_of_both_makes_in_regions_of_their_own(place: Place) -> None:
    ours, theirs = Ports(), Ports()
    regions = {"900": region(ours), "901": region(theirs, number=901)}
    with running(Ours(place, ours)), running(Derper(place, theirs)):
        code, found = derpprobe(place, {"Regions": regions})
    assert found == dict.fromkeys(
        probes("900a") | {f"derp/lab901/901a/{what}" for what in ("tls", "udp", "901a/mesh")}, True
    )
    assert code == 0


def test_what_does_not_work_is_bad(place: Place) -> None:
    """Else a good verdict would say nothing."""
    ports = Ports()
    wrong = region(ports)
    wrong["Nodes"][0]["DERPPort"] = Ports().https
    with running(Ours(place, ports)):
        code, found = derpprobe(place, {"Regions": {"900": wrong}})
    assert found == {
        "derp/lab900/900a/tls": False, "derp/lab900/900a/udp": True, "derp/lab900/900a/900a/mesh": False,
        "derpmap-probe": True,
    }  # fmt: skip
    assert code == 1


@pytest.mark.parametrize("name", ["once-good", "once-meshed-pair", "once-bw", "once-broken"])
def test_recorded_runs_have_the_form_that_is_read_here(name: str) -> None:
    text = (RECORDED / f"{name}.txt").read_text()
    found = verdicts(text)
    assert set(found.values()) == ({True, False} if name == "once-broken" else {True})
    assert len(found) == text.count(" good: ") + text.count(" bad: ")
    assert text.rstrip().endswith("[exit 1]" if name == "once-broken" else "[exit 0]")
