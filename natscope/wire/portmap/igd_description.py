"""Device descriptions of Internet Gateway Devices: which services there are, and where they are called.

Source: UPnP Device Architecture 1.1 §2.3; InternetGatewayDevice:1 and :2. Addresses of services may be absolute or
relative, to `URLBase` where it stands, else to the description's own place. Where they lead is judged by the client:
nothing here trusts a host that a description names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from natscope.errors import RemoteError
from natscope.wire.portmap.bounded_xml import Node, read_xml, xml_text

WAN_IP_2 = "urn:schemas-upnp-org:service:WANIPConnection:2"
WAN_IP_1 = "urn:schemas-upnp-org:service:WANIPConnection:1"
WAN_PPP_1 = "urn:schemas-upnp-org:service:WANPPPConnection:1"
LEGACY_PPP_1 = "urn:dslforum-org:service:WANPPPConnection:1"
LEGACY_IP_1 = "urn:dslforum-org:service:WANIPConnection:1"
WAN_SERVICES = (WAN_IP_2, WAN_IP_1, WAN_PPP_1, LEGACY_PPP_1, LEGACY_IP_1)
"""Services that map ports, the preferred first; the last two are names of old DSL boxes."""
MAX_DEVICES, MAX_SERVICES, MAX_LEVELS = 32, 64, 6
NAMESPACE = "urn:schemas-upnp-org:device-1-0"


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a device; the URLs are absolute where the description was read, as given where it is written."""

    service_type: str
    control_url: str
    service_id: str = ""
    scpd_url: str = ""
    event_url: str = ""

    @property
    def maps_ports(self) -> bool:
        """Whether it is one of `WAN_SERVICES`."""
        return self.service_type in WAN_SERVICES

    @property
    def version(self) -> int:
        """The number at the end of its type, 1 where there is none."""
        number = self.service_type.rpartition(":")[2]
        return int(number) if number.isascii() and number.isdecimal() and len(number) <= 3 else 1


@dataclass(frozen=True, slots=True)
class Device:
    """A device with its services and the devices in it. Names are the maker's own words."""

    device_type: str
    friendly_name: str = ""
    manufacturer: str = ""
    model_name: str = ""
    model_number: str = ""
    udn: str = ""
    services: tuple[Service, ...] = ()
    devices: tuple[Device, ...] = ()

    def walk(self) -> Iterator[Device]:
        """The device and all devices in it, outer ones first."""
        yield self
        for device in self.devices:
            yield from device.walk()


@dataclass(frozen=True, slots=True)
class Description:
    """A root device; `url_base` as the description says it, usually empty."""

    root: Device
    url_base: str = ""

    def wan_services(self) -> tuple[Service, ...]:
        """The services that map ports and can be called, the preferred type first, equal ones as they stand there."""
        found = [s for device in self.root.walk() for s in device.services if s.maps_ports and s.control_url]
        return tuple(sorted(found, key=lambda service: WAN_SERVICES.index(service.service_type)))


@dataclass(slots=True)
class _Reading:
    """What has been read so far, against the limits."""

    base: str
    devices: int = 0
    services: int = 0
    seen: set[str] = field(default_factory=set)

    def url(self, text: str) -> str:
        """Absolute, or empty where it is no HTTP address."""
        if not text:
            return ""
        try:
            url = urljoin(self.base, text)
            parts = urlsplit(url)
            usable = parts.scheme == "http" and bool(parts.hostname) and (parts.port or 80) > 0
        except ValueError:
            return ""
        return url if usable else ""


def decode_description(data: bytes, location: str) -> Description:
    """A description fetched from `location`. Raises `RemoteError`; services without a usable address have none."""
    root = read_xml(data, "device description")
    if root.name.lower() != "root":
        raise RemoteError("a device description without root", field="root")
    device = root.first("device")
    if device is None:
        raise RemoteError("a device description without device", field="device")
    url_base = root.text_of("URLBase")
    reading = _Reading(_base(url_base, location))
    return Description(_device(device, reading, 0), url_base)


def _base(url_base: str, location: str) -> str:
    """`URLBase` where it is an address, else the description's own place."""
    try:
        parts = urlsplit(url_base)
        usable = parts.scheme == "http" and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        usable = False
    return url_base if usable else location


def _device(node: Node, reading: _Reading, level: int) -> Device:
    reading.devices += 1
    if reading.devices > MAX_DEVICES or level >= MAX_LEVELS:
        raise RemoteError("a device description with too many devices", field="deviceList")
    services = [_service(s, reading) for part in node.all("serviceList") for s in part.all("service")]
    devices = [_device(d, reading, level + 1) for part in node.all("deviceList") for d in part.all("device")]
    return Device(
        device_type=node.text_of("deviceType"),
        friendly_name=node.text_of("friendlyName"),
        manufacturer=node.text_of("manufacturer"),
        model_name=node.text_of("modelName"),
        model_number=node.text_of("modelNumber"),
        udn=node.text_of("UDN"),
        services=tuple(services),
        devices=tuple(devices),
    )


def _service(node: Node, reading: _Reading) -> Service:
    reading.services += 1
    if reading.services > MAX_SERVICES:
        raise RemoteError("a device description with too many services", field="serviceList")
    return Service(
        service_type=node.text_of("serviceType"),
        control_url=reading.url(node.text_of("controlURL")),
        service_id=node.text_of("serviceId"),
        scpd_url=reading.url(node.text_of("SCPDURL")),
        event_url=reading.url(node.text_of("eventSubURL")),
    )


def encode_description(description: Description) -> bytes:
    """A description as a router serves it."""
    base = _element("URLBase", description.url_base) if description.url_base else ""
    return (
        f'<?xml version="1.0"?>\n<root xmlns="{NAMESPACE}"><specVersion><major>1</major><minor>0</minor></specVersion>'
        f"{base}{_device_xml(description.root)}</root>"
    ).encode()


def _device_xml(device: Device) -> str:
    fields = (
        ("deviceType", device.device_type),
        ("friendlyName", device.friendly_name),
        ("manufacturer", device.manufacturer),
        ("modelName", device.model_name),
        ("modelNumber", device.model_number),
        ("UDN", device.udn),
    )
    return (
        "<device>"
        + "".join(_element(name, value) for name, value in fields)
        + _list("serviceList", (_service_xml(service) for service in device.services))
        + _list("deviceList", (_device_xml(inner) for inner in device.devices))
        + "</device>"
    )


def _service_xml(service: Service) -> str:
    fields = (
        ("serviceType", service.service_type),
        ("serviceId", service.service_id),
        ("SCPDURL", service.scpd_url),
        ("controlURL", service.control_url),
        ("eventSubURL", service.event_url),
    )
    return "<service>" + "".join(_element(name, value) for name, value in fields) + "</service>"


def _list(name: str, items: Iterable[str]) -> str:
    text = "".join(items)
    return f"<{name}>{text}</{name}>" if text else ""


def _element(name: str, value: str) -> str:
    return f"<{name}>{xml_text(value)}</{name}>"
