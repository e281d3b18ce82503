"""The table of open ports: whose port it is, renewal, other ports, capacity, lapsing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.nat.forwards import Transport
from natscope.machines.nat.translator import Nat
from natscope.machines.portmap_router.config import ServiceConfig
from natscope.machines.portmap_router.ports import NatPorts
from natscope.machines.portmap_router.table import FIRST_SPARE, PortTable
from tests.machines.nat.site import config, end

UDP, TCP = Transport.UDP, Transport.TCP


def table_of(**options: object) -> tuple[PortTable, Nat]:
    nat = Nat(config(), b"seed")
    return PortTable(ServiceConfig(**options), NatPorts(nat)), nat  # type: ignore[arg-type]


def test_a_port_belongs_to_one_inside_endpoint() -> None:
    table, nat = table_of()
    entry = table.open(UDP, end("a:5000"), 7000, 0.0, 60.0)
    assert entry is not None
    assert table.open(UDP, end("b:5000"), 7000, 1.0, 60.0) is None
    assert table.open(TCP, end("b:5000"), 7000, 1.0, 60.0) is not None
    assert (table.at(UDP, 7000), table.of(UDP, end("a:5000")), len(table)) == (entry, entry, 2)
    assert len(nat.mappings(1.0)) == 2


def test_renewal_moves_the_end() -> None:
    table, nat = table_of()
    entry = table.open(UDP, end("a:5000"), 7000, 0.0, 60.0)
    assert table.open(UDP, end("a:5000"), 7000, 50.0, 60.0) is entry
    table.purge(100.0)
    assert len(nat.mappings(100.0)) == len(table) == 1
    assert entry is not None
    assert (entry.left_s(100.0), table.next_time()) == (10, 110.0)
    table.purge(110.0)
    assert (len(nat.mappings(110.0)), len(table), table.next_time()) == (0, 0, None)


def test_for_good() -> None:
    table, nat = table_of()
    entry = table.open(UDP, end("a:5000"), 7000, 0.0, None)
    table.purge(1e9)
    assert entry is not None
    assert (len(table), entry.left_s(1e9), table.next_time(), len(nat.mappings(1e9))) == (1, 0, None, 1)


def test_the_wish_then_the_inside_port_then_any() -> None:
    table, _ = table_of(taken=(5001,))
    ports = []
    for who, wish in (("a:5000", 7000), ("b:5000", 7000), ("c:5000", 7000), ("a:5001", 0)):
        entry = table.open_any(UDP, end(who), wish, 0.0, 60.0)
        assert entry is not None
        ports.append(entry.external_port)
    assert ports == [7000, 5000, FIRST_SPARE, FIRST_SPARE + 1]


def test_who_asks_again_keeps_the_port() -> None:
    table, _ = table_of()
    first = table.open_any(UDP, end("a:5000"), 7000, 0.0, 60.0)
    assert table.open_any(UDP, end("a:5000"), 8000, 1.0, 60.0) is first


def test_a_flow_of_another_host_has_the_port() -> None:
    from natscope.machines.nat.packet import UDP as UDP_NUMBER
    from natscope.machines.nat.packet import between

    table, nat = table_of()
    nat.outbound(between(UDP_NUMBER, end("b:5000"), end("r:1")), 0.0)
    assert table.open(UDP, end("a:9"), 5000, 1.0, 60.0) is None


def test_closing_and_forgetting() -> None:
    table, nat = table_of(capacity=1)
    entry = table.open(UDP, end("a:5000"), 7000, 0.0, 60.0)
    assert table.is_full
    assert entry is not None
    table.close(entry)
    assert not table.is_full
    assert nat.mappings(0.0) == []
    table.open(UDP, end("a:5000"), 7000, 0.0, 60.0)
    table.forget()
    assert table.entries() == []


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(5000, 5003), st.integers(0, 5), st.integers(1, 50)), max_size=30
    )
)
def test_table_and_nat_stay_alike(steps: list[tuple[str, int, int, int]]) -> None:
    """Whatever is asked in whatever order: each outside port has one owner, and the NAT has the same ports open."""
    table, nat = table_of()
    now = 0.0
    for who, inside, wish, lease in steps:
        table.open_any(UDP, end(f"{who}:{inside}"), 6000 + wish if wish else 0, now, float(lease))
        now += 7
        table.purge(now)
        ours = {(e.external_port, e.internal) for e in table.entries()}
        assert ours == {(m.external.port, m.internal) for m in nat.mappings(now)}
        assert len({port for port, _ in ours}) == len(ours)
