"""Connections by key, mesh links in order of arrival, listeners that forget and are forgotten."""

from __future__ import annotations

from natscope.machines.derp.registry import MeshLink, Registry
from tests.machines.derp.harness import Bench


def test_links_are_used_in_order_of_arrival() -> None:
    registry, first, second = Registry(), MeshLink(1, "first"), MeshLink(2, "second")
    registry.add_link(first, b"k")
    registry.add_link(second, b"k")
    registry.add_link(first, b"k")
    assert registry.link_for(b"k") is first
    assert not registry.remove_link(first, b"k")
    assert not registry.remove_link(first, b"k")
    assert registry.link_for(b"k") is second
    assert registry.remove_link(second, b"k")
    assert registry.link_for(b"k") is None
    assert registry.links == {}


def test_listeners_are_taken_once() -> None:
    bench, registry = Bench(), Registry()
    client = bench.join("a").client
    registry.listen(client, b"k")
    registry.listen(client, b"k")
    assert registry.take_listeners(b"k") == [client]
    assert registry.take_listeners(b"k") == []
    assert client.heard_from == {}
