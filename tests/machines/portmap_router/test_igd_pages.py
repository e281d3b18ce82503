"""What a gateway tells about itself: devices, services, URLs."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from natscope.machines.portmap_router.config import UpnpConfig, Urls, WanService
from natscope.machines.portmap_router.igd_pages import (
    SERVICE_TYPES,
    SIGNATURES,
    control_page,
    description,
    service_description,
    udn,
    useless_description,
)
from natscope.wire.portmap.bounded_xml import read_xml
from natscope.wire.portmap.igd_description import WAN_SERVICES, decode_description, encode_description
from tests.machines.portmap_router.router import GATEWAY

PLACE = "http://192.168.1.1:5000/rootDesc.xml"


def read(config: UpnpConfig) -> tuple[str, list[str], list[str]]:
    """URLBase, types and control URLs as a client sees them."""
    told = decode_description(encode_description(description(config, GATEWAY)), PLACE)
    found = told.wan_services()
    return told.url_base, [s.service_type for s in found], [s.control_url for s in found]


@pytest.mark.parametrize("service", WanService)
def test_every_kind_of_service(service: WanService) -> None:
    assert read(UpnpConfig(services=(service,))) == (
        "",
        [SERVICE_TYPES[service]],
        ["http://192.168.1.1:5000/ctl/wan0"],
    )
    assert set(SERVICE_TYPES.values()) == set(WAN_SERVICES)


def test_two_services_and_none() -> None:
    _, types, urls = read(UpnpConfig(services=(WanService.IP_1, WanService.PPP_1)))
    assert (len(types), urls) == (2, [f"http://192.168.1.1:5000{control_page(n)}" for n in (0, 1)])
    told = description(UpnpConfig(services=()), GATEWAY)
    assert (told.root.devices, [s.maps_ports for s in told.root.services]) == ((), [False])


@pytest.mark.parametrize("urls", Urls)
def test_urls_lead_to_the_same_place(urls: Urls) -> None:
    base, _, found = read(UpnpConfig(urls=urls))
    assert found == ["http://192.168.1.1:5000/ctl/wan0"]
    assert base == ("http://192.168.1.1:5000" if urls is Urls.URL_BASE else "")


def test_whole_urls_may_name_another_host() -> None:
    config = UpnpConfig(urls=Urls.ABSOLUTE, location_host=IPv4Address("192.168.1.254"))
    assert read(config)[2] == ["http://192.168.1.254:5000/ctl/wan0"]


@pytest.mark.parametrize("version", [1, 2])
def test_devices_have_the_version(version: int) -> None:
    devices = [device.device_type for device in description(UpnpConfig(version=version), GATEWAY).root.walk()]
    assert [d.rsplit(":", 2)[-2:] for d in devices] == [
        [name, str(version)] for name in ("InternetGatewayDevice", "WANDevice", "WANConnectionDevice")
    ]


def test_names_differ_by_device_and_router() -> None:
    assert len({udn(ip, n) for ip in (GATEWAY, IPv4Address("192.168.1.2")) for n in range(4)}) == 8


def test_another_device_in_the_box() -> None:
    assert useless_description(GATEWAY).wan_services() == ()


def test_the_description_of_the_service() -> None:
    for service in (WanService.IP_1, WanService.IP_2):
        root = read_xml(service_description(service), "SCPD")
        actions = root.first("actionList")
        assert actions is not None
        names = [action.text_of("name") for action in actions.all("action")]
        assert names == [n for n in SIGNATURES if service is WanService.IP_2 or n != "AddAnyPortMapping"]
