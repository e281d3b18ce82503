"""What the look at interfaces and routes writes down."""

from __future__ import annotations

import json

from natscope_probes.interfaces import describe
from tests.netcheck.fake_host import LINKS, World
from tests.netcheck.lab import loaded, measure, region


def test_the_facts_are_json() -> None:
    data = json.loads(json.dumps(describe(LINKS)))
    assert [i["name"] for i in data["interfaces"]] == ["lo", "eth0"]
    assert data["default_routes"][0] == {"family": 4, "interface": "eth0", "gateway": "192.168.1.1", "metric": 0}


def test_one_observation_and_nothing_sent() -> None:
    world = World()
    record = measure(world, loaded(region(1)), only=("interfaces",))
    links = [o for o in record.observations if o.kind == "host.links"]
    assert len(links) == 1
    assert links[0].data["source_v4"] == "192.168.1.20"
    assert world.sent == []
