"""Telling a difference between destinations from one change during the run."""

from __future__ import annotations

import pytest

from natscope.diagnosis.samples import Mapped, alternates, at_two_ports, read_mapped
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome


def samples(ports: list[int]) -> list[Mapped]:
    return [
        Mapped(float(n), "192.168.1.20:1", f"198.51.100.{n}:3478", Endpoint.parse(f"203.0.113.1:{port}"), f"o{n}")
        for n, port in enumerate(ports)
    ]


@pytest.mark.parametrize(
    ("ports", "proof"),
    [
        ([], ()),
        ([1, 1, 1], ()),
        ([1, 2], ()),
        ([1, 1, 2, 2], ()),
        ([1, 2, 3, 4], ()),
        ([1, 2, 1], ("o0", "o1", "o2")),
        ([1, 1, 2, 3, 2], ("o2", "o3", "o4")),
        ([1, 2, 3, 1], ("o0", "o1", "o3")),
    ],
)
def test_only_a_value_that_comes_back_proves_it(ports: list[int], proof: tuple[str, ...]) -> None:
    assert alternates(samples(ports), lambda sample: sample.endpoint.port) == proof


def observation(**changes: object) -> Observation:
    fields: dict[str, object] = {
        "id": "o1",
        "kind": "stun.binding",
        "probe": "relay_stun",
        "outcome": Outcome.ANSWERED,
        "received_ms": 9.0,
        "data": {"mapped": "203.0.113.1:7"},
    }
    return Observation(**(fields | changes))  # type: ignore[arg-type]


def test_answers_are_read_in_order_of_time() -> None:
    late, early = observation(), observation(id="o2", received_ms=1.0, data={"mapped": "[2001:db8::1]:7"})
    read = read_mapped([late, early])
    assert [(sample.observation, sample.family) for sample in read] == [("o2", 6), ("o1", 4)]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "https.latency"},
        {"outcome": Outcome.WRONG},
        {"received_ms": None},
        {"data": {}},
        {"data": {"mapped": 7}},
        {"data": {"mapped": "nowhere"}},
        {"data": {"mapped": "203.0.113.1:99999"}},
    ],
)
def test_what_cannot_be_read_is_left_out(changes: dict[str, object]) -> None:
    assert read_mapped([observation(**changes)]) == ()


def test_two_ports_of_one_server_beside_each_other() -> None:
    def sample(name: str, target: str, port: int, local: str = "192.168.1.20:1") -> Mapped:
        return Mapped(0.0, local, target, Endpoint.parse(f"203.0.113.1:{port}"), name)

    first = sample("o1", "198.51.100.1:3478", 7)
    assert at_two_ports([first, sample("o2", "198.51.100.1:3479", 8)]) == ("o1", "o2")
    others = [
        sample("o2", "198.51.100.1:3479", 7),  # the same endpoint
        sample("o3", "198.51.100.2:3479", 8),  # another server
        sample("o4", "198.51.100.1:3479", 8, local="192.168.1.20:2"),  # another socket
        sample("o5", "198.51.100.1:3478", 9),  # the same port: a change, no comparison
    ]
    assert at_two_ports([first, *others]) == ()
