"""A UPnP gateway's device description, and the description of its service: UPnP IGD:1 and :2."""

from __future__ import annotations

from ipaddress import IPv4Address

from natscope.machines.portmap_router.config import HTTP_PORT, UpnpConfig, Urls, WanService
from natscope.wire.portmap import igd_actions as actions
from natscope.wire.portmap.igd_description import (
    LEGACY_IP_1,
    LEGACY_PPP_1,
    WAN_IP_1,
    WAN_IP_2,
    WAN_PPP_1,
    Description,
    Device,
    Service,
)

ROOT_PAGE, USELESS_PAGE, SCPD_PAGE = "/rootDesc.xml", "/other.xml", "/WANIPCn.xml"
COMMON_PAGE, COMMON_CONTROL, FORWARDING_CONTROL = "/WANCfg.xml", "/ctl/CmnIfCfg", "/ctl/L3F"
COMMON = "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1"
FORWARDING = "urn:schemas-upnp-org:service:Layer3Forwarding:1"
UUID = "uuid:6e617473-636f-7065-8000-{:012x}"
SERVICE_TYPES = {
    WanService.IP_2: WAN_IP_2,
    WanService.IP_1: WAN_IP_1,
    WanService.PPP_1: WAN_PPP_1,
    WanService.DSLFORUM_IP: LEGACY_IP_1,
    WanService.DSLFORUM_PPP: LEGACY_PPP_1,
}
_KEY = ("NewRemoteHost", "NewExternalPort", "NewProtocol")
_REST = ("NewInternalPort", "NewInternalClient", "NewEnabled", "NewPortMappingDescription", "NewLeaseDuration")
SIGNATURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "GetConnectionTypeInfo": ((), ("NewConnectionType", "NewPossibleConnectionTypes")),
    actions.GET_STATUS_INFO: ((), ("NewConnectionStatus", "NewLastConnectionError", "NewUptime")),
    actions.GET_EXTERNAL_IP: ((), ("NewExternalIPAddress",)),
    actions.ADD: ((*_KEY, *_REST), ()),
    actions.ADD_ANY: ((*_KEY, *_REST), ("NewReservedPort",)),
    actions.DELETE: (_KEY, ()),
    actions.GET_SPECIFIC: (_KEY, _REST),
    actions.GET_GENERIC: (("NewPortMappingIndex",), (*_KEY, *_REST)),
}
"""Of each action: the arguments that go in and those that come out."""


def control_page(number: int) -> str:
    """The control URL of the service with that number."""
    return f"/ctl/wan{number}"


def device_type(config: UpnpConfig, name: str) -> str:
    """Of one of the gateway's devices."""
    return f"urn:schemas-upnp-org:device:{name}:{config.version}"


def udn(gateway: IPv4Address, number: int) -> str:
    """A device's name for ever: root 0, WAN 1, connections from 2 on."""
    return UUID.format(int(gateway) << 8 | number)


def description(config: UpnpConfig, gateway: IPv4Address) -> Description:
    """The root device with what is in it."""
    named = config.location_host or gateway
    base = f"http://{named}:{HTTP_PORT}"
    prefix = base if config.urls is Urls.ABSOLUTE else ""
    wan = Device(
        device_type=device_type(config, "WANDevice"),
        friendly_name="WANDevice",
        udn=udn(gateway, 1),
        services=(_service(prefix, COMMON, "WANCommonIFC1", COMMON_PAGE, COMMON_CONTROL),),
        devices=tuple(_connection(config, gateway, prefix, n) for n in range(len(config.services))),
    )
    root = Device(
        device_type=device_type(config, "InternetGatewayDevice"),
        friendly_name=config.name,
        manufacturer=config.maker,
        model_name=config.model,
        model_number="1",
        udn=udn(gateway, 0),
        services=(_service(prefix, FORWARDING, "Layer3Forwarding1", COMMON_PAGE, FORWARDING_CONTROL),),
        devices=(wan,) if config.services else (),
    )
    return Description(root, base if config.urls is Urls.URL_BASE else "")


def useless_description(gateway: IPv4Address) -> Description:
    """Another device in the same box, which maps no ports."""
    return Description(
        Device(device_type="urn:schemas-upnp-org:device:MediaServer:1", friendly_name="Disk", udn=udn(gateway, 255))
    )


def service_description(service: WanService) -> bytes:
    """The SCPD: the actions and their arguments, all of them text."""
    with_any = service is WanService.IP_2
    told = "".join(_action(name, *both) for name, both in SIGNATURES.items() if with_any or name != actions.ADD_ANY)
    names = dict.fromkeys(n for into, out in SIGNATURES.values() for n in (*into, *out))
    variables = "".join(
        f'<stateVariable sendEvents="no"><name>{_variable(n)}</name><dataType>string</dataType></stateVariable>'
        for n in names
    )
    return (
        '<?xml version="1.0"?>\n<scpd xmlns="urn:schemas-upnp-org:service-1-0"><specVersion><major>1</major>'
        f"<minor>0</minor></specVersion><actionList>{told}</actionList>"
        f"<serviceStateTable>{variables}</serviceStateTable></scpd>"
    ).encode()


def _action(name: str, into: tuple[str, ...], out: tuple[str, ...]) -> str:
    arguments = "".join(_argument(n, "in") for n in into) + "".join(_argument(n, "out") for n in out)
    return f"<action><name>{name}</name><argumentList>{arguments}</argumentList></action>"


def _argument(name: str, direction: str) -> str:
    return (
        f"<argument><name>{name}</name><direction>{direction}</direction>"
        f"<relatedStateVariable>{_variable(name)}</relatedStateVariable></argument>"
    )


def _variable(name: str) -> str:
    return name.removeprefix("New")


def _connection(config: UpnpConfig, gateway: IPv4Address, prefix: str, number: int) -> Device:
    service = config.services[number]
    return Device(
        device_type=device_type(config, "WANConnectionDevice"),
        friendly_name=f"WANConnectionDevice {number + 1}",
        udn=udn(gateway, 2 + number),
        services=(
            _service(prefix, SERVICE_TYPES[service], f"WANConn{number + 1}", SCPD_PAGE, control_page(number)),
        ),
    )  # fmt: skip


def _service(prefix: str, kind: str, name: str, page: str, control: str) -> Service:
    return Service(kind, prefix + control, f"urn:upnp-org:serviceId:{name}", prefix + page, prefix + "/evt" + control)
