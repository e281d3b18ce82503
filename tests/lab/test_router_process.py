"""Beside packets: orders to a router, and what it writes down about them."""

from __future__ import annotations

import select
from ipaddress import IPv4Address
from pathlib import Path

import msgspec

from natscope.lab.kernel.orders import Orders, dns_order, reboot_in, reboot_order
from natscope.lab.kernel.router_process import COUNT_EVERY_S, Counts, RouterOrders
from natscope.lab.kernel.router_tun import RouterPlan, RouterTun
from natscope.lab.scenario import DnsManner
from natscope.lab.scenario_faults import addresses_after_reboot
from natscope.lab.scenario_values import read_scenario
from natscope.machines.nat.presets import preset

OLD, NEW = IPv4Address("203.0.113.10"), IPv4Address("203.0.113.200")


def router() -> RouterTun:
    return RouterTun(RouterPlan(name="r", seed=1, nat_4=preset("full-cone", (OLD,))))


def test_orders_arrive_whole_and_in_order() -> None:
    orders = Orders()
    assert orders.read() == []
    orders.give(reboot_order((NEW,)))
    orders.give(reboot_order(()))
    assert select.select([orders.descriptor], [], [], 5)[0]
    assert [reboot_in(line) for line in orders.read()] == [(NEW,), None]
    assert orders.read() == []
    assert (dns_order(DnsManner.FAIL), dns_order(None)) == ("fail", "")


def test_a_router_obeys() -> None:
    machine, orders = router(), Orders()
    listener = RouterOrders(machine, orders)
    nat = machine.nat(4)
    assert nat is not None
    orders.give(reboot_order(()))
    listener.answer()
    assert list(nat.external) == [OLD]
    orders.give(reboot_order((NEW,)))
    assert select.select([listener], [], [], 5)[0]
    listener.answer()
    assert list(nat.external) == [NEW]


def test_counts_are_written_when_they_have_changed_and_seldom(tmp_path: Path) -> None:
    machine, path = router(), tmp_path / "r.json"
    counts = Counts(machine, path)
    assert counts.patience(1.0) is None
    counts.write(1.0)
    assert not path.exists()
    machine.counts["filtered"] = 1
    assert counts.patience(1.0) == 0.0
    counts.write(1.0)
    assert msgspec.json.decode(path.read_bytes()) == {"filtered": 1}
    machine.counts["filtered"] = 2
    assert counts.patience(1.0) == COUNT_EVERY_S
    counts.write(1.1)
    assert msgspec.json.decode(path.read_bytes()) == {"filtered": 1}
    counts.write(1.0 + COUNT_EVERY_S)
    assert msgspec.json.decode(path.read_bytes()) == {"filtered": 2}
    assert counts.patience(9.0) is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_new_addresses_are_nobodys_and_the_same_each_time() -> None:
    text = (
        'title = "T"\n[sites.a]\ncount = 2\n[sites.b]\n[sites.c]\nat = "b"\nlan = "10.9.0.0/24"\n[hosts.h]\nat = "c"\n'
    )
    scenario = read_scenario("t", text)
    new = {name: tuple(map(str, addresses_after_reboot(scenario, site))) for name, site in scenario.sites.items()}
    assert new["a"] == ("203.0.113.200", "203.0.113.201")
    assert new["b"] == ("203.0.113.202",)
    assert new["c"] == ("192.168.1.251",)
