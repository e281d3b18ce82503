"""The checker's own books: how long something may still be alive."""

from __future__ import annotations

from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.packet import ACK, FIN, RST, SYN, TCP, UDP
from natscope.machines.nat.sightings import Ages, Peer, Tenure

REMOTE = (9, 9)


def begin(lifetimes: Lifetimes, proto: int = UDP, flags: int = 0) -> tuple[Ages, Tenure, Peer]:
    ages, tenure = Ages(lifetimes), Tenure(proto, (1, 1), (2, 2), 0.0)
    peer = tenure.peers[REMOTE] = Peer(0.0, True, True)
    ages.packet(tenure, peer, flags, 0.0, outbound=True, first=True)
    return ages, tenure, peer


def test_shared_and_own_timers() -> None:
    for per_flow in (False, True):
        ages, tenure, _ = begin(Lifetimes(udp_s=30.0, per_flow=per_flow))
        other = tenure.peers[8, 8] = Peer(20.0, True, True)
        ages.packet(tenure, other, 0, 20.0, outbound=True, first=per_flow)
        assert (REMOTE in ages.alive_peers(tenure, 40.0)) is not per_flow
        assert (8, 8) in ages.alive_peers(tenure, 49.0)
        assert not ages.is_alive(tenure, 50.0)


def test_refresh_and_absolute_end() -> None:
    ages, tenure, peer = begin(Lifetimes(udp_s=30.0, refresh=Refresh.OUTBOUND, absolute_s=50.0))
    ages.packet(tenure, peer, 0, 20.0, outbound=False, first=False)
    assert not ages.is_alive(tenure, 30.0)
    ages.packet(tenure, peer, 0, 29.0, outbound=True, first=False)
    assert ages.is_alive(tenure, 49.0)
    assert not ages.is_alive(tenure, 50.0)
    tenure.forward = True
    assert ages.is_alive(tenure, 50.0)


def test_streams() -> None:
    ages, tenure, peer = begin(Lifetimes(udp_s=30.0, udp_stream_s=120.0, per_flow=True))
    ages.packet(tenure, peer, 0, 5.0, outbound=False, first=False)
    assert peer.dies == 35.0
    ages.packet(tenure, peer, 0, 6.0, outbound=False, first=False)
    assert peer.dies == 126.0


def test_connections() -> None:
    times = Lifetimes(tcp_established_s=1000.0, tcp_transitory_s=100.0, tcp_closing_s=10.0)
    ages, tenure, peer = begin(times, TCP, SYN)
    assert peer.dies == 100.0
    for flags, outbound, lasts in (
        (SYN | ACK, False, 1000), (FIN, True, 1000), (FIN, False, 10), (SYN, True, 100), (RST, False, 10),
    ):  # fmt: skip
        ages.packet(tenure, peer, flags, 1.0, outbound=outbound, first=False)
        assert peer.dies == 1.0 + lasts


def test_a_stranger_keeps_a_mapping_only_where_inbound_refreshes() -> None:
    for refresh in Refresh:
        ages, tenure, _ = begin(Lifetimes(udp_s=30.0, refresh=refresh))
        ages.stranger(tenure, 20.0)
        assert ages.is_alive(tenure, 40.0) is (refresh is not Refresh.OUTBOUND)
