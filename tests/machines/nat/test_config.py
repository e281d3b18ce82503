"""A configuration says no to what cannot be."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from natscope.machines.nat.config import Hairpin, NatConfig, Unsolicited
from natscope.machines.nat.forwards import Forward, Pinhole, Transport
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import PUBLIC, config, end

V6 = ipaddress.IPv6Address("2001:db8::1")
FORWARD = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
ELSEWHERE = Forward(transport=Transport.UDP, external_port=1, internal=end("a:1"), external_ip=end("nat2:0").ip)
AGAIN = Forward(transport=Transport.UDP, external_port=7000, internal=end("b:5000"))
FIREWALL = {"mapping": Mapping.NONE, "external": ()}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"external": ()}, "needs an external address"),
    ({"external": (PUBLIC, PUBLIC)}, "distinct"),
    ({"external": (PUBLIC, V6)}, "one family"),
    ({"mapping": Mapping.UNKNOWN}, "knows its own"),
    ({"filtering": Filtering.UNKNOWN}, "knows its own"),
    ({"port_range": (0, 10)}, "port_range"),
    ({"port_range": (20, 10)}, "port_range"),
    ({"port_range": (1, 70000)}, "port_range"),
    ({"stride": 0}, "stride"),
    ({"capacity": 0}, "capacity"),
    ({"udp_capacity": 0}, "udp_capacity"),
    ({"pinholes": (Pinhole(transport=Transport.UDP),)}, "pinholes"),
    ({"dmz": V6}, "DMZ"),
    ({"forwards": (ELSEWHERE,)}, "external addresses"),
    ({"forwards": (FORWARD, AGAIN)}, "same external port"),
    ({"external": (V6,), "forwards": (FORWARD,)}, "family"),
    ({**FIREWALL, "external": (PUBLIC,)}, "without translation"),
    ({**FIREWALL, "forwards": (FORWARD,)}, "without translation"),
    ({**FIREWALL, "dmz": end("a:0").ip}, "without translation"),
    ({**FIREWALL, "hairpin": Hairpin.EXTERNAL_SOURCE}, "without translation"),
    ({**FIREWALL, "unsolicited": Unsolicited.BURN}, "burn"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_cannot_be(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        config(**changes)


def test_families() -> None:
    assert config().family == 4
    assert config(external=(V6,)).family == 6
    assert NatConfig(mapping=Mapping.NONE).family is None
    assert not NatConfig(mapping=Mapping.NONE).translates
