"""A computer that tells about itself what a test says, for the host in memory."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.host.system_api import ConnectionTable, Device, FirewallFacts, RouteChoice, SystemFacts
from natscope.model.endpoint import IPAddress
from natscope.model.packet_filter import Chain, Match, Rule, RuleSet


@dataclass
class FakeSystem:
    """`ways` by target, `usual` for all others; `firewalls` are told one after the other, the last for ever."""

    facts: SystemFacts = field(default_factory=SystemFacts)
    usual: RouteChoice = field(default_factory=lambda: RouteChoice(target="", interface="eth0", source="192.168.1.20"))
    ways: dict[str, RouteChoice] = field(default_factory=dict)
    marked: str = ""
    drops: list[int | None] = field(default_factory=lambda: [0])
    firewalls: list[FirewallFacts] = field(default_factory=lambda: [FirewallFacts(rules=RuleSet())])
    table: ConnectionTable = field(default_factory=lambda: ConnectionTable(text=""))
    looks: int = 0

    async def look(self, *, thorough: bool = False) -> SystemFacts:
        self.looks += 1
        return self.facts

    async def source_drops(self) -> int | None:
        return self.drops.pop(0) if len(self.drops) > 1 else self.drops[0]

    async def route_to(self, targets: Sequence[IPAddress], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        found = []
        for target in targets:
            way = self.ways.get(str(target), self.usual)
            interface = self.marked if mark and self.marked else way.interface
            found.append(
                RouteChoice(
                    target=str(target), interface=interface, source=way.source, table=way.table, failure=way.failure
                )
            )
        return tuple(found)

    async def firewall(self, *, timeout_s: float) -> FirewallFacts:
        return self.firewalls.pop(0) if len(self.firewalls) > 1 else self.firewalls[0]

    async def connections(self) -> ConnectionTable:
        return self.table


ETH0 = Device(name="eth0", driver="ethernet", addresses=("192.168.1.20",), strict_source=False)
META = Device(name="Meta", driver="tun", addresses=("198.18.0.1",))
WLAN0 = Device(name="wlan0", driver="wifi", addresses=("192.168.43.10",), strict_source=True)


def links(*uplinks: tuple[str, str, str], kind: str = "ethernet") -> LinkFacts:
    """Interfaces with a default route each, best first: name, address, gateway."""
    return LinkFacts(
        interfaces=tuple(
            Interface(name, index, kind, True, 1500, (ipaddress.ip_address(address),))
            for index, (name, address, _) in enumerate(uplinks, start=2)
        ),
        default_routes=tuple(
            DefaultRoute(4, name, ipaddress.ip_address(gateway), 100 * index)
            for index, (name, _, gateway) in enumerate(uplinks)
        ),
        os_ipv4=True,
        os_ipv6=False,
    )


HOME = links(("eth0", "192.168.1.20", "192.168.1.1"))
TWO = links(("eth0", "192.168.1.20", "192.168.1.1"), ("wlan0", "192.168.43.10", "192.168.43.1"))
SHARED = Match("saddr", ("100.64.0.0/10",))


def ts_input(packets: int | None) -> FirewallFacts:
    """The rule that drops the shared range, with its counter."""
    rule = Rule((Match("iif", ("tailscale0",), negated=True), SHARED), "drop", "", packets, "-s 100.64.0.0/10 -j DROP")
    chains = (
        Chain("iptables", "ip", "filter", "INPUT", "input", 0, "accept", (Rule((), "jump", "ts-input", packets, ""),)),
        Chain("iptables", "ip", "filter", "ts-input", "", 0, "", (rule,)),
    )
    return FirewallFacts(rules=RuleSet(chains))
