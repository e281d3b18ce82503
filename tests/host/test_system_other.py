"""Computers without netlink: what the interfaces tell, and what stays unknown with its reason."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.host.api import Interface, LinkFacts
from natscope.host.real import system_other
from natscope.host.real.system_other import NOT_HERE, OtherSystem
from natscope.host.system_api import NOT_ASKED, PARTS
from natscope.model.endpoint import IPAddress

HOME, TUNNEL = ipaddress.ip_address("192.168.1.20"), ipaddress.ip_address("100.101.102.103")
LINKS = LinkFacts(
    (
        Interface("lo0", 1, "loopback", True, 16384, (ipaddress.ip_address("127.0.0.1"),)),
        Interface("en0", 4, "ethernet", True, 1500, (HOME,)),
        Interface("en1", 5, "ethernet", False, 1500, ()),
        Interface("utun3", 17, "unknown", True, 1280, (TUNNEL,)),
        Interface("PPP0", 18, "unknown", True, 1492, ()),
    ),
    (),
    True,
    False,
    True,
)


class Links:
    """What `OtherLinks` says of a computer with a tunnel."""

    async def look(self) -> LinkFacts:
        return LINKS

    async def source_for(self, target: IPAddress) -> IPAddress | None:
        if target.version == 6:
            return None
        return TUNNEL if target in ipaddress.ip_network("100.64.0.0/10") else HOME


@pytest.fixture(autouse=True)
def _computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_other, "OtherLinks", Links)


async def test_drivers_are_told_by_the_usual_names() -> None:
    facts = await OtherSystem().look()
    assert {device.name: device.driver for device in facts.devices} == {
        "lo0": "", "en0": "", "en1": "", "utun3": "tun", "PPP0": "ppp",
    }  # fmt: skip
    assert {device.name: (device.up, device.state) for device in facts.devices}["en1"] == (False, "down")
    assert [device.addresses for device in facts.devices if device.name == "utun3"] == [(str(TUNNEL),)]


async def test_everything_else_is_unread_with_its_reason() -> None:
    facts = await OtherSystem().look()
    assert dict(facts.unread) == dict.fromkeys(set(PARTS) - {"devices"}, NOT_HERE) | {"suites": NOT_ASKED}
    system = OtherSystem()
    assert (await system.firewall(timeout_s=1.0)).reason == NOT_HERE
    assert (await system.connections()).reason == NOT_HERE
    assert await system.source_drops() is None


async def test_suites_are_looked_for_where_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_other, "_process_names", lambda: ["launchd", "at.obdev.littlesnitch.networkextension"])
    facts = await OtherSystem().look(thorough=True)
    assert [suite.name for suite in facts.suites or ()] == ["Little Snitch"]
    assert "suites" not in facts.unread


async def test_a_system_that_refuses_to_list_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> list[str]:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(system_other, "_process_names", refuse)
    facts = await OtherSystem().look(thorough=True)
    assert facts.unread["suites"] == "the system refuses to tell: operation not permitted"
    assert facts.suites is None


async def test_the_way_is_that_of_the_source_address() -> None:
    targets = tuple(map(ipaddress.ip_address, ("203.0.113.5", "100.100.100.100", "2001:db8::5")))
    far, near, six = await OtherSystem().route_to(targets)
    assert (far.target, far.source, far.interface, far.failure) == ("203.0.113.5", str(HOME), "en0", "")
    assert (near.source, near.interface) == (str(TUNNEL), "utun3")
    assert (six.target, six.interface, six.failure) == ("2001:db8::5", "", "there is no route")


async def test_what_other_programs_marked_packets_do_is_not_known() -> None:
    assert await OtherSystem().route_to((HOME,), mark=0x80000) == ()
