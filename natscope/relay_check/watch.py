"""What the parts of a check share: the host, where observations go, how much time is left, progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from natscope.host.api import Failure, Host
from natscope.host.http_api import Http
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.netcheck.recorder import Recorder
from natscope.relay_check.options import CheckOptions

PROBE = "derp_check"
SHORTEST_S = 0.05

OUTCOMES = {
    Failure.TIMEOUT: Outcome.NO_ANSWER,
    Failure.CERTIFICATE: Outcome.WRONG,
    Failure.TLS: Outcome.WRONG,
    Failure.OTHER: Outcome.WRONG,
    Failure.UNREACHABLE_HOST: Outcome.ICMP_ERROR,
    Failure.UNREACHABLE_NET: Outcome.ICMP_ERROR,
    Failure.PERMISSION: Outcome.LOCAL_ERROR,
    Failure.ADDRESS_NOT_AVAILABLE: Outcome.LOCAL_ERROR,
    Failure.FAMILY_NOT_SUPPORTED: Outcome.LOCAL_ERROR,
    Failure.NOT_SUPPORTED: Outcome.LOCAL_ERROR,
}
"""Everything else was refused by the other side."""


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """How far a check is: nodes that are done, and what is going on."""

    elapsed_s: float
    nodes_done: int
    nodes_total: int
    doing: str


@dataclass
class Watch:
    """One run. `deadline` is a time of the host's clock."""

    host: Host
    http: Http
    options: CheckOptions
    recorder: Recorder
    deadline: float
    nodes_total: int
    progress: Callable[[CheckProgress], None] | None = None
    nodes_done: int = 0
    _doing: str = field(default="", init=False)

    def now(self) -> float:
        """The host's clock."""
        return self.host.clock.now()

    @property
    def left_s(self) -> float:
        """How long the run may still take."""
        return self.deadline - self.now()

    def limit(self, wanted_s: float) -> float:
        """So long, or as long as there is time."""
        return max(SHORTEST_S, min(wanted_s, self.left_s))

    def observe(self, kind: str, outcome: Outcome, **fields: Any) -> str:
        """Write down; the id."""
        return self.recorder.observe(PROBE, kind, outcome, **fields)

    def tell(self, doing: str = "") -> None:
        """Show how far the run is."""
        self._doing = doing or self._doing
        if self.progress is not None:
            elapsed_s = self.now() - self.recorder.started
            self.progress(CheckProgress(elapsed_s, self.nodes_done, self.nodes_total, self._doing))


def whereabouts(node: RelayNode, target: Endpoint | None = None) -> dict[str, Any]:
    """The fields of an observation that say where."""
    found: dict[str, Any] = {"region_id": node.region_id, "node": node.name}
    if target is not None:
        found |= {"target": str(target), "family": target.family}
    return found


def ms(seconds: float | None) -> float | None:
    """As observations have it."""
    return None if seconds is None else round(seconds * 1000, 4)
