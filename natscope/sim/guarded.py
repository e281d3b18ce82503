"""A computer whose own rules drop packets: a packet filter for both ways, and the check of source addresses.

The rules are values as the real ones are read; what they do is decided by the machine that judges them. A filter knows
the flows that this computer has begun, so that answers are `established`.
"""

from __future__ import annotations

import msgspec

from natscope.machines.nat.packet import ICMP, ICMPV6, TCP, UDP, IcmpError, Packet, unpack
from natscope.machines.packet_filter import Asked, judge
from natscope.model.packet_filter import Chain, Rule, RuleSet
from natscope.sim.icmp import Complaint
from natscope.sim.node import Node, Port
from natscope.sim.world import World

_PROTOCOLS = {ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPV6: "ipv6-icmp"}
DNS_PORT = 53
Flow = tuple[int, int, int, int, int]
LOOPBACK_NAME = "lo"


class Wall:
    """The packet filter of one computer. Rules that may or may not fit let a packet pass."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._counts: dict[tuple[Chain, Rule], int] = {}
        self._flows: dict[Flow, None] = {}

    def lets_out(self, port: str, packet: Packet) -> bool:
        """Whether a packet of ours leaves by the interface of that name; then its answers are expected."""
        if not self._passes("output", packet, oif=port):
            return False
        self._flows[packet.proto, packet.src, packet.sport, packet.dst, packet.dport] = None
        return True

    def admits(self, port: Port, packet: Packet) -> bool:
        """Whether a packet gets in."""
        return self._passes("input", packet, iif=port.name)

    def _passes(self, hook: str, packet: Packet, *, iif: str = "", oif: str = "") -> bool:
        """By the chains of a hook; the rule that drops it counts."""
        asked = Asked(
            source=unpack(packet.src, packet.family),
            destination=unpack(packet.dst, packet.family),
            proto=_PROTOCOLS.get(packet.proto, "other"),
            sport=packet.sport if packet.sport >= 0 else None,
            dport=packet.dport if packet.dport >= 0 else None,
            iif=iif,
            oif=oif,
            state=self._state(packet),
        )
        found = judge(self._rules, hook, asked)
        if found.verdict not in ("drop", "reject"):
            return True
        if found.chain is not None and found.rule is not None:
            key = found.chain, found.rule
            self._counts[key] = self._counts.get(key, 0) + 1
        return False

    def rules(self) -> RuleSet:
        """The rules with their counters as they are now."""
        chains = tuple(
            msgspec.structs.replace(c, rules=tuple(self._counted(c, rule) for rule in c.rules))
            for c in self._rules.chains
        )
        return RuleSet(chains, self._rules.left_out)

    def _counted(self, chain: Chain, rule: Rule) -> Rule:
        count = self._counts.get((chain, rule), 0)
        return msgspec.structs.replace(rule, packets=count) if rule.packets is not None else rule

    def _state(self, packet: Packet) -> str:
        if isinstance(packet, IcmpError):
            inner = packet.inner
            return "related" if (inner.proto, inner.src, inner.sport, inner.dst, inner.dport) in self._flows else "new"
        back = (packet.proto, packet.dst, packet.dport, packet.src, packet.sport)
        return "established" if back in self._flows else "new"


class GuardedNode(Node):
    """`wall` None: no packet filter. `strict`: names of interfaces that drop what would be answered elsewhere.

    `muzzled`: a driver beside the packet filter refuses what programs send over UDP, name look-ups aside.
    """

    __slots__ = ("muzzled", "source_drops", "strict", "wall")

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.wall: Wall | None = None
        self.strict: dict[str, None] = {}
        self.source_drops = 0
        self.muzzled = False

    @staticmethod
    def receive(port: Port, packet: Packet) -> None:
        """A packet has arrived: the check of its source (RFC 3704, section 2.2) comes first, then the filter."""
        self = port.node
        assert isinstance(self, GuardedNode)
        if (self.wall is not None or self.strict) and self.is_on and port.up and packet.dst in self.own:
            if port.name in self.strict and self.routes.lookup(packet.src, packet.family) is not port:
                self.source_drops += 1
                self.world.note(packet, "dropped by the check of source addresses")
                return
            if self.wall is not None and not self.wall.admits(port, packet):
                self.world.note(packet, "dropped by the computer's own rules")
                return
        Node.receive(port, packet)

    def send(self, packet: Packet, port: Port | None = None, *, dont_fragment: bool | None = None) -> Complaint | None:
        """A packet of our own programs begins its way."""
        if self.muzzled and packet.proto == UDP and packet.dport != DNS_PORT:
            return Complaint.FORBIDDEN
        if self.wall is not None:
            out = self.routes.lookup(packet.dst, packet.family)
            way = LOOPBACK_NAME if out is self.here else (port or out or self.here).name
            if not self.wall.lets_out(way, packet):
                self.world.note(packet, "refused by the computer's own rules")
                return Complaint.FORBIDDEN
        return super().send(packet, port, dont_fragment=dont_fragment)
