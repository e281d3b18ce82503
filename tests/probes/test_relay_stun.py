"""The relay probe on its own: what it asks, and what it leaves to the shared socket."""

from __future__ import annotations

import pytest

from natscope.model.observation import Outcome
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.plan import make_plan
from natscope.plugins.probe import Scope
from natscope_probes.relay_stun import contacts
from tests.netcheck.fake_host import World, answer
from tests.netcheck.lab import both, loaded, measure, region, v4, v6


def test_it_asks_every_region_over_both_families() -> None:
    world = World(relays={**both(1, answer(0.01)), **both(2, answer(0.02))})
    record = measure(world, loaded(region(1), region(2)), only=("relay_stun",))
    stun = [o for o in record.observations if o.kind == "stun.binding"]
    assert {(o.region_id, o.family, o.data["round"]) for o in stun} == {
        (n, f, r) for n in (1, 2) for f in (4, 6) for r in (0, 1, 2)
    }
    assert {o.outcome for o in stun} == {Outcome.ANSWERED}
    assert {o.probe for o in stun} == {"relay_stun"}
    assert {o.socket for o in stun if o.family == 4} == {"192.168.1.20:41641"}


def test_it_uses_the_port_of_the_map() -> None:
    world = World()
    measure(world, loaded(region(1, node_fields={"stun_port": 1234})), only=("relay_stun",), families=(4,))
    assert {str(target) for _, target, _ in world.sent} == {f"{v4(1)}:1234"}


def test_contacts_are_the_plan() -> None:
    map_ = loaded(region(1, 2))
    options = NetcheckOptions()
    plan = make_plan(map_.relay_map, None, options, History())
    listed = contacts(Scope(map_, options, (4, 6), plan))
    assert sum(c.packets for c in listed) == len(plan.sends)
    assert {(c.host, c.packets) for c in listed} == {(v4(1), 3), (v6(1), 3), (v4(1, 1), 1), (v6(1, 1), 1)}
    assert all(c.bytes == c.packets * 40 for c in listed)


def test_names_stand_in_the_list_as_names() -> None:
    map_ = loaded(region(1, node_fields={"ipv4": "", "ipv6": "none"}))
    options = NetcheckOptions()
    listed = contacts(Scope(map_, options, (4, 6), make_plan(map_.relay_map, None, options, History())))
    assert [c.host for c in listed] == ["r1a.relay.test"]


@pytest.mark.parametrize("families", [(4,), (6,)])
def test_one_family(families: tuple[int, ...]) -> None:
    world = World(relays=both(1, answer(0.01)))
    measure(world, loaded(region(1)), families=families)
    assert {target.family for _, target, _ in world.sent} == set(families)
