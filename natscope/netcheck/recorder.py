"""Turns what probes saw into numbered observations, and counts what each probe spent."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.observation import Observation, Outcome

MAX_OBSERVATIONS = 50_000
"""More is a probe that runs wild: what comes after is counted, not kept."""
DECIMALS = 4
"""Of a millisecond: 0.1 µs, finer than any clock here; keeps records readable and their bytes stable."""


class Spent(msgspec.Struct):
    """Packets and payload bytes of one probe, as far as it can see them."""

    packets_sent: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class Recorder:
    """Observations in order of recording: `o1`, `o2`, … `started` is the run's zero on the host's clock."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.observations: list[Observation] = []
        self.spent: dict[str, Spent] = {}
        self.overflow = 0

    def at_ms(self, when: float) -> float:
        """A time of the host's clock as milliseconds since the start."""
        return round((when - self.started) * 1000, DECIMALS)

    def observe(
        self,
        probe: str,
        kind: str,
        outcome: Outcome,
        *,
        sent_at: float | None = None,
        received_at: float | None = None,
        packets: int = 0,
        **fields: Any,
    ) -> str:
        """Record; `sent_at`/`received_at` are times of the host's clock, and give `rtt_ms` unless that is given.

        `packets` is what was sent for it (UDP, ICMP). Gives the id, empty when the bound is reached.
        """
        if len(self.observations) >= MAX_OBSERVATIONS:
            self.overflow += 1
            return ""
        if sent_at is not None:
            fields.setdefault("sent_ms", self.at_ms(sent_at))
        if received_at is not None:
            fields.setdefault("received_ms", self.at_ms(received_at))
        if sent_at is not None and received_at is not None and outcome is Outcome.ANSWERED:
            fields.setdefault("rtt_ms", round((received_at - sent_at) * 1000, DECIMALS))
        identity = f"o{len(self.observations) + 1}"
        observation = Observation(id=identity, kind=kind, probe=probe, outcome=outcome, **fields)
        self.observations.append(observation)
        spent = self.spent.setdefault(probe, Spent())
        spent.packets_sent += packets
        spent.bytes_sent += observation.bytes_sent
        spent.bytes_received += observation.bytes_received
        return identity

    def of_kind(self, kind: str) -> tuple[Observation, ...]:
        """What was recorded so far of one kind."""
        return tuple(o for o in self.observations if o.kind == kind)
