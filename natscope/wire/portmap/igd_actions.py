"""The actions of WANIPConnection and WANPPPConnection that map ports, as typed calls and answers.

Source: WANIPConnection:1 §2.4 and :2 §2.5. Arguments stand in the order of the service descriptions. `UDP` and `TCP`
are written in capitals: some routers take nothing else.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError
from natscope.wire.portmap.soap import SoapCall, SoapResult

GET_STATUS_INFO = "GetStatusInfo"
GET_EXTERNAL_IP = "GetExternalIPAddress"
ADD = "AddPortMapping"
ADD_ANY = "AddAnyPortMapping"
DELETE = "DeletePortMapping"
GET_SPECIFIC = "GetSpecificPortMappingEntry"
GET_GENERIC = "GetGenericPortMappingEntry"
CONNECTED = ("connected", "up")
"""Values of NewConnectionStatus, in lower case, of a WAN that works; `Up` is what some routers say."""
_TRUE = ("1", "true", "yes")


@dataclass(frozen=True, slots=True)
class PortMapping:
    """One entry of a router's table. `remote_host` empty: from anywhere. `lease_s` 0: until it is deleted (IGD:1)."""

    external_port: int
    protocol: str
    internal_port: int
    internal_client: str
    lease_s: int
    description: str = ""
    remote_host: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class StatusInfo:
    """The WAN connection as the router sees it; `uptime_s` None where it does not say."""

    status: str
    last_error: str = ""
    uptime_s: int | None = None

    @property
    def connected(self) -> bool:
        """Whether the router calls its WAN working."""
        return self.status.strip().lower() in CONNECTED


def get_status_info(service_type: str) -> SoapCall:
    """Asks for the state of the WAN connection."""
    return SoapCall(service_type, GET_STATUS_INFO)


def get_external_ip(service_type: str) -> SoapCall:
    """Asks for the WAN address."""
    return SoapCall(service_type, GET_EXTERNAL_IP)


def add(service_type: str, mapping: PortMapping) -> SoapCall:
    """Makes a mapping on exactly that external port. Raises `LocalError` for port 0, which means all ports in IGD:1."""
    return SoapCall(service_type, ADD, _arguments(mapping))


def add_any(service_type: str, mapping: PortMapping) -> SoapCall:
    """Makes a mapping on that external port or another one (version 2 only)."""
    return SoapCall(service_type, ADD_ANY, _arguments(mapping))


def delete(service_type: str, external_port: int, protocol: str, remote_host: str = "") -> SoapCall:
    """Removes a mapping."""
    return SoapCall(service_type, DELETE, _key(external_port, protocol, remote_host))


def get_specific(service_type: str, external_port: int, protocol: str, remote_host: str = "") -> SoapCall:
    """Reads one entry back."""
    return SoapCall(service_type, GET_SPECIFIC, _key(external_port, protocol, remote_host))


def get_generic(service_type: str, index: int) -> SoapCall:
    """Reads the entry with that number, from 0 on; error 713 ends the list."""
    return SoapCall(service_type, GET_GENERIC, (("NewPortMappingIndex", str(index)),))


def status_of(result: SoapResult) -> StatusInfo:
    """From the answer to `GetStatusInfo`. Raises `RemoteError` without a status."""
    status = result.values.get("NewConnectionStatus")
    if status is None:
        raise RemoteError("a status without NewConnectionStatus", field="NewConnectionStatus")
    uptime = result.values.get("NewUptime", "")
    return StatusInfo(status, result.values.get("NewLastConnectionError", ""), _optional(uptime))


def external_ip_of(result: SoapResult) -> ipaddress.IPv4Address | None:
    """From the answer to `GetExternalIPAddress`; None where there is none (yet). Raises `RemoteError` for nonsense."""
    text = result.values.get("NewExternalIPAddress")
    if text is None:
        raise RemoteError("an answer without NewExternalIPAddress", field="NewExternalIPAddress")
    if not text:
        return None
    try:
        ip = ipaddress.IPv4Address(text)
    except ValueError as error:
        raise RemoteError("an external address that is none", field="NewExternalIPAddress") from error
    return None if ip.is_unspecified else ip


def reserved_port_of(result: SoapResult) -> int:
    """From the answer to `AddAnyPortMapping`: the external port that was given. Raises `RemoteError`."""
    return _port(result, "NewReservedPort")


def entry_of(
    result: SoapResult, *, external_port: int = 0, protocol: str = "UDP", remote_host: str = ""
) -> PortMapping:
    """From the answers to the two reading actions; the key of `GetSpecificPortMappingEntry` is not repeated by them."""
    values = result.values
    if "NewExternalPort" in values:
        external_port = _port(result, "NewExternalPort")
    return PortMapping(
        external_port=external_port,
        protocol=(values.get("NewProtocol") or protocol).upper(),
        internal_port=_port(result, "NewInternalPort"),
        internal_client=values.get("NewInternalClient", ""),
        lease_s=_optional(values.get("NewLeaseDuration", "")) or 0,
        description=values.get("NewPortMappingDescription", ""),
        remote_host=values.get("NewRemoteHost", remote_host),
        enabled=values.get("NewEnabled", "1").lower() in _TRUE,
    )


def mapping_of(call: SoapCall) -> PortMapping:
    """A router's view of the arguments of `AddPortMapping` and `AddAnyPortMapping`. Raises `RemoteError`."""
    result = SoapResult(call.action, dict(call.arguments))
    lease = _optional(result.values.get("NewLeaseDuration", ""))
    if lease is None or not result.values.get("NewInternalClient"):
        raise RemoteError("a mapping without lease or client", field=call.action)
    return entry_of(result)


def key_of(call: SoapCall) -> tuple[int, str, str]:
    """External port, protocol, remote host of `DeletePortMapping` and `GetSpecificPortMappingEntry`."""
    result = SoapResult(call.action, dict(call.arguments))
    protocol = result.values.get("NewProtocol", "").upper()
    return _port(result, "NewExternalPort"), protocol, result.values.get("NewRemoteHost", "")


def values_of(mapping: PortMapping, *, whole: bool) -> dict[str, str]:
    """What a router answers to the reading actions; `whole` with the key, as `GetGenericPortMappingEntry` does."""
    values = dict(_entry(mapping))
    if whole:
        return values
    return {name: values[name] for name in values if name not in ("NewRemoteHost", "NewExternalPort", "NewProtocol")}


def _arguments(mapping: PortMapping) -> tuple[tuple[str, str], ...]:
    if not 1 <= mapping.external_port <= 65535 or not 1 <= mapping.internal_port <= 65535:
        raise LocalError("a mapping needs ports between 1 and 65535")
    return _entry(mapping)


def _entry(mapping: PortMapping) -> tuple[tuple[str, str], ...]:
    return (
        *_key(mapping.external_port, mapping.protocol, mapping.remote_host),
        ("NewInternalPort", str(mapping.internal_port)),
        ("NewInternalClient", mapping.internal_client),
        ("NewEnabled", "1" if mapping.enabled else "0"),
        ("NewPortMappingDescription", mapping.description),
        ("NewLeaseDuration", str(mapping.lease_s)),
    )


def _key(external_port: int, protocol: str, remote_host: str) -> tuple[tuple[str, str], ...]:
    return (
        ("NewRemoteHost", remote_host),
        ("NewExternalPort", str(external_port)),
        ("NewProtocol", protocol.upper()),
    )


def _port(result: SoapResult, name: str) -> int:
    number = _optional(result.values.get(name, ""))
    if number is None or number > 65535:
        raise RemoteError(f"{name} is no port", field=name)
    return number


def _optional(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return int(text) if int(text) < 1 << 32 else None
