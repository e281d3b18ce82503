"""A router with its NAT and mapping service, and hosts that ask it, for tests that read like a conversation."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from natscope.machines.api import Received, Send, Tick
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.packet import UDP, between
from natscope.machines.nat.translator import Nat, is_drop
from natscope.machines.portmap_router.config import Service, ServiceConfig, UpnpConfig
from natscope.machines.portmap_router.pinholes import FirewallPorts
from natscope.machines.portmap_router.ports import NatPorts
from natscope.machines.portmap_router.service import (
    CONTROL,
    CONTROL_6,
    SEARCH,
    SEARCH_GROUP,
    MappingService,
    Page,
)
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping
from natscope.wire.portmap import igd_actions, nat_pmp, pcp, soap, ssdp
from natscope.wire.portmap.igd_description import WAN_IP_1, Description, decode_description
from natscope.wire.portmap.pcp_options import Option
from natscope.wire.portmap.soap import SoapCall, SoapFault, SoapResult
from tests.machines.nat.site import PUBLIC, config, destination, end

GATEWAY = IPv4Address("192.168.1.1")
NONCE, OTHER_NONCE = b"n" * 12, b"o" * 12
ANY = IPv4Address(0)
UPNP_ONLY = (Service.UPNP,)
GATEWAY_6 = IPv6Address("2001:db8::1")


def settings(**changes: Any) -> ServiceConfig:
    """A service with some options changed; those of UPnP go into `upnp` by themselves."""
    upnp = {k: changes.pop(k) for k in list(changes) if k in UpnpConfig.__slots__}
    return ServiceConfig(**changes, upnp=UpnpConfig(**upnp))


class Router:
    """The service of a NAT at 198.51.100.1; `now` is the time, which tests move on."""

    def __init__(self, options: ServiceConfig | None = None, **changes: Any) -> None:
        self.nat = Nat(config(), b"seed")
        self.now = 0.0
        self.firewall = Nat(NatConfig(mapping=Mapping.NONE), b"seed")
        self.service = MappingService(
            options or settings(**changes), GATEWAY, NatPorts(self.nat), 0.0, gateway_6=GATEWAY_6,
            firewall=FirewallPorts(self.firewall),
        )  # fmt: skip
        self.sent: list[Send] = []
        """What the last datagram or `tick` made the service send."""

    @property
    def table(self) -> list[tuple[str, int, str]]:
        """What is open: transport, outside port, inside endpoint."""
        return [(e.transport.value, e.external_port, str(e.internal)) for e in self.service.table.entries()]

    def tick(self) -> list[Send]:
        self.sent = [c for c in self.service.handle(Tick(), self.now) if isinstance(c, Send)]
        return self.sent

    def raw(self, data: bytes, who: str = "a:9", socket: int = CONTROL) -> list[bytes]:
        """The answers to a datagram."""
        items = self.service.handle(Received(data, end(who), socket), self.now)
        self.sent = [c for c in items if isinstance(c, Send)]
        return [s.data for s in self.sent if s.target == end(who)]

    def six(self, data: bytes, who: str) -> bytes | None:
        """The answer to a datagram at the IPv6 address, of `who` as an endpoint in full."""
        source = Endpoint.parse(who)
        items = self.service.handle(Received(data, source, CONTROL_6), self.now)
        self.sent = [c for c in items if isinstance(c, Send)]
        return next((s.data for s in self.sent if s.target == source), None)

    def one(self, data: bytes, who: str = "a:9") -> bytes:
        [answer] = self.raw(data, who)
        return answer

    # -- NAT-PMP ---------------------------------------------------------------------------------------------------

    def pmp_address(self, who: str = "a:9") -> nat_pmp.Response | None:
        found = self.raw(nat_pmp.encode_request(nat_pmp.AddressRequest()), who)
        return nat_pmp.decode_response(found[0]) if found and found[0][0] == 0 else None

    def pmp(
        self, inside: int, wish: int = 0, lifetime: int = 600, who: str = "a", opcode: nat_pmp.Opcode | None = None
    ) -> nat_pmp.Response:
        request = nat_pmp.MapRequest(opcode or nat_pmp.Opcode.MAP_UDP, inside, wish, lifetime)
        return nat_pmp.decode_response(self.one(nat_pmp.encode_request(request), f"{who}:9"))

    # -- PCP -------------------------------------------------------------------------------------------------------

    def announce(self, who: str = "a:9", client: IPv4Address | None = None) -> pcp.Response | None:
        request = pcp.Request(pcp.Opcode.ANNOUNCE, 0, client or end(who).ip)
        found = self.raw(pcp.encode_request(request), who)
        return pcp.decode_response(found[0]) if found and found[0][0] == pcp.VERSION else None

    def pcp(
        self,
        inside: int,
        wish: int = 0,
        lifetime: int = 600,
        *,
        who: str = "a",
        nonce: bytes = NONCE,
        protocol: int = pcp.UDP,
        ip: IPv4Address = ANY,
        client: IPv4Address | None = None,
        options: tuple[Option, ...] = (),
    ) -> pcp.Response:
        body = pcp.Mapping(nonce, protocol, inside, wish, ip)
        request = pcp.Request(pcp.Opcode.MAP, lifetime, client or end(f"{who}:9").ip, body, options)
        return pcp.decode_response(self.one(pcp.encode_request(request), f"{who}:9"))

    # -- UPnP ------------------------------------------------------------------------------------------------------

    def search(self, target: str, *, multicast: bool = True, who: str = "a:9") -> list[ssdp.SearchAnswer]:
        data = ssdp.encode_search(ssdp.Search(target))
        return [ssdp.decode_answer(found) for found in self.raw(data, who, SEARCH_GROUP if multicast else SEARCH)]

    def page(self, path: str, who: str = "a:9") -> Page:
        return self.service.http("GET", path, {}, b"", end(who), self.now)

    def description(self) -> Description:
        return decode_description(self.page("/rootDesc.xml").body, "http://192.168.1.1:5000/rootDesc.xml")

    def call(self, call: SoapCall, who: str = "a:9", path: str = "/ctl/wan0") -> SoapResult | SoapFault:
        headers = {"soapaction": call.soap_action}
        page = self.service.http("POST", path, headers, soap.encode_call(call), end(who), self.now)
        answer = soap.decode_answer(page.body, call.action)
        assert page.status == (500 if isinstance(answer, SoapFault) else 200)
        return answer

    def add(
        self, external: int, inside: int, lease: int = 600, *, who: str = "a", any_port: bool = False,
        kind: str = WAN_IP_1, **changes: Any,
    ) -> SoapResult | SoapFault:  # fmt: skip
        mapping = igd_actions.PortMapping(external, "UDP", inside, str(end(f"{who}:9").ip), lease, "test")
        mapping = replace(mapping, **changes)
        build = igd_actions.add_any if any_port else igd_actions.add
        return self.call(build(kind, mapping), f"{who}:9")

    # -- outside ---------------------------------------------------------------------------------------------------

    def come(self, port: int, who: str = "r:1") -> Endpoint | None:
        """A stranger's datagram to an outside port: who inside gets it."""
        packet = between(UDP, end(who), Endpoint(PUBLIC, port))
        return None if is_drop(self.nat.inbound(packet, self.now)) else destination(packet)


def code(answer: SoapResult | SoapFault) -> int | None:
    """A fault's number, None of a result."""
    return answer.code if isinstance(answer, SoapFault) else None
