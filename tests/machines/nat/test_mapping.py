"""Keys of mappings: what a destination changes."""

from __future__ import annotations

import pytest

from natscope.machines.nat.config import Hairpin
from natscope.machines.nat.mapping import key_function
from natscope.machines.nat.packet import TCP
from natscope.machines.nat.ports import PortPolicy
from natscope.model.nat import Mapping
from tests.machines.nat.site import Site, config


def test_what_each_policy_looks_at() -> None:
    """RFC 4787 §4.1: endpoint-independent, address-dependent, address and port-dependent."""
    flow = (17, 10, 5000, 20, 53)
    assert key_function(Mapping.ENDPOINT_INDEPENDENT)(*flow) == (17, 10, 5000)
    assert key_function(Mapping.ADDRESS_DEPENDENT)(*flow) == (17, 10, 5000, 20)
    assert key_function(Mapping.ADDRESS_AND_PORT_DEPENDENT)(*flow) == flow
    assert key_function(Mapping.NONE)(*flow) == (17, 10, 5000)


def test_unknown_is_no_policy() -> None:
    with pytest.raises(KeyError):
        key_function(Mapping.UNKNOWN)


@pytest.mark.parametrize("hairpin", Hairpin)
def test_tcp_maps_like_udp(hairpin: Hairpin) -> None:
    """RFC 5382 REQ-1: endpoint-independent mapping for TCP."""
    site = Site(config(hairpin=hairpin, ports=PortPolicy.RANDOM))
    assert site.connect("a:5000", "r:443") == site.connect("a:5000", "s:80")
    hard = Site(config(mapping=Mapping.ADDRESS_DEPENDENT, ports=PortPolicy.RANDOM))
    assert hard.seen("a:5000", "r:443", TCP, 2) == hard.seen("a:5000", "r:80", TCP, 2)
    assert hard.seen("a:5000", "r:443", TCP, 2) != hard.seen("a:5000", "s:443", TCP, 2)


def test_protocols_have_mappings_of_their_own() -> None:
    site = Site(config(ports=PortPolicy.RANDOM))
    assert site.seen("a:5000", "r:1") != site.seen("a:5000", "r:1", TCP, 2)
