"""A preflight in simulated networks: whom it promises to be direct, what gets out, what to ask for."""

from __future__ import annotations

from functools import cache

import pytest

from natscope.diagnosis.preflight.judge import judge
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.model.preflight import Expected, PeerKind, Preflight
from natscope.model.tri import Tri

D, R, U = "direct", "relay", "unknown"
NETWORKS = {
    "port-restricted": (Expected.DIRECT, (D, D, R, R)),
    "full-cone": (Expected.DIRECT, (D, D, D, D)),
    "open-internet": (Expected.DIRECT, (D, D, D, D)),
    "private-wan": (Expected.DIRECT, (D, D, R, R)),
    "cgnat-behind-home": (Expected.DIRECT, (D, D, R, R)),
    "cgnat-symmetric": (Expected.SOMETIMES, (D, R, R, R)),
    "symmetric-random": (Expected.SOMETIMES, (D, R, R, R)),
    "mapping-pcp": (Expected.DIRECT, (D, D, D, D)),
    "udp-blocked": (Expected.RELAYED, (R, R, R, R)),
    "tcp-443-by-proxy": (Expected.RELAYED, (R, R, R, R)),
    "captive-portal": (Expected.UNKNOWN, (U, U, U, U)),
    "tun-proxy": (Expected.UNKNOWN, (U, U, U, U)),
    "everything-blocked": (Expected.UNKNOWN, None),
}


@cache
def look(name: str) -> Preflight:
    """From the first host that the scenario measures."""
    return judge(next(iter(sim_reports(load_scenario(name)).values())), relays=("relay1.example.net",))


def states(name: str, what: str) -> Tri:
    return next(gate.open for gate in look(name).openings if gate.what == what)


def notice(name: str, about: str) -> str:
    return next(notice.state for notice in look(name).notices if notice.about == about)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network(name: str) -> None:
    expected, paths = NETWORKS[name]
    found = look(name)
    assert found.forecast.expected is expected, found.forecast
    if paths is not None:
        assert tuple(peer.path for peer in found.peers if peer.kind is not PeerKind.BLOCKED) == paths


def test_blocked_udp_is_told_apart_from_blocked_everything() -> None:
    assert (states("udp-blocked", "udp"), states("udp-blocked", "tcp-443")) == (Tri.NO, Tri.YES)
    assert states("everything-blocked", "udp") is Tri.UNKNOWN
    assert states("port-restricted", "udp") is Tri.YES


def test_the_administrator_is_asked_where_he_can_help() -> None:
    assert "Let UDP out from port 41641" in look("udp-blocked").letter
    assert "Let CONNECT to port 443" in look("tcp-443-by-proxy").letter
    for name in ("port-restricted", "symmetric-random", "captive-portal", "open-internet", "everything-blocked"):
        assert look(name).letter == ""


def test_surroundings() -> None:
    assert notice("tun-proxy", "tunnel") == "bad"
    assert notice("port-restricted", "tunnel") == "ok"
    assert notice("tcp-443-by-proxy", "proxy") == "look"
    assert notice("captive-portal", "portal") == "bad"
    assert notice("local-shared-space", "collision") == "look"
    assert notice("port-restricted", "collision") == "ok"
    assert notice("port-restricted", "resolver") == "ok"
    assert notice("dns-fails", "resolver") == "bad"


def test_what_you_can_change_first() -> None:
    assert "log in" in look("captive-portal").changes[0].do
    assert "DIRECT" in look("tun-proxy").changes[0].do
    assert "IPv6" in look("symmetric-random").changes[0].do
