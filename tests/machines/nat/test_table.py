"""The table: capacity, eviction, and that its indexes agree."""

from __future__ import annotations

import pytest

from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.packet import TCP
from natscope.machines.nat.table import Table, WhenFull
from natscope.model.nat import Mapping
from tests.machines.nat.site import Site, config, end


def agree(table: Table) -> None:
    flows = [f for owners in table.by_external.values() for b in owners for f in b.flows.values()]
    assert len(flows) == len(table.flows_out) == len(table.flows_in)
    assert all(table.flows_out[f.out_key] is f and table.flows_in[f.in_key] is f for f in flows)
    assert all(
        b in owners for b in table.by_key.values() for owners in [table.by_external[b.proto, b.ext_ip, b.ext_port]]
    )


def test_a_full_table_drops_the_new() -> None:
    site = Site(config(capacity=3))
    assert [site.out("a:5000", f"r:{n}") for n in range(1, 5)] == [*[end("nat:5000")] * 3, "table full"]
    assert site.out("a:5000", "r:1") == end("nat:5000"), "old flows go on"
    site.wait(300)
    assert site.out("a:5000", "r:4") == end("nat:5000")


def test_a_limit_of_udp_flows_leaves_room_for_others() -> None:
    site = Site(config(udp_capacity=2, when_full=WhenFull.EVICT_OLDEST))
    assert [site.out("a:5000", f"r:{n}") for n in range(1, 4)] == [*[end("nat:5000")] * 2, "table full"]
    assert site.out("a:5000", "r:1", proto=TCP, flags=2) == end("nat:5000")
    site.wait(300)
    assert site.out("a:5000", "r:3") == end("nat:5000"), "flows that ended count no more"
    site.nat.reboot(site.nat.external)
    assert [site.out("a:5000", f"r:{n}") for n in (1, 2, 3)] == [*[end("nat:5000")] * 2, "table full"]


def test_a_full_table_evicts_the_oldest() -> None:
    site = Site(config(capacity=3, when_full=WhenFull.EVICT_OLDEST))
    for n in range(1, 6):
        site.seen("a:5000", f"r:{n}")
    assert [site.come(f"r:{n}", "nat:5000") == end("a:5000") for n in range(1, 6)] == [False, False, True, True, True]
    assert site.nat.counts()["evicted"] == 2
    agree(site.nat._table)


@pytest.mark.parametrize("mapping", [Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT])
@pytest.mark.parametrize("per_flow", [False, True])
def test_a_table_stays_in_order_under_pressure(mapping: Mapping, per_flow: bool) -> None:
    site = Site(
        config(
            mapping=mapping, capacity=20, when_full=WhenFull.EVICT_OLDEST,
            lifetimes=Lifetimes(udp_s=10.0, per_flow=per_flow),
        )
    )  # fmt: skip
    for n in range(1, 400):
        site.out(f"{'abc'[n % 3]}:{5000 + n % 7}", f"{'rst'[n % 2]}:{n % 11 + 1}")
        site.wait(n % 5 / 4)
        agree(site.nat._table)
    site.wait(100)
    site.nat.expire(site.now)
    table = site.nat._table
    assert not table.flows_out
    assert not table.flows_in
    assert not table.by_key
    assert not table.by_external
    assert table.agenda.alive == 0


def test_port_guessing_fills_a_table_and_nobody_else_gets_out() -> None:
    """Why a birthday search behind a small router hurts everybody there."""
    site = Site(config(capacity=1000))
    for n in range(1, 1001):
        site.seen("a:5000", f"r:{n}")
    assert site.out("b:5000", "s:443") == "table full"


def test_clear_forgets_all() -> None:
    site = Site(config())
    site.seen("a:5000", "r:1")
    site.nat._table.clear()
    assert site.nat.mappings(0) == []
    assert site.nat.deadline() is None
    assert site.come("r:1", "nat:5000") == "no mapping"
