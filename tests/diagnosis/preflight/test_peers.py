"""Which kinds of peers are direct, for sides that one can write down, and for stored reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.classes import Klass, possible
from natscope.diagnosis.pair.side import FamilySide, Side, Told
from natscope.diagnosis.preflight.judge import side_of
from natscope.diagnosis.preflight.peers import ALWAYS_RELAYED, NAMES, forecasts, peer_side
from natscope.model.nat import Filtering
from natscope.model.preflight import PeerKind
from natscope.model.tri import Tri
from tests.diagnosis.judging import scene

YES, NO = Told(Tri.YES, Strength.DECISIVE), Told(Tri.NO, Strength.DECISIVE)
ABSENT = FamilySide(works=NO, absent=YES)
D, R, U = "direct", "relay", "unknown"


def side(filtering: Filtering, varies: Told[Tri], *, opens: Told[Tri] = NO, six: FamilySide = ABSENT) -> Side:
    four = FamilySide(
        works=YES, translated=YES, varies=varies, lets_in=Told(filtering, Strength.DECISIVE), predictable=NO,
        paired=YES, opens=opens, service=NO,
    )  # fmt: skip
    return Side(is_measured=True, udp=YES, v4=four, v6=six)


SIX = FamilySide(works=YES, translated=NO, varies=NO, lets_in=Told(Filtering.ADDRESS_AND_PORT_DEPENDENT, Strength.FACT),
                 opens=NO, service=NO)  # fmt: skip
EIF, ADF, APDF = (Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT)
BLOCKED = Side(is_measured=True, udp=NO, v4=FamilySide(works=NO, absent=NO), v6=ABSENT)
CASES = {
    "full cone": (side(EIF, NO), (D, D, D, D, R)),
    "address-restricted": (side(ADF, NO), (D, D, D, D, R)),
    "port-restricted": (side(APDF, NO), (D, D, R, R, R)),
    "port-restricted with IPv6": (side(APDF, NO, six=SIX), (D, D, R, D, R)),
    "filtering not measured": (side(Filtering.UNKNOWN, NO), (D, D, U, U, R)),
    "symmetric": (side(APDF, YES), (D, R, R, R, R)),
    "symmetric with IPv6": (side(APDF, YES, six=SIX), (D, R, R, D, R)),
    "symmetric with an open port": (side(APDF, YES, opens=YES), (D, D, D, D, R)),
    "symmetric, ports not asked": (side(APDF, YES, opens=Told(Tri.UNKNOWN)), (D, U, U, U, R)),
    "UDP blocked": (BLOCKED, (R, R, R, R, R)),
    "nothing known": (Side(), (U, U, U, U, R)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_side(name: str) -> None:
    this, paths = CASES[name]
    found = forecasts(this)
    assert tuple(peer.path for peer in found) == paths
    assert [peer.kind for peer in found] == list(PeerKind)
    assert all(peer.reason for peer in found)
    assert all(bool(peer.via) == (peer.path == D) for peer in found)


def test_kinds_are_what_they_are_called() -> None:
    classes = {kind: possible(peer_side(kind).v4) for kind in PeerKind}
    assert classes == {
        PeerKind.SERVER: {Klass.O}, PeerKind.HOME: {Klass.C3}, PeerKind.RANDOM: {Klass.H}, PeerKind.IPV6: {Klass.H},
        PeerKind.BLOCKED: {Klass.B},
    }  # fmt: skip
    assert possible(peer_side(PeerKind.IPV6).v6) == {Klass.C3}
    assert set(NAMES) == set(PeerKind)


def test_local_addresses_never_make_a_peer_elsewhere_direct() -> None:
    """Nor does not knowing them leave a question open."""
    this, paths = CASES["symmetric"]
    for local in ((), peer_side(PeerKind.HOME).local):
        assert tuple(peer.path for peer in forecasts(replace(this, local=local))) == paths


def test_a_network_without_udp_is_always_relayed() -> None:
    for this, _ in CASES.values():
        assert forecasts(this)[-1].reason == ALWAYS_RELAYED


def test_by_which_way() -> None:
    found = {peer.kind: peer.via for peer in forecasts(CASES["symmetric with IPv6"][0])}
    assert found == {PeerKind.SERVER: "v4", PeerKind.HOME: "", PeerKind.RANDOM: "", PeerKind.IPV6: "v6",
                     PeerKind.BLOCKED: ""}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("healthy", (D, D, U, D, R)),
        ("full-cone", (D, D, D, D, R)),
        ("mapping-proved", (D, D, D, D, R)),
        ("no-port-mapping", (D, R, R, R, R)),
        ("ipv6-only", (R, R, R, D, R)),
        ("udp-blocked", (R, R, R, R, R)),
        ("captive-portal", (U, U, U, U, R)),
        ("inside-relays", (U, U, U, U, R)),
        ("no-network", (U, U, U, U, R)),
        ("single-relay-silent", (U, U, U, U, R)),
    ],
)
def test_a_stored_report(name: str, paths: tuple[str, ...]) -> None:
    assert tuple(peer.path for peer in forecasts(side_of(scene(name)))) == paths
