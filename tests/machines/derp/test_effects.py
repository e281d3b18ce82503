"""The pieces for one connection stay in order."""

from __future__ import annotations

from natscope.machines.derp.effects import Effects
from tests.machines.derp.harness import Bench


def test_pieces_for_one_connection_are_one_list() -> None:
    client, effects = Bench().join("a").client, Effects()
    effects.to(client).append(b"1")
    effects.to(client).append(b"2")
    assert effects.sends == {client: [b"1", b"2"]}
