"""Filters: RFC 4787 §5, and what refreshes or ends a permission."""

from __future__ import annotations

import pytest

from natscope.machines.nat.filtering import filter_function
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.packet import ACK, SYN, TCP
from natscope.machines.nat.table import Binding
from natscope.model.nat import Filtering
from tests.machines.nat.site import Site, config, end


def test_what_each_policy_looks_at() -> None:
    binding = Binding(17, 4, (10, 5000), (20, 5000), None, 0.0, 1e9)
    binding.addresses[30] = 1
    answers = {
        policy: [filter_function(policy)(binding, ip) for ip in (30, 31)]
        for policy in Filtering
        if policy is not Filtering.UNKNOWN
    }
    assert answers == {
        Filtering.ENDPOINT_INDEPENDENT: [True, True],
        Filtering.ADDRESS_DEPENDENT: [True, False],
        Filtering.ADDRESS_AND_PORT_DEPENDENT: [False, False],
    }
    with pytest.raises(KeyError):
        filter_function(Filtering.UNKNOWN)


def test_a_packet_from_outside_opens_no_filter() -> None:
    """RFC 4787 §5: rules are made by what the inside sends."""
    site = Site(config(filtering=Filtering.ADDRESS_DEPENDENT))
    outside = site.seen("a:5000", "r:1")
    assert site.come("s:1", outside) == "filtered"
    assert site.come("s:1", outside) == "filtered"
    site.seen("a:5000", "s:9")
    assert site.come("s:1", outside) == end("a:5000")


def test_an_address_stays_open_as_long_as_one_flow_to_it_lives() -> None:
    site = Site(config(filtering=Filtering.ADDRESS_DEPENDENT, lifetimes=Lifetimes(udp_s=30.0, per_flow=True)))
    outside = site.seen("a:5000", "r:1")
    site.wait(20)
    site.seen("a:5000", "r:2")
    site.seen("a:5000", "s:2")
    site.wait(20)
    assert site.come("r:1", outside) == end("a:5000"), "r:2 still holds the address open"
    site.wait(10)
    assert site.come("r:1", outside) == "no mapping"


@pytest.mark.parametrize(
    ("filtering", "passes"),
    [
        (Filtering.ENDPOINT_INDEPENDENT, True),
        (Filtering.ADDRESS_DEPENDENT, False),
        (Filtering.ADDRESS_AND_PORT_DEPENDENT, False),
    ],
)
def test_tcp_is_filtered_like_udp(filtering: Filtering, passes: bool) -> None:
    """RFC 5382 REQ-3; a connection from outside begins with its SYN."""
    site = Site(config(filtering=filtering))
    outside = site.connect("a:5000", "r:443")
    assert site.come("s:9", outside, TCP, SYN) == (end("a:5000") if passes else "filtered")
    assert site.come("s:8", outside, TCP, ACK) == ("tcp without a connection" if passes else "filtered")
