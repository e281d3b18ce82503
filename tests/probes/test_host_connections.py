"""Stuck rows: told beside sound ones of the same port; usual translation and other hosts' flows are none."""

from __future__ import annotations

from ipaddress import ip_address

from natscope.host.system_api import ConnectionTable
from natscope.model.observation import Observation, Outcome
from natscope.wire.conntrack import read_flows
from natscope_probes.host_connections import stuck_flows
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region
from tests.probes.fake_system import HOME, FakeSystem
from tests.wire.test_conntrack import REPLIED, STUCK

OWN = {ip_address("192.168.1.20")}


def told(table: ConnectionTable) -> Observation:
    world = World(links=HOME, system=FakeSystem(table=table))
    record = measure(world, loaded(region(1)), only=("host_connections",))
    (found,) = (o for o in record.observations if o.kind == "host.connections")
    assert world.sent == []
    return found


def test_a_stuck_row_beside_a_sound_one() -> None:
    found = told(ConnectionTable(text=f"{REPLIED}\n{STUCK}\n"))
    assert found.data == {
        "flows": 2,
        "stuck": [{"port": 41641, "peer": "198.51.100.90:41641", "wire_port": 1024}],
    }


def test_without_a_sound_sibling_it_is_the_usual_translation() -> None:
    assert list(stuck_flows(read_flows(STUCK), OWN)) == []


def test_answered_rows_and_those_of_other_hosts_are_none() -> None:
    answered = STUCK.replace("[UNREPLIED] ", "")
    assert list(stuck_flows(read_flows(f"{REPLIED}\n{answered}"), OWN)) == []
    assert list(stuck_flows(read_flows(f"{REPLIED}\n{STUCK}"), {ip_address("192.168.1.21")})) == []


def test_a_table_that_may_not_be_read_has_its_reason() -> None:
    found = told(ConnectionTable(reason="it may not be read", hint="run it as root"))
    assert (found.outcome, found.summary) == (Outcome.LOCAL_ERROR, "it may not be read")
    assert found.data["hint"] == "run it as root"
