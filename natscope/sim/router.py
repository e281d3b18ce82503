"""A router: forwards by longest prefix, counts TTL down, complains by ICMP, and translates at its outside ports.

A port with a NAT (one a family; a firewall takes its family too) is an outside port; routers stand behind routers in
any depth. What is sent to the router itself goes to its own stack: a NAT is asked first, because it owns the address.
What `intercept` names it answers in everybody's name, as a login page and a DNS hijack do. Multicast from inside is
taken, as far as a program listens, and never forwarded; other hosts of the wire do not hear it.
"""

from __future__ import annotations

from collections.abc import Iterable

from natscope.machines.nat.config import NatConfig, Unsolicited
from natscope.machines.nat.packet import TCP, IcmpError, Packet
from natscope.machines.nat.translator import Nat
from natscope.machines.nat.unsolicited import HELD_SYN_S
from natscope.machines.nat.verdicts import FIRST_DROP, FORWARD_IN, NAMES, Verdict
from natscope.model.endpoint import IPAddress
from natscope.sim.fragments import may_be_split, size_on_link, split
from natscope.sim.icmp import Complaint
from natscope.sim.nat64 import PREFIX, STAND_INS, Nat64
from natscope.sim.node import MULTICASTS, Node, Port
from natscope.sim.rng import seed_bytes
from natscope.sim.world import World


class Router(Node):
    """Forwards. `silent` True: its own complaints (TTL, routes) are never sent."""

    __slots__ = ("_intercepts", "_nat64", "silent", "small_mtu")

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self._intercepts: dict[tuple[int, int], None] = {}
        self._nat64: Nat64 | None = None
        self.silent = False
        for network in MULTICASTS:
            self.routes.add(network, self.here)
        self.small_mtu = 576
        """Packets above this are copied before a NAT changes them: an error must quote what its source sent."""

    def intercept(self, protocol: int, port: int) -> None:
        """Packets from inside to that port of anybody are for the router's own programs."""
        self._intercepts[protocol, port] = None

    def bridge_families(self) -> None:
        """Be a NAT64 for the hosts inside, in front of the IPv4 NAT."""
        self._nat64 = Nat64()
        self.routes.add(PREFIX, self.here)
        self.routes.add(STAND_INS, self.here)

    def translate(self, port: Port, config: NatConfig, families: tuple[int, ...] = (4, 6)) -> Nat:
        """Put a NAT on a port, or a firewall for these families."""
        nat = Nat(config, seed_bytes(self.world.seed, "nat", self.name, port.name, str(config.family)))
        for family in families if config.family is None else (config.family,):
            port.put_nat(family, nat)
        return nat

    def reboot_nat(self, port: Port, family: int, external: Iterable[IPAddress] | None = None) -> None:
        """Lose all mappings; `external` are the public addresses from now on."""
        nat = port.nat(family)
        if nat is None:
            return
        nat.reboot(nat.external if external is None else external)
        if self.world.watch is not None:
            self.world.watch.rebooted(nat)

    @staticmethod
    def receive(port: Port, packet: Packet) -> None:
        """Forward, deliver, or drop with a reason."""
        self = port.node
        assert isinstance(self, Router)
        if not self.is_on or not port.up:
            self.world.note(packet, "interface down")
            return
        nat = port.nat_4 if packet.family == 4 else port.nat_6
        if nat is not None:
            self._from_outside(port, nat, packet)
        elif self._intercepts and (packet.proto, packet.dport) in self._intercepts:
            self.deliver(packet)
        else:
            self._forward(port, packet)

    def _for_here(self, came_by: Port, packet: Packet) -> None:
        """From inside, for one of our addresses: ours, unless a NAT owns it; then it is hairpinned or dropped."""
        if self._nat64 is not None and self._nat64.covers(packet.dst, packet.family):
            self._across_families(self._nat64, came_by, packet)
            return
        outside = self.own.get(packet.dst)
        nat = None if outside is None else outside.nat(packet.family)
        if outside is not None and nat is not None and nat.config.translates:
            self._to_outside(came_by, outside, nat, packet)
        else:
            self.deliver(packet)

    def _back_to_self(self, packet: Packet) -> None:
        """Our own complaint to a host that has a stand-in must cross the families as well."""
        if self._nat64 is not None and self._nat64.covers(packet.dst, packet.family):
            self._across_families(self._nat64, self.here, packet)
        else:
            super()._back_to_self(packet)

    def _across_families(self, nat64: Nat64, came_by: Port, packet: Packet) -> None:
        """Towards the prefix, or back to a host that has a stand-in."""
        translated = nat64.to_ipv4(packet) if packet.family == 6 else nat64.to_ipv6(packet)
        if translated is None:
            self.world.note(packet, "cannot be translated")
        else:
            self._forward(came_by, translated)

    def _forward(self, came_by: Port, packet: Packet) -> None:
        """The way of a packet that no NAT has to let in."""
        out = (self.ways_4 if packet.family == 4 else self.ways_6).get(packet.dst)
        if out is None:
            out = self.routes.lookup(packet.dst, packet.family)
        if out is None:
            self._refuse(packet, Complaint.NO_ROUTE, came_by)
            return
        if out is self.here:
            self._for_here(came_by, packet)
            return
        if came_by.lan and came_by.lan == out.lan:
            pass  # a switch, not a hop
        elif packet.ttl <= 1:
            self._refuse(packet, Complaint.TTL_EXCEEDED, came_by)
            return
        else:
            packet.ttl -= 1
        nat = out.nat_4 if packet.family == 4 else out.nat_6
        if nat is not None:
            self._to_outside(came_by, out, nat, packet)
            return
        pipe = out.pipe
        if pipe is not None and out.up and packet.length <= pipe.mtu:
            pipe.send(packet)
        else:
            self.transmit(out, packet, came_by)

    def _to_outside(self, came_by: Port, out: Port, nat: Nat, packet: Packet) -> None:
        pipe = out.pipe
        if pipe is not None and packet.length > pipe.mtu:
            probe = packet.copy()
            if not self._fits(out, probe, came_by):
                return
            packet.flags = probe.flags
        world = self.world
        if world.watch is None:
            verdict = nat.outbound(packet, world.timeline.now)
        else:
            verdict = self._watched(nat, packet, outbound=True)
        if verdict == FORWARD_IN:
            self._forward_inside(out, packet)
        elif verdict >= FIRST_DROP:
            self._refuse_outbound(came_by, nat, packet, verdict)
        elif pipe is not None and out.up:
            pipe.send(packet)  # it fits
        else:
            world.note(packet, "interface down")

    def _refuse_outbound(self, came_by: Port, nat: Nat, packet: Packet, verdict: Verdict) -> None:
        self.world.note(packet, NAMES[verdict])
        inside = came_by.address(packet.family)
        if inside is not None:
            self._answer(nat.refuse_outbound(packet, verdict, int(inside)))

    def _fits(self, out: Port, packet: Packet, came_by: Port) -> bool:
        """Whether a packet that is about to be translated will pass; otherwise the source hears of it untranslated."""
        assert out.pipe is not None
        if size_on_link(packet) <= out.pipe.mtu:
            return True
        if may_be_split(packet):
            split(packet, out.pipe.mtu)
            return True
        self.world.note(packet, "too big")
        if out.pipe.spec.tells_mtu:
            self.complain(packet, Complaint.TOO_BIG, came_by, mtu=out.pipe.mtu)
        return False

    def _from_outside(self, port: Port, nat: Nat, packet: Packet) -> None:
        if not nat.translates and packet.dst in self.own:
            self.deliver(packet)
            return
        if packet.ttl <= 1 and not self.stack.wants(packet):
            self._refuse(packet, Complaint.TTL_EXCEEDED, port)
            return
        packet.ttl -= 1
        original = packet.copy() if packet.length > self.small_mtu else None
        world = self.world
        if world.watch is None:
            verdict = nat.inbound(packet, world.timeline.now)
        else:
            verdict = self._watched(nat, packet, outbound=False)
        if verdict < FIRST_DROP:
            self._forward_inside(port, packet, original)
        elif packet.dst in self.own and self.stack.wants(packet):
            self.deliver(packet)
        else:
            self._turn_away(nat, packet, verdict)

    def _forward_inside(self, came_by: Port, packet: Packet, original: Packet | None = None) -> None:
        out = (self.ways_4 if packet.family == 4 else self.ways_6).get(packet.dst)
        if out is None:
            out = self.routes.lookup(packet.dst, packet.family)
        if out is self.here:
            self._for_here(came_by, packet)
        elif out is None or out is came_by:
            self.world.note(packet, "no route inside")
        elif original is None and out.pipe is not None and out.up and packet.length <= out.pipe.mtu:
            out.pipe.send(packet)
        elif original is None or self._fits_inside(out, packet, original, came_by):
            self.transmit(out, packet)

    def _fits_inside(self, out: Port, packet: Packet, original: Packet, came_by: Port) -> bool:
        if out.pipe is None or not self._fits(out, original, came_by):
            return False
        packet.flags = original.flags
        return True

    def _turn_away(self, nat: Nat, packet: Packet, verdict: Verdict) -> None:
        self.world.note(packet, NAMES[verdict])
        self._answer(nat.refuse_inbound(packet, verdict))
        if packet.proto == TCP and nat.config.unsolicited is Unsolicited.REJECT:
            self.world.timeline.after(HELD_SYN_S, self._late_refusals, nat)

    def _late_refusals(self, nat: Nat) -> None:
        for error in nat.expire(self.world.timeline.now):
            self._answer(error)

    def _watched(self, nat: Nat, packet: Packet, *, outbound: bool) -> Verdict:
        """What the NAT says, under the eyes of the checkers."""
        now, watch = self.world.timeline.now, self.world.watch
        assert watch is not None
        before = packet.header()
        verdict = (nat.outbound if outbound else nat.inbound)(packet, now)
        watch.translated(nat, packet, before, now, outbound=outbound, passed=verdict < FIRST_DROP)
        return verdict

    def _refuse(self, packet: Packet, complaint: Complaint, came_by: Port) -> None:
        self.world.note(packet, complaint.value)
        if not self.silent:
            self.complain(packet, complaint, came_by)

    def _answer(self, error: IcmpError | None) -> None:
        if error is not None:
            self.send(error)
