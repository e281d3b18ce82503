"""What a UPnP gateway does about SOAP calls: WANIPConnection:1 §2.4, :2 §2.5, WANPPPConnection:1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from natscope.errors import RemoteError
from natscope.machines.nat.forwards import Transport
from natscope.machines.portmap_router.config import Leases, Manner, ServiceConfig, WanService
from natscope.machines.portmap_router.igd_pages import SERVICE_TYPES, SIGNATURES
from natscope.machines.portmap_router.table import Entry, PortTable
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import igd_actions as actions
from natscope.wire.portmap.igd_actions import PortMapping
from natscope.wire.portmap.soap import SoapCall, decode_call, encode_fault, encode_result

INVALID_ACTION, INVALID_ARGS, ACTION_FAILED, NOT_AUTHORIZED = 401, 402, 501, 606
INDEX_INVALID, NO_SUCH_ENTRY, WILDCARD_EXTERNAL_PORT, CONFLICT = 713, 714, 716, 718
SAME_PORT_REQUIRED, PERMANENT_ONLY, REMOTE_HOST_ONLY_WILDCARD, NO_PORTS, WILDCARD_INTERNAL_PORT = (
    724,
    725,
    726,
    728,
    732,
)
WEEK_S = 604_800
"""What lease 0 means in version 2; in version 1 it never ends."""
_TRANSPORTS = {"UDP": Transport.UDP, "TCP": Transport.TCP}
_UNREADABLE = "an unreadable argument"


class Fault(Exception):
    """The call ends with that error."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls which of the services, and when; `external` is what the router tells for its address."""

    source: Endpoint
    number: int
    external: IPv4Address
    up_s: int
    now: float


class IgdServer:
    """Carries out calls: the body in, HTTP status and body out."""

    def __init__(self, config: ServiceConfig, table: PortTable) -> None:
        self._config = config
        self._upnp = config.upnp
        self._table = table
        self._actions: dict[str, Callable[[SoapCall, Caller], dict[str, str]]] = {
            "GetConnectionTypeInfo": self._type,
            actions.GET_STATUS_INFO: self._status,
            actions.GET_EXTERNAL_IP: self._external,
            actions.ADD: self._add,
            actions.ADD_ANY: self._add_any,
            actions.DELETE: self._delete,
            actions.GET_SPECIFIC: self._specific,
            actions.GET_GENERIC: self._generic,
        }

    def call(self, body: bytes, soap_action: str, caller: Caller) -> tuple[int, bytes]:
        """A request to the control URL of the service with `caller`'s number."""
        service = self._upnp.services[caller.number]
        try:
            call = decode_call(body, soap_action)
            values = self._run(call, service, caller)
        except Fault as fault:
            return 500, encode_fault(fault.code)
        except RemoteError:
            return 500, encode_fault(INVALID_ARGS)
        return 200, encode_result(call.service_type, call.action, values)

    def _run(self, call: SoapCall, service: WanService, caller: Caller) -> dict[str, str]:
        action = self._actions.get(call.action)
        unknown = action is None or (call.action == actions.ADD_ANY and service is not WanService.IP_2)
        if unknown or call.service_type != SERVICE_TYPES[service] or self._config.manner is Manner.UNSUPPORTED_VERSION:
            raise Fault(INVALID_ACTION)
        assert action is not None
        if {name for name, _ in call.arguments} != set(SIGNATURES[call.action][0]):
            raise Fault(INVALID_ARGS)
        return action(call, caller)

    # -- asking ----------------------------------------------------------------------------------------------------

    def _is_up(self, caller: Caller) -> bool:
        return self._config.manner is not Manner.NETWORK_FAILURE and not (self._upnp.first_down and caller.number == 0)

    def _type(self, _call: SoapCall, _caller: Caller) -> dict[str, str]:
        return {"NewConnectionType": "IP_Routed", "NewPossibleConnectionTypes": "IP_Routed"}

    def _status(self, _call: SoapCall, caller: Caller) -> dict[str, str]:
        up = self._is_up(caller)
        return {
            "NewConnectionStatus": "Connected" if up else "Disconnected",
            "NewLastConnectionError": "ERROR_NONE" if up else "ERROR_NOT_ENABLED_FOR_INTERNET",
            "NewUptime": str(caller.up_s if up else 0),
        }

    def _external(self, _call: SoapCall, caller: Caller) -> dict[str, str]:
        return {"NewExternalIPAddress": str(caller.external) if self._is_up(caller) else "0.0.0.0"}

    def _specific(self, call: SoapCall, caller: Caller) -> dict[str, str]:
        entry = self._at(call)
        return actions.values_of(_told(entry, caller.now), whole=False)

    def _generic(self, call: SoapCall, caller: Caller) -> dict[str, str]:
        index, entries = call.argument("NewPortMappingIndex") or "", self._table.entries()
        if not index.isascii() or not index.isdecimal() or len(index) > 5:
            raise Fault(INVALID_ARGS)
        if int(index) >= len(entries):
            raise Fault(INDEX_INVALID)
        return actions.values_of(_told(entries[int(index)], caller.now), whole=True)

    def _at(self, call: SoapCall) -> Entry:
        port, _, _ = actions.key_of(call)
        entry = self._table.at(_transport(call), port)
        if entry is None:
            raise Fault(NO_SUCH_ENTRY)
        return entry

    # -- changing --------------------------------------------------------------------------------------------------

    def _add(self, call: SoapCall, caller: Caller) -> dict[str, str]:
        wanted, transport, internal, lease = self._wanted(call, caller)
        if wanted.external_port == 0:
            raise Fault(WILDCARD_EXTERNAL_PORT)
        there = self._table.at(transport, wanted.external_port)
        if there is not None and there.internal.ip == internal.ip and there.internal != internal:
            self._table.close(there)  # the same host changes its mind: the new mapping replaces the old one
            there = None
        if there is None and self._table.is_full:
            raise Fault(NO_PORTS)
        entry = self._table.open(transport, internal, wanted.external_port, caller.now, lease)
        if entry is None:
            raise Fault(CONFLICT)
        entry.description = wanted.description
        return {}

    def _add_any(self, call: SoapCall, caller: Caller) -> dict[str, str]:
        wanted, transport, internal, lease = self._wanted(call, caller)
        old = self._table.of(transport, internal)
        entry = None
        if old is not None or not self._table.is_full:
            entry = self._table.open_any(transport, internal, wanted.external_port, caller.now, lease)
        if entry is None:
            raise Fault(NO_PORTS)
        entry.description = wanted.description
        return {"NewReservedPort": str(entry.external_port)}

    def _wanted(self, call: SoapCall, caller: Caller) -> tuple[PortMapping, Transport, Endpoint, float | None]:
        """What is to be opened for whom and how long (None: for good). Raises `Fault`."""
        self._may_change(caller)
        transport = _transport(call)
        wanted = actions.mapping_of(call)
        try:
            client = IPv4Address(wanted.internal_client)
        except ValueError as error:
            raise Fault(INVALID_ARGS) from error
        if wanted.remote_host:
            raise Fault(REMOTE_HOST_ONLY_WILDCARD)
        if wanted.internal_port == 0:
            raise Fault(WILDCARD_INTERNAL_PORT)
        if client != caller.source.ip and not self._config.for_others:
            raise Fault(NOT_AUTHORIZED)
        if self._upnp.same_port and wanted.external_port != wanted.internal_port:
            raise Fault(SAME_PORT_REQUIRED)
        leads_to = client + 1 if self._upnp.next_host else client
        return wanted, transport, Endpoint(leads_to, wanted.internal_port), self._lease(wanted.lease_s)

    def _lease(self, asked_s: int) -> float | None:
        if asked_s == 0:
            return None if self._upnp.version == 1 else WEEK_S
        if self._upnp.leases is Leases.PERMANENT_ONLY:
            raise Fault(PERMANENT_ONLY)
        if self._upnp.leases is Leases.INVALID_ARGS:
            raise Fault(INVALID_ARGS)
        return self._config.lease_s(asked_s)

    def _delete(self, call: SoapCall, caller: Caller) -> dict[str, str]:
        self._may_change(caller)
        entry = self._at(call)
        if entry.internal.ip != caller.source.ip and not self._config.for_others:
            raise Fault(NOT_AUTHORIZED)
        self._table.close(entry)
        return {}

    def _may_change(self, caller: Caller) -> None:
        if self._config.manner is Manner.REFUSED:
            raise Fault(NOT_AUTHORIZED)
        if not self._is_up(caller):
            raise Fault(ACTION_FAILED)


def _transport(call: SoapCall) -> Transport:
    """In capitals only: lower case is what some routers refuse."""
    transport = _TRANSPORTS.get(call.argument("NewProtocol") or "")
    if transport is None:
        raise Fault(INVALID_ARGS)
    return transport


def _told(entry: Entry, now: float) -> PortMapping:
    return PortMapping(
        external_port=entry.external_port,
        protocol=entry.transport.value,
        internal_port=entry.internal.port,
        internal_client=str(entry.internal.ip),
        lease_s=entry.left_s(now),
        description=entry.description,
    )
