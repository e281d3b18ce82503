"""What a computer says about itself becomes one observation, with the reasons for what it does not say."""

from __future__ import annotations

import json

import pytest

from natscope.host.system_api import Container, Device, RouteChoice, SystemFacts, SystemRoute, UntoldSystem
from natscope.model.observation import Observation
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region
from tests.probes.fake_system import ETH0, TWO, WLAN0, FakeSystem


def told(world: World) -> Observation:
    record = measure(world, loaded(region(1)), only=("host_facts",))
    (found,) = (o for o in record.observations if o.kind == "host.system")
    assert world.sent == []
    json.dumps(found.data)
    return found


def test_everything_is_written_down() -> None:
    asleep = Device(name="usb0", driver="ethernet", state="dormant", temporary=("2001:db8::7",))
    facts = SystemFacts(
        devices=(ETH0, WLAN0, asleep, Device(name="lo", driver="loopback", state="unknown")),
        container=Container(kind="docker", sign="/.dockerenv exists"), wsl=0, clock_synchronised=False,
        receive_buffer_max=212_992, conntrack_count=9, unread={"cloud": "the firmware tells no names"},
    )  # fmt: skip
    data = told(World(system=FakeSystem(facts))).data
    assert data["container"]["kind"] == "docker"
    assert (data["wsl"], data["clock_synchronised"], data["conntrack_count"]) == (0, False, 9)
    assert data["strict_source"] == ["wlan0"]
    assert data["asleep"] == ["usb0 (dormant)"]
    assert data["temporary_addresses"] == ["2001:db8::7"]
    assert [d["name"] for d in data["devices"]] == ["eth0", "wlan0", "usb0"]
    assert data["unread"] == {"cloud": "the firmware tells no names", "metered": "nobody tells it of eth0"}


def test_a_system_that_tells_nothing_has_reasons_for_everything() -> None:
    data = told(World(system=UntoldSystem("not here"))).data
    assert data["container"] is None
    assert set(data["unread"].values()) == {"not here"}


@pytest.mark.parametrize(
    ("known", "unread", "metered", "why"),
    [
        ({"eth0": True, "wlan0": False}, {}, {"eth0": True, "wlan0": False}, None),
        ({"eth0": True, "wlan0": False, "usb0": True}, {"metered": "usb1"}, {"eth0": True, "wlan0": False}, None),
        ({"eth0": False}, {}, {"eth0": False}, "nobody tells it of wlan0"),
        ({"usb0": True}, {"metered": "it only guesses"}, {}, "it only guesses"),
    ],
)
def test_metered_is_told_of_default_routes(
    known: dict[str, bool], unread: dict[str, str], metered: dict[str, bool], why: str | None
) -> None:
    facts = SystemFacts(devices=(ETH0, WLAN0), metered=known, unread=unread)
    data = told(World(links=TWO, system=FakeSystem(facts))).data
    assert (data["metered"], data["unread"].get("metered")) == (metered, why)


ROUTES = (
    SystemRoute(family=4, destination="0.0.0.0/0", interface="eth0", gateway="192.168.1.1"),
    SystemRoute(family=4, destination="192.168.1.0/24", interface="eth0"),
    SystemRoute(family=4, destination="10.9.0.0/24", interface="wg0"),
    SystemRoute(family=6, destination="fe80::/64", interface="eth0"),
)
WG0 = Device(name="wg0", driver="wireguard", addresses=("10.9.0.2",))


def shadowed(way: str, *, unread: tuple[str, ...] = ()) -> object:
    """With every packet leaving by `way`."""
    facts = SystemFacts(devices=(ETH0, WLAN0, WG0), routes=ROUTES, unread=dict.fromkeys(unread, "not told"))
    usual = RouteChoice(target="", interface=way)
    return told(World(system=FakeSystem(facts, usual=usual))).data["shadowed"]


def test_a_network_that_a_tunnel_takes() -> None:
    assert shadowed("wg0") == [{"network": "192.168.1.0/24", "interface": "eth0", "by": "wg0"}]


def test_the_own_card_or_another_one_is_no_tunnel() -> None:
    assert shadowed("eth0") == []
    assert shadowed("wlan0") == []


def test_routes_that_are_not_told() -> None:
    assert shadowed("wg0", unread=("routes",)) is None


def test_of_a_gateway_only_its_maker_is_told() -> None:
    facts = SystemFacts(
        devices=(ETH0,), routes=ROUTES[:2], neighbours={"192.168.1.1": "00:09:0f", "192.168.1.7": "aa:bb:cc"}
    )
    assert told(World(system=FakeSystem(facts))).data["gateway_makers"] == ["00:09:0f"]
