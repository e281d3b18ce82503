"""What machines are made of: plain values, and a protocol that the responder satisfies."""

from __future__ import annotations

import dataclasses

import pytest

from natscope.machines.api import Close, Closed, Event, Machine, Open, Received, Send, Tick
from natscope.machines.stun_responder import StunResponder
from natscope.model.endpoint import Endpoint

END = Endpoint.parse("192.0.2.1:1")


@pytest.mark.parametrize("value", [Received(b"", END), Closed("x"), Send(b"", END), Open(END), Close("x"), Event("x")])
def test_inputs_and_commands_are_frozen_values(value: object) -> None:
    assert value == dataclasses.replace(value)  # type: ignore[type-var]
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


def test_ticks_are_equal() -> None:
    assert Tick() == Tick()


def test_the_responder_is_a_machine() -> None:
    machine: Machine = StunResponder()
    assert machine.deadline() is None
