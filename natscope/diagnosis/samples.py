"""Public endpoints as single answers told them, in order of time.

They tell a translation that differs by destination from one that changed once during the run: only where an
earlier value comes back after another one was seen does the difference belong to the destinations.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Observation, Outcome

MAPPING_KINDS = ("stun.binding", "nat.mapping", "nat.server")
"""Answers that tell how one socket is translated towards several places."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One answer: when it came (ms since the start), to our `local` socket, from `target`, and what it told."""

    at_ms: float
    local: str
    target: str
    endpoint: Endpoint
    observation: str

    @property
    def family(self) -> Family:
        """4 or 6, of the endpoint that was told."""
        return self.endpoint.family


def read_mapped(observations: Iterable[Observation], kinds: tuple[str, ...] = ("stun.binding",)) -> tuple[Mapped, ...]:
    """The answered STUN requests of these kinds; answers without a readable endpoint are left out."""
    of_kind = (observation for observation in observations if observation.kind in kinds)
    found = [sample for sample in map(_read, of_kind) if sample is not None]
    return tuple(sorted(found, key=lambda s: (s.at_ms, s.observation)))


def _read(observation: Observation) -> Mapped | None:
    if observation.outcome is not Outcome.ANSWERED:
        return None
    told = observation.data.get("mapped")
    if not isinstance(told, str) or observation.received_ms is None:
        return None
    try:
        endpoint = Endpoint.parse(told)
    except ValueError:
        return None
    return Mapped(observation.received_ms, observation.socket, observation.target, endpoint, observation.id)


def alternates(samples: Iterable[Mapped], value: Callable[[Mapped], Hashable]) -> tuple[str, ...]:
    """Ids of three answers A, B, A in this order with differing values; empty when there are none.

    Compare only samples of one socket: give them already chosen.
    """
    first: dict[Hashable, str] = {}
    other: dict[Hashable, str] = {}
    for sample in samples:
        key = value(sample)
        if key in other:
            return first[key], other[key], sample.observation
        first.setdefault(key, sample.observation)
        for known in first:
            if known != key:
                other.setdefault(known, sample.observation)
    return ()


def at_two_ports(samples: Iterable[Mapped]) -> tuple[str, ...]:
    """Ids of two answers to one socket, of two ports of one server, that told two endpoints; empty without such."""
    first: dict[tuple[str, str], Mapped] = {}
    for sample in samples:
        address, _, _ = sample.target.rpartition(":")
        before = first.setdefault((sample.local, address), sample)
        if before.target != sample.target and before.endpoint != sample.endpoint:
            return before.observation, sample.observation
    return ()
