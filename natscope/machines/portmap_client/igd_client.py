"""The conversation with an Internet Gateway Device, as coroutines without I/O.

Each function is a generator: it yields a `Fetch`, is sent what came of it, and returns a value. Whoever drives it owns
HTTP and its limits. Only the gateway is ever asked: a description may name any host, and what stands there is replaced
by the gateway's address, the port and the path kept (a floating gateway names its own address, an attacker's names
somebody else's).

Source: UPnP WANIPConnection:1 and :2, and what upstream learned about routers (net/portmapper/upnp.go): several WAN
services of which one is up, leases that must be permanent (725, 402), external ports in conflict (718).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from natscope.errors import RemoteError
from natscope.machines.portmap_client.values import LEASE_S
from natscope.model.address_space import is_inside
from natscope.wire.portmap import igd_actions as igd
from natscope.wire.portmap.bounded_xml import MAX_BYTES
from natscope.wire.portmap.igd_description import WAN_IP_2, Description, Service, decode_description
from natscope.wire.portmap.soap import CONTENT_TYPE, SoapCall, SoapFault, SoapResult, decode_answer, encode_call

LOWEST_PORT = 1024
MAX_CANDIDATES = 4
MAX_PORTS = 4
"""So many external ports are tried where each is in conflict."""
PERMANENT_ONLY = (725, 402)
CONFLICT = 718
SAME_PORTS = 724
NO_LEASE = 0


@dataclass(frozen=True, slots=True)
class Fetch:
    """An HTTP request to the gateway; `max_bytes` bounds the answer's body, and redirects are not followed."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    max_bytes: int = MAX_BYTES
    action: str = "description"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, or the reason why there is none."""

    status: int = 0
    body: bytes = b""
    failure: str = ""


Conversation: TypeAlias = "Generator[Fetch, Fetched, Answer]"


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work. `code`: the UPnP error, `http-NNN`, or empty; `words` say what happened."""

    words: str
    code: str = ""

    @property
    def number(self) -> int | None:
        """The UPnP error, None for everything else."""
        return int(self.code) if self.code.isdecimal() else None


Answer: TypeAlias = SoapResult | Failed


@dataclass(frozen=True, slots=True)
class Chosen:
    """The service to talk to, and what was learned while choosing. `services`: how many there were."""

    service: Service
    services: int
    external: ipaddress.IPv4Address | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A mapping that the router has confirmed; `notes` are the quirks that were met on the way."""

    service: Service
    mapping: igd.PortMapping
    external: ipaddress.IPv4Address | None = None
    notes: tuple[str, ...] = ()


def at_gateway(url: str, gateway: ipaddress.IPv4Address) -> str:
    """The same place at the gateway; empty for what is no plain HTTP address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme != "http" or not parts.hostname or port == 0:
        return ""
    host = str(gateway) if port in (None, 80) else f"{gateway}:{port}"
    return urlunsplit(("http", host, parts.path or "/", parts.query, ""))


def describe(location: str, gateway: ipaddress.IPv4Address) -> Generator[Fetch, Fetched, Description | Failed]:
    """Fetch and read a device description."""
    url = at_gateway(location, gateway)
    if not url:
        return Failed("its answer names no place that could be asked")
    answer = yield Fetch(url)
    if answer.failure:
        return Failed(f"its description: {answer.failure}")
    if answer.status != 200:
        return Failed(f"its description: HTTP status {answer.status}", f"http-{answer.status}")
    try:
        return decode_description(answer.body, url)
    except RemoteError as error:
        return Failed(f"its description: {error.message}")


def choose(description: Description, gateway: ipaddress.IPv4Address) -> Generator[Fetch, Fetched, Chosen | Failed]:
    """The service that maps ports: the only one, else the first that is up and has a public address, and so on down."""
    services = description.wan_services()
    if not services:
        return Failed("its description has no service that opens ports")
    if len(services) == 1:
        return Chosen(services[0], 1)
    up: list[Chosen] = []
    for service in services[:MAX_CANDIDATES]:
        told = yield from call(igd.get_status_info(service.service_type), service, gateway)
        status = _status(told)
        if status is None or not status.connected:
            continue
        external = yield from external_ip(service, gateway)
        found = Chosen(service, len(services), external, status.status)
        if external is not None and not is_inside(external):
            return found
        up.append(found)
    addressed = [found for found in up if found.external is not None]
    return (addressed or up or [Chosen(services[0], len(services))])[0]


def call(action: SoapCall, service: Service, gateway: ipaddress.IPv4Address) -> Conversation:
    """One action: its result, or why there is none."""
    headers = {"Content-Type": CONTENT_TYPE, "SOAPAction": action.soap_action}
    url = at_gateway(service.control_url, gateway)
    answer = yield Fetch(url, "POST", headers, encode_call(action), action=action.action)
    if answer.failure:
        return Failed(f"{action.action}: {answer.failure}")
    try:
        result = decode_answer(answer.body, action.action)
    except RemoteError as error:
        words = error.message if answer.status == 200 else f"HTTP status {answer.status}"
        return Failed(f"{action.action}: {words}", "" if answer.status == 200 else f"http-{answer.status}")
    if isinstance(result, SoapFault):
        return Failed(result.words or result.name, str(result.code) if result.code is not None else "fault")
    return result


def external_ip(
    service: Service, gateway: ipaddress.IPv4Address
) -> Generator[Fetch, Fetched, ipaddress.IPv4Address | None]:
    """The router's outside address; None where it has none or does not say."""
    told = yield from call(igd.get_external_ip(service.service_type), service, gateway)
    try:
        return igd.external_ip_of(told) if isinstance(told, SoapResult) else None
    except RemoteError:
        return None


def open_port(
    service: Service,
    gateway: ipaddress.IPv4Address,
    wanted: igd.PortMapping,
    random_port: Callable[[], int],
    *,
    permanent: bool = True,
) -> Generator[Fetch, Fetched, Opened | Failed]:
    """Open a port: AddAnyPortMapping where there is one, a permanent lease where none else is taken (and `permanent`
    allows it), other ports where the wanted one is in conflict. `random_port` gives external ports from 1024 on.
    """
    notes: list[str] = []
    mapping = wanted
    if mapping.external_port < LOWEST_PORT:
        mapping = replace(mapping, external_port=random_port())
    any_port = service.service_type == WAN_IP_2
    told: Answer = Failed("nothing was asked")
    for _ in range(2 * MAX_PORTS):
        action = igd.add_any if any_port else igd.add
        told = yield from call(action(service.service_type, mapping), service, gateway)
        if isinstance(told, SoapResult):
            port = _port_given(told, mapping) if any_port else mapping.external_port
            external = yield from external_ip(service, gateway)
            return Opened(service, replace(mapping, external_port=port), external, tuple(notes))
        nextly = _after(told, mapping, random_port, any_port=any_port)
        if nextly is None or (nextly[0].lease_s == NO_LEASE and not permanent):
            return told
        mapping, any_port, note = nextly
        notes.append(note)
    return told if isinstance(told, Failed) else Failed("it answers without end")


def _after(
    failed: Failed, mapping: igd.PortMapping, random_port: Callable[[], int], *, any_port: bool
) -> tuple[igd.PortMapping, bool, str] | None:
    """What to try after a refusal, and a note about it; None: nothing."""
    if failed.number in PERMANENT_ONLY and mapping.lease_s != NO_LEASE:
        return replace(mapping, lease_s=NO_LEASE), any_port, "permanent leases only"
    if failed.number == SAME_PORTS and mapping.external_port != mapping.internal_port:
        return replace(mapping, external_port=mapping.internal_port), any_port, "same port outside as inside only"
    if failed.number == CONFLICT:
        return replace(mapping, external_port=random_port()), any_port, f"port {mapping.external_port} in conflict"
    if any_port and failed.number in (401, 501, 602, None):
        return mapping, False, "no AddAnyPortMapping"
    return None


def _port_given(told: SoapResult, mapping: igd.PortMapping) -> int:
    """A router that took the call and names no port is taken to have given the wanted one."""
    try:
        return igd.reserved_port_of(told) or mapping.external_port
    except RemoteError:
        return mapping.external_port


def read_back(opened: Opened, gateway: ipaddress.IPv4Address) -> Generator[Fetch, Fetched, igd.PortMapping | Failed]:
    """What the router has in its table under the external port."""
    mapping = opened.mapping
    action = igd.get_specific(opened.service.service_type, mapping.external_port, mapping.protocol)
    told = yield from call(action, opened.service, gateway)
    if isinstance(told, Failed):
        return told
    try:
        return igd.entry_of(told, external_port=mapping.external_port, protocol=mapping.protocol)
    except RemoteError as error:
        return Failed(error.message)


def close_port(
    service: Service, gateway: ipaddress.IPv4Address, external_port: int, protocol: str = "UDP"
) -> Generator[Fetch, Fetched, Failed | None]:
    """Remove a mapping; one that is already gone counts as removed."""
    told = yield from call(igd.delete(service.service_type, external_port, protocol), service, gateway)
    return told if isinstance(told, Failed) and told.number != 714 else None


def differences(asked: igd.PortMapping, entry: igd.PortMapping) -> tuple[str, ...]:
    """In words what the router's table has otherwise than it was asked for; empty if it is right."""
    found = []
    if entry.internal_client != asked.internal_client:
        found.append(f"it leads to {entry.internal_client or 'nobody'} instead of {asked.internal_client}")
    if entry.internal_port != asked.internal_port:
        found.append(f"it leads to port {entry.internal_port} instead of {asked.internal_port}")
    if not entry.enabled:
        found.append("it is not enabled")
    return tuple(found)


def mapping_for(client: ipaddress.IPv4Address, port: int, lease_s: int = LEASE_S, external: int = 0) -> igd.PortMapping:
    """A wish for a UDP port of ours."""
    return igd.PortMapping(external or port, "UDP", port, str(client), lease_s, "natscope")


def _status(told: Answer) -> igd.StatusInfo | None:
    try:
        return igd.status_of(told) if isinstance(told, SoapResult) else None
    except RemoteError:
        return None
