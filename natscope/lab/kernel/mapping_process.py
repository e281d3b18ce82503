"""A router's mapping service as a process of its own in the router's namespace, and its way to the NAT in the other.

The NAT lives in the process that reads the TUN devices. The service asks it over a pair of sockets, one message of JSON
each way; both read the same monotonic clock.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

import msgspec

from natscope.host.real.host import build_real_host
from natscope.lab.kernel.netns import Space
from natscope.lab.kernel.nftables import INSIDE
from natscope.lab.kernel.processes import Processes, Ready
from natscope.lab.kernel.wiring import GATEWAY_6
from natscope.lab.mapping_service import GROUP, MappingServer
from natscope.lab.scenario import Site
from natscope.lab.scenario_nat import GUARDED
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.translator import Nat
from natscope.machines.portmap_router.pinholes import FirewallPorts
from natscope.machines.portmap_router.ports import NatPorts
from natscope.machines.portmap_router.service import MappingService
from natscope.model.endpoint import Endpoint, IPAddress

PATIENCE_S = 20.0
"""With many labs on few cores the router may come late."""
MAX_BYTES = 4096
LOOK_S = 0.5
"""So soon the service notices that its router has restarted."""


class Question(msgspec.Struct, frozen=True):
    """`open` and `close` have all fields, `look` none; `lifetime_s` None is for good."""

    do: str
    transport: str = "udp"
    external_port: int = 0
    internal: str = ""
    lifetime_s: float | None = None
    now: float = 0.0

    def forward(self) -> Forward:
        """What is to be opened or closed."""
        internal = Endpoint.parse(self.internal)
        return Forward(transport=Transport(self.transport), external_port=self.external_port, internal=internal)


class Reply(msgspec.Struct, frozen=True):
    """How the NAT stands after the question; `opened` is where a port was opened, empty where none was."""

    external: str
    restarts: int
    opened: str = ""


class NatEnd:
    """In the router's process: answers what comes over `pipe`."""

    def __init__(self, nat: Nat, firewall: Nat | None, pipe: socket.socket) -> None:
        self._ports = NatPorts(nat)
        self._firewall = None if firewall is None else FirewallPorts(firewall)
        self._pipe = pipe
        pipe.setblocking(False)

    def fileno(self) -> int:
        """For `select`."""
        return self._pipe.fileno()

    def answer(self) -> None:
        """One question, if there is one."""
        try:
            data = self._pipe.recv(MAX_BYTES)
        except BlockingIOError:
            return
        if data:
            question = msgspec.json.decode(data, type=Question)
            is_six = self._firewall is not None and question.internal.startswith("[")
            opener = self._firewall if is_six and self._firewall is not None else self._ports
            self._pipe.send(msgspec.json.encode(reply_to(opener, self._ports, question)))


def reply_to(opener: NatPorts, ports: NatPorts, question: Question) -> Reply:
    """Do what is asked with `opener`, and tell how the NAT stands."""
    opened: Endpoint | None = None
    if question.do == "open":
        opened = opener.open(question.forward(), question.now, question.lifetime_s)
    elif question.do == "close":
        opener.close(question.forward())
    return Reply(str(ports.external()), ports.restarts(), "" if opened is None else str(opened))


class RemotePorts:
    """In the service's process: the `Ports` of a NAT that lives in another one."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        pipe.settimeout(PATIENCE_S)

    def open(self, forward: Forward, now: float, lifetime_s: float | None) -> Endpoint | None:
        """See `Ports`."""
        reply = self._ask(_question("open", forward, lifetime_s, now))
        return Endpoint.parse(reply.opened) if reply.opened else None

    def close(self, forward: Forward) -> None:
        """See `Ports`."""
        self._ask(_question("close", forward, None, 0.0))

    def external(self) -> IPAddress:
        """See `Ports`."""
        return ipaddress.ip_address(self._ask(Question("look")).external)

    def restarts(self) -> int:
        """See `Ports`."""
        return self._ask(Question("look")).restarts

    def _ask(self, question: Question) -> Reply:
        self._pipe.send(msgspec.json.encode(question))
        return msgspec.json.decode(self._pipe.recv(MAX_BYTES), type=Reply)


def start_mapping_service(processes: Processes, space: Space, site: Site, pipe: socket.socket) -> None:
    """The service of a site, which has one. `pipe` leads to the `NatEnd` in the router's process."""
    processes.call(f"{site.name}'s mapping service", space, lambda ready: asyncio.run(_serve(site, pipe, ready)))


async def _serve(site: Site, pipe: socket.socket, ready: Ready) -> None:
    assert site.mapping_service is not None
    host = build_real_host()
    ports = RemotePorts(pipe)
    service = MappingService(
        site.mapping_service, site.gateway, ports, host.clock.now(), gateway_6=IPv6Address(f"{GATEWAY_6}%{INSIDE}"),
        firewall=ports if site.ipv6 in GUARDED else None,
    )  # fmt: skip
    with _member(site.gateway):
        await MappingServer(host, service, INSIDE, LOOK_S).serve(ready)


def _member(inside: IPv4Address) -> socket.socket:
    """Membership of the group for searches; sockets that are bound to the group hear it as long as this one is open."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, GROUP.packed + inside.packed)
    return sock


def _question(do: str, forward: Forward, lifetime_s: float | None, now: float) -> Question:
    return Question(do, forward.transport.value, forward.external_port, str(forward.internal), lifetime_s, now)
