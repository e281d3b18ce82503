"""Device descriptions: URLs of every kind, several devices, quirks of old boxes, hostile input."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.portmap.igd_description import (
    LEGACY_IP_1,
    LEGACY_PPP_1,
    MAX_DEVICES,
    MAX_LEVELS,
    MAX_SERVICES,
    WAN_IP_1,
    WAN_IP_2,
    WAN_PPP_1,
    Description,
    Device,
    Service,
    decode_description,
    encode_description,
)

PLACE = "http://192.168.1.1:5000/desc/root.xml"
WAN_DEVICE = "urn:schemas-upnp-org:device:WANConnectionDevice:1"


def described(*services: Service, url_base: str = "") -> Description:
    inner = Device(WAN_DEVICE, services=services)
    wan = Device("urn:schemas-upnp-org:device:WANDevice:1", devices=(inner,))
    root = Device(
        "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
        "A & <router>", "Maker", "Model", "1", "uuid:1", devices=(wan,),
    )  # fmt: skip
    return Description(root, url_base)


def read(*services: Service, url_base: str = "") -> Description:
    return decode_description(encode_description(described(*services, url_base=url_base)), PLACE)


@pytest.mark.parametrize(
    ("control", "base", "wanted"),
    [
        ("/ctl", "", "http://192.168.1.1:5000/ctl"),
        ("ctl", "", "http://192.168.1.1:5000/desc/ctl"),
        ("http://192.168.1.1:6000/ctl", "", "http://192.168.1.1:6000/ctl"),
        ("/ctl", "http://192.168.1.1:49152", "http://192.168.1.1:49152/ctl"),
        ("ctl?x=1", "http://192.168.1.1:49152/base/", "http://192.168.1.1:49152/base/ctl?x=1"),
        ("/ctl", "nonsense", "http://192.168.1.1:5000/ctl"),
        ("/ctl", "http://[broken/", "http://192.168.1.1:5000/ctl"),
        ("file:///etc/passwd", "", ""),
        ("https://192.168.1.1/ctl", "", ""),
        ("http://192.168.1.1:99999/ctl", "", ""),
        ("http://[::bad", "", ""),
        ("", "", ""),
    ],
)
def test_where_a_service_is_called(control: str, base: str, wanted: str) -> None:
    description = read(Service(WAN_IP_1, control), url_base=base)
    [service] = [s for d in description.root.walk() for s in d.services]
    assert service.control_url == wanted
    assert bool(description.wan_services()) == bool(wanted)


def test_the_preferred_service_comes_first() -> None:
    other = "urn:schemas-upnp-org:service:Layer3Forwarding:1"
    types = [LEGACY_IP_1, WAN_PPP_1, LEGACY_PPP_1, other, WAN_IP_1, WAN_IP_2]
    found = read(*(Service(t, f"/{n}") for n, t in enumerate(types))).wan_services()
    assert [s.service_type for s in found] == [WAN_IP_2, WAN_IP_1, WAN_PPP_1, LEGACY_PPP_1, LEGACY_IP_1]
    assert [s.version for s in found] == [2, 1, 1, 1, 1]
    twice = read(Service(WAN_IP_1, "/a"), Service(WAN_IP_1, "/b")).wan_services()
    assert [s.control_url[-1] for s in twice] == ["a", "b"]


def test_a_description_says_who_it_is() -> None:
    root = read(Service(WAN_IP_1, "/c", "id", "/scpd.xml", "/event")).root
    assert (root.friendly_name, root.manufacturer, root.model_name) == ("A & <router>", "Maker", "Model")
    service = root.devices[0].devices[0].services[0]
    assert (service.service_id, service.scpd_url) == ("id", "http://192.168.1.1:5000/scpd.xml")


def test_a_description_without_namespace_or_services_is_read() -> None:
    bare = b"<root><device><deviceType>urn:x:device:InternetGatewayDevice:1</deviceType></device></root>"
    assert decode_description(bare, PLACE).wan_services() == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>login</body></html>",
        b"<root/>",
        b"<!DOCTYPE root><root><device/></root>",
        b"<root>"
        + b"<device><deviceList>" * (MAX_LEVELS + 1)
        + b"</deviceList></device>" * (MAX_LEVELS + 1)
        + b"</root>",
        b"<root><device><deviceList>" + b"<device/>" * MAX_DEVICES + b"</deviceList></device></root>",
        b"<root><device><serviceList>" + b"<service/>" * (MAX_SERVICES + 1) + b"</serviceList></device></root>",
        b"<root><device>" + b"x" * 50_000_000 + b"</device></root>",
    ],
    ids=range(8),
)
def test_what_is_no_description(data: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_description(data, PLACE)


def test_every_truncation_is_an_error() -> None:
    whole = encode_description(described(Service(WAN_IP_1, "/c")))
    for end in range(len(whole)):
        with pytest.raises(RemoteError):
            decode_description(whole[:end], PLACE)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_garbage_is_an_error_or_a_value(garbage: bytes, at: int) -> None:
    whole = encode_description(described(Service(WAN_IP_1, "/c")))
    for data in (garbage, whole[:at] + garbage + whole[at:]):
        with contextlib.suppress(RemoteError):
            decode_description(data, PLACE).wan_services()
