"""What everything in one simulated network shares: the timeline, the seed, the trace and the checkers."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type of what `rng.stream` gives

from natscope.machines.nat.packet import Packet
from natscope.sim.invariants import Watch
from natscope.sim.rng import stream
from natscope.sim.timeline import Timeline
from natscope.sim.trace import Trace


class World:
    """`watch` is None where a run is for speed; `trace` likewise."""

    __slots__ = ("seed", "timeline", "trace", "watch")

    def __init__(self, seed: int, timeline: Timeline, trace: Trace | None, watch: Watch | None) -> None:
        self.seed = seed
        self.timeline = timeline
        self.trace = trace
        self.watch = watch

    def random(self, *names: str) -> Random:
        """A stream of chance that hangs on the seed and these names."""
        return stream(self.seed, *names)

    def note(self, packet: Packet, kind: str) -> None:
        """Into the trace, if there is one."""
        if self.trace is not None:
            self.trace.note(self.timeline.now, packet, kind)
