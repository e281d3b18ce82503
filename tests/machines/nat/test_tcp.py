"""TCP states in small: the table of the module's docstring, row by row, and RFC 5382's words."""

from __future__ import annotations

import pytest

from natscope.machines.nat import tcp
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.packet import ACK, FIN, RST, SYN, TCP
from tests.machines.nat.site import Site, config, end

OUT, IN = True, False
BOTH_FIN = tcp.FIN_OUT | tcp.FIN_IN
ROWS = [
    (tcp.SYN_OUT, SYN, OUT, tcp.SYN_OUT),
    (tcp.SYN_OUT, SYN | ACK, IN, tcp.ESTABLISHED),
    (tcp.SYN_OUT, SYN, IN, tcp.ESTABLISHED),
    (tcp.SYN_IN, SYN | ACK, OUT, tcp.ESTABLISHED),
    (tcp.SYN_IN, SYN, IN, tcp.SYN_IN),
    (tcp.SYN_OUT, ACK, IN, tcp.SYN_OUT),
    (tcp.SYN_OUT, FIN, OUT, tcp.SYN_OUT),
    (tcp.SYN_OUT, RST | ACK, IN, tcp.RESET),
    (tcp.ESTABLISHED, ACK, OUT, tcp.ESTABLISHED),
    (tcp.ESTABLISHED, SYN, OUT, tcp.ESTABLISHED),
    (tcp.ESTABLISHED, FIN | ACK, OUT, tcp.FIN_OUT),
    (tcp.ESTABLISHED, FIN | ACK, IN, tcp.FIN_IN),
    (tcp.ESTABLISHED, RST, OUT, tcp.RESET),
    (tcp.FIN_OUT, FIN, OUT, tcp.FIN_OUT),
    (tcp.FIN_OUT, FIN, IN, BOTH_FIN),
    (tcp.FIN_OUT, SYN, IN, tcp.FIN_OUT),
    (BOTH_FIN, ACK, OUT, BOTH_FIN),
    (BOTH_FIN, SYN, OUT, tcp.SYN_OUT),
    (tcp.RESET, FIN, IN, tcp.RESET),
    (tcp.RESET, SYN, IN, tcp.SYN_IN),
]


@pytest.mark.parametrize(("state", "flags", "outbound", "after"), ROWS)
def test_transitions(state: int, flags: int, outbound: bool, after: int) -> None:
    assert tcp.advance(state, flags, outbound=outbound) == after


def test_lifetimes_by_state() -> None:
    """RFC 5382 REQ-5: established at least 2 h 4 min, transitory at least 4 min."""
    times = Lifetimes(tcp_closing_s=10.0)
    assert [tcp.idle_s(s, times) for s in (tcp.ESTABLISHED, tcp.FIN_IN)] == [7440.0, 7440.0]
    assert [tcp.idle_s(s, times) for s in (tcp.SYN_OUT, tcp.SYN_IN)] == [240.0, 240.0]
    assert [tcp.idle_s(s, times) for s in (BOTH_FIN, tcp.RESET)] == [10.0, 10.0]


def test_what_begins_a_connection() -> None:
    begins = [flags for flags in (0, SYN, SYN | ACK, ACK, FIN | ACK, RST) if tcp.may_begin(flags, pickup=False)]
    picked_up = [flags for flags in (0, SYN, SYN | ACK, ACK, FIN | ACK, RST) if tcp.may_begin(flags, pickup=True)]
    assert begins == [SYN]
    assert picked_up == [0, SYN, ACK]


def test_simultaneous_open_passes() -> None:
    """RFC 5382 REQ-2a: both sides send their SYN; none is lost once our own has passed."""
    site = Site(config())
    outside = site.seen("a:5000", "r:443", TCP, SYN)
    assert site.come("r:443", outside, TCP, SYN) == end("a:5000")
    assert site.out("a:5000", "r:443", TCP, SYN | ACK) == outside
    assert site.come("r:443", outside, TCP, SYN | ACK) == end("a:5000")
    site.wait(7439)
    assert site.come("r:443", outside, TCP, ACK) == end("a:5000")


def test_an_established_connection_outlives_two_hours_of_silence() -> None:
    """RFC 5382 REQ-5."""
    site = Site(config())
    outside = site.connect("a:5000", "r:443")
    site.wait(7439)
    assert site.come("r:443", outside, TCP, ACK) == end("a:5000")
    site.wait(7440)
    assert site.come("r:443", outside, TCP, ACK) == "no mapping"


def test_a_connection_that_never_opened_ends_after_four_minutes() -> None:
    """RFC 5382 REQ-5: the transitory lifetime."""
    site = Site(config())
    outside = site.seen("a:5000", "r:443", TCP, SYN)
    site.wait(240)
    assert site.come("r:443", outside, TCP, SYN | ACK) == "no mapping"


@pytest.mark.parametrize("ending", ["fin", "rst"])
def test_a_connection_that_was_closed_lasts_for_stragglers(ending: str) -> None:
    """RFC 7857 §2.1 and §2.2: after both FIN, or RST, the transitory lifetime begins."""
    site = Site(config())
    outside = site.connect("a:5000", "r:443")
    if ending == "rst":
        site.come("r:443", outside, TCP, RST)
    else:
        site.out("a:5000", "r:443", TCP, FIN | ACK)
        site.come("r:443", outside, TCP, FIN | ACK)
    site.wait(239)
    assert site.come("r:443", outside, TCP, ACK) == end("a:5000")
    site.wait(240)
    assert site.out("a:5000", "r:443", TCP, ACK) == "tcp without a connection"
    assert site.nat.mappings(site.now) == []


def test_a_new_connection_may_reuse_closed_endpoints() -> None:
    site = Site(config())
    outside = site.connect("a:5000", "r:443")
    site.out("a:5000", "r:443", TCP, RST)
    assert site.connect("a:5000", "r:443") == outside
    site.wait(7000)
    assert site.come("r:443", outside, TCP, ACK) == end("a:5000")


def test_a_connection_in_its_middle_is_picked_up_only_where_asked() -> None:
    """What happens to a connection when the router restarts: Linux goes on, others do not."""
    assert Site(config()).out("a:5000", "r:443", TCP, ACK) == "tcp without a connection"
    assert Site(config(tcp_pickup=True)).out("a:5000", "r:443", TCP, ACK) == end("nat:5000")
    assert Site(config(tcp_pickup=True)).out("a:5000", "r:443", TCP, RST) == "tcp without a connection"
