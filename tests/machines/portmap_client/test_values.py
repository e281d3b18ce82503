"""The common words of the three clients."""

from __future__ import annotations

from natscope.machines.portmap_client.values import Protocol


def test_the_protocol_that_says_most_is_tried_first() -> None:
    assert list(Protocol) == [Protocol.PCP, Protocol.NAT_PMP, Protocol.UPNP]
    assert [str(protocol) for protocol in Protocol] == ["pcp", "nat-pmp", "upnp"]
