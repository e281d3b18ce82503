"""What holds of a relay after anything whatever."""

from __future__ import annotations

from natscope.machines.derp.client import State
from natscope.machines.derp.front import Front
from natscope.machines.derp.greeting import MAX_HELD_BYTES
from natscope.machines.derp.relay import Relay
from natscope.wire.derp.frames import HEADER_BYTES, MAX_CLIENT_INFO_BYTES

READ_BYTES = 1 << 17
"""More than any read of these tests."""


def check(front: Front) -> None:
    """Raises `AssertionError`."""
    relay = front.relay
    assert len(front._pending) <= front.limits.pending
    assert sum(front._per_source.values()) == len(front._pending)
    assert all(0 < number <= front.limits.pending_per_source for number in front._per_source.values())
    for connection in front._pending:
        assert connection.client is None or connection.client.state in (State.GREETING, State.ADMISSION)
    assert all(connection.client is None and not connection.outlet.closed for connection in front._stuck)
    assert len(front._timers) <= 2 * len(front._pending) + 200
    _check_clients(relay)
    _check_registry(relay)


def _check_clients(relay: Relay) -> None:
    waiting = 0
    for client in relay._clients:
        assert not client.closed
        assert client.state is not State.CLOSED
        assert all(count <= client.packets for _, count, _ in client.waiting())
        assert client.blocked_since is not None or client._waiting is None
        assert (client in relay._stuck) == (client.blocked_since is not None)
        assert len(client.info.app_name) <= 100
        if client.state is State.OPEN:
            assert len(client.held) <= READ_BYTES
        else:
            waiting += len(client.held)
            assert len(client.held) <= max(MAX_HELD_BYTES, MAX_CLIENT_INFO_BYTES + HEADER_BYTES) + READ_BYTES
    assert relay.waiting_bytes == waiting
    assert len(relay._timers) <= 2 * len(relay._clients) + 200


def _check_registry(relay: Relay) -> None:
    registry = relay.registry
    open_clients = {client for client in relay._clients if client.state is State.OPEN}
    assert {client for twins in registry.all_of.values() for client in twins} == open_clients
    assert set(registry.active) == set(registry.all_of)
    for key, client in registry.active.items():
        twins = registry.all_of[key]
        assert client in twins
        assert all(twin.key == key and twin.has_twins == (len(twins) > 1) for twin in twins)
    assert set(registry.watchers) <= open_clients
    assert all(watcher.is_mesh and watcher.is_watching for watcher in registry.watchers)
    for key, listening in registry.listeners.items():
        assert listening
        assert all(listener in open_clients and key in listener.heard_from for listener in listening)
    for client in open_clients:
        assert all(client in registry.listeners[key] for key in client.heard_from)
    for key, links in registry.links.items():
        assert links
        assert all(key in link.keys for link in links)
