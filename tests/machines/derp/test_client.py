"""A client's connection as people see it."""

from __future__ import annotations

from natscope.machines.derp.client import State
from tests.machines.derp.harness import Bench


def test_states_of_a_client() -> None:
    bench = Bench()
    a = bench.dial("a")
    assert (a.client.state, a.client.key, str(a.client.address)) == (State.GREETING, b"", a.client.source)
    b = bench.join("b")
    assert repr(b.client) == f"Client(2, {b.key[:4].hex()}, open)"
    assert b.private.data.hex() not in repr(b.client)
