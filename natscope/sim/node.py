"""A node: interfaces, routes, and the way of a packet that begins or ends here."""

from __future__ import annotations

import ipaddress

from natscope.machines.nat.packet import DONT_FRAGMENT, TCP, Packet
from natscope.machines.nat.translator import Nat
from natscope.model.endpoint import IPAddress
from natscope.sim.fragments import may_be_split, size_on_link, split
from natscope.sim.icmp import Complaint, complain
from natscope.sim.link import Pipe
from natscope.sim.routes import Routes
from natscope.sim.stack import Stack
from natscope.sim.world import World

LOOPBACK_S = 0.000_02
LOOPBACK_MTU = 65_536
LOOPBACKS = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
MULTICASTS = (ipaddress.ip_network("224.0.0.0/4"), ipaddress.ip_network("ff00::/8"))


class Port:
    """An interface of a node. `pipe` leads away from it, None while nothing is plugged in.

    `addresses` carry their prefix. `nat_4` and `nat_6` make it an outside port of that family (fields, not a dict: the
    objects of thousands of routers do not fit into a cache). Ports with one `lan` are one wire.
    """

    __slots__ = ("addresses", "kind", "lan", "name", "nat_4", "nat_6", "node", "pipe", "up")

    def __init__(self, node: Node, name: str, lan: str = "") -> None:
        self.node = node
        self.name = name
        self.kind = "ethernet"
        self.lan = lan
        self.up = True
        self.pipe: Pipe | None = None
        self.addresses: list[ipaddress.IPv4Interface | ipaddress.IPv6Interface] = []
        self.nat_4: Nat | None = None
        self.nat_6: Nat | None = None

    def nat(self, family: int) -> Nat | None:
        """What translates or judges that family here."""
        return self.nat_4 if family == 4 else self.nat_6

    def put_nat(self, family: int, nat: Nat | None) -> None:
        """Translate or judge that family here; None lets it pass."""
        if family == 4:
            self.nat_4 = nat
        else:
            self.nat_6 = nat

    def address(self, family: int) -> IPAddress | None:
        """Its first address of a family."""
        return next((a.ip for a in self.addresses if a.version == family), None)


class Node:
    """A computer: takes what is for itself, forwards nothing. `own` are its packed addresses, routed to `here`."""

    __slots__ = (
        "crashes", "families", "here", "is_on", "name", "own", "ports", "routes", "stack", "ways_4", "ways_6", "world",
    )  # fmt: skip

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.ports: dict[str, Port] = {}
        self.routes: Routes[Port] = Routes()
        self.ways_4, self.ways_6 = self.routes.found_4, self.routes.found_6
        self.own: dict[int, Port] = {}
        self.here = Port(self, "here")
        for network in LOOPBACKS:
            self.routes.add(network, self.here)
        self.stack = Stack(self)
        self.is_on = True
        self.crashes = 0
        """So many crashes have not ended yet."""
        self.families: tuple[int, ...] = (4, 6)
        """What the system has sockets for."""

    def add_port(self, name: str, lan: str = "") -> Port:
        """A new interface."""
        if name in self.ports:
            raise ValueError(f"{self.name} has an interface {name} already")
        port = self.ports[name] = Port(self, name, lan)
        return port

    def add_address(self, port: Port, address: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> None:
        """The interface gets an address; the way to its network is a route of its own, to be added."""
        port.addresses.append(address)
        self.claim(address.ip, port)

    def claim(self, ip: IPAddress, port: Port) -> None:
        """Packets for that address are for us."""
        self.own[int(ip)] = port
        self.routes.add(ipaddress.ip_network(ip), self.here)

    def drop_addresses(self, port: Port, family: int | None = None) -> None:
        """The interface loses its addresses."""
        for address in [a for a in port.addresses if family in (None, a.version)]:
            port.addresses.remove(address)
            del self.own[int(address.ip)]
            self.routes.remove(self.here, ipaddress.ip_network(address.ip))

    def is_local(self, destination: int, family: int) -> bool:
        """Whether a packed address is one of ours."""
        return self.routes.lookup(destination, family) is self.here

    @staticmethod
    def receive(port: Port, packet: Packet) -> None:
        """A packet has arrived at an interface of a node of this kind."""
        self = port.node
        if not self.is_on or not port.up:
            self.world.note(packet, "interface down")
        elif packet.dst not in self.own:
            self.world.note(packet, "not for this host")
        elif packet.src in self.own:
            self.world.note(packet, "our own source address")  # Linux calls it a martian, hairpinned or not
        else:
            self.deliver(packet)

    def deliver(self, packet: Packet) -> None:
        """To our own programs."""
        if self.world.trace is not None:
            self.world.note(packet, "received")
        self.stack.deliver(packet)

    def send(self, packet: Packet, port: Port | None = None, *, dont_fragment: bool | None = None) -> Complaint | None:
        """A packet of our own programs begins its way; at once known is that there is none, or that it is too long.

        `dont_fragment` True: it stays whole, whatever is known of the path; False: routers may cut it.
        """
        if self.world.trace is not None:
            self.world.note(packet, "sent")
        out = (self.ways_4 if packet.family == 4 else self.ways_6).get(packet.dst)
        if out is None:
            out = self.routes.lookup(packet.dst, packet.family)
        if out is self.here:
            self.world.timeline.after(LOOPBACK_S, self._back_to_self, packet)
            return None
        if port is not None:
            out = port
        if out is None or not out.up or out.pipe is None:
            return Complaint.NO_ROUTE
        pipe = out.pipe
        limit = pipe.mtu
        if self.stack.path_mtu and dont_fragment is not True:
            limit = min(limit, self.stack.path_mtu.get(packet.dst, limit))
        if packet.length > limit and packet.proto != TCP:
            if dont_fragment:
                return Complaint.TOO_BIG
            split(packet, limit)
        elif packet.family == 4 and dont_fragment is not False:
            packet.flags |= DONT_FRAGMENT
        if packet.length <= pipe.mtu and self.is_on:
            pipe.send(packet)
        else:
            self.transmit(out, packet)
        return None

    def transmit(self, out: Port, packet: Packet, came_by: Port | None = None) -> None:
        """Onto the wire, if it fits; otherwise in pieces, or an error goes back by `came_by`."""
        pipe = out.pipe
        if pipe is None or not out.up or not self.is_on:
            self.world.note(packet, "interface down")
            return
        if packet.length > pipe.mtu and size_on_link(packet) > pipe.mtu:
            if not may_be_split(packet):
                self.world.note(packet, "too big")
                if pipe.spec.tells_mtu:
                    self.complain(packet, Complaint.TOO_BIG, came_by, mtu=pipe.mtu)
                return
            split(packet, pipe.mtu)
        pipe.send(packet)

    def complain(self, about: Packet, complaint: Complaint, came_by: Port | None, *, mtu: int = 0) -> None:
        """Tell the source, from the interface by which its packet came; our own programs hear it at once."""
        source = None if came_by is None else came_by.address(about.family)
        error = complain(about, complaint, int(source) if source is not None else about.src, mtu=mtu)
        if error is None:
            return
        if came_by is None:
            self.world.timeline.after(0.0, self.stack.deliver, error)
        else:
            self.send(error)

    def _back_to_self(self, packet: Packet) -> None:
        """What our programs sent to one of our own addresses."""
        if self.is_on:
            self.deliver(packet)
