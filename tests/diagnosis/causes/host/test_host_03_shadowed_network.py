"""NS-HOST-03: the system's own routing decides; not looked at is no claim."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty
from tests.diagnosis.judging import claim, found, scene
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-HOST-03"


def test_it_is_certain_and_names_both() -> None:
    finding = found(scene("network-shadowed"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == (
        "The tunnel takes 192.168.1.0/24 of eth0 (by tailscale0), so the computers beside you are out of reach, "
        "unless it leads back here."
    )


def test_the_router_is_named_where_it_is_in_that_network() -> None:
    report = scene("network-shadowed")
    for gateway, words in (("192.168.1.1", "so your router and the computers"), ("192.168.7.1", "so the computers")):
        upnp = msgspec.structs.replace(report.port_mapping.upnp, gateway=gateway)
        group = msgspec.structs.replace(report.port_mapping, upnp=upnp)
        assert words in found(msgspec.structs.replace(report, port_mapping=group))[ID].detail


def test_no_such_network_and_not_looked_at() -> None:
    assert claim(around("network-shadowed", computer={"shadowed": ()}), ID) is None
    assert claim(around("network-shadowed", computer={"shadowed": None}), ID) is None
    assert claim(unlooked("network-shadowed"), ID) is None
