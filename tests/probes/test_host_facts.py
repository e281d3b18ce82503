"""What a computer says about itself becomes one observation, with the reasons for what it does not say."""

from __future__ import annotations

import json

from natscope.host.system_api import Container, Device, SystemFacts, UntoldSystem
from natscope.model.observation import Observation
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region
from tests.probes.fake_system import ETH0, WLAN0, FakeSystem


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
    assert data["unread"] == {"cloud": "the firmware tells no names"}


def test_a_system_that_tells_nothing_has_reasons_for_everything() -> None:
    data = told(World(system=UntoldSystem("not here"))).data
    assert data["container"] is None
    assert set(data["unread"].values()) == {"not here"}
