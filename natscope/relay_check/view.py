"""What was observed of each node, sorted for those who judge, and the controls: what else answered. Pure."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from natscope.model.derp_check import StepName
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.relay_check.options import CheckRecord

ORDER = tuple(StepName)
NAME_ERRORS = ("name-not-found", "name-has-no-address")


def reached(observation: Observation) -> int:
    """How far a connection got, as a place in `ORDER`; -1 where not even TCP came up."""
    step = observation.data.get("reached", "")
    return ORDER.index(StepName(step)) if step in list(StepName) else -1


def failed_at(observation: Observation) -> StepName | None:
    """The step at which a connection ended; None where it went through."""
    step = observation.data.get("failed", "")
    return StepName(step) if step in list(StepName) else None


def ids(observations: tuple[Observation, ...] | list[Observation]) -> tuple[str, ...]:
    """Their names, as evidence has them."""
    return tuple(observation.id for observation in observations)


@dataclass(frozen=True)
class NodeView:
    """One node: `seen` is everything observed of it."""

    region: RelayRegion
    node: RelayNode
    seen: tuple[Observation, ...]

    def of(self, kind: str, *outcomes: Outcome) -> tuple[Observation, ...]:
        """Observations of a kind, with one of the outcomes if some are named."""
        return tuple(o for o in self.seen if o.kind == kind and (not outcomes or o.outcome in outcomes))

    @functools.cached_property
    def connects(self) -> tuple[Observation, ...]:
        """Every connection to it."""
        return self.of("derp.connect")

    @functools.cached_property
    def firsts(self) -> tuple[Observation, ...]:
        """The first connection to each of its addresses."""
        return tuple(o for o in self.connects if o.data.get("role") == "first")

    @functools.cached_property
    def passages(self) -> tuple[Observation, ...]:
        """Between two clients on this node."""
        return tuple(o for o in self.of("derp.passage") if o.data.get("receiver") == self.node.name)

    def at_least(self, step: StepName) -> tuple[Observation, ...]:
        """First connections that got past that step."""
        return tuple(o for o in self.firsts if reached(o) >= ORDER.index(step))

    def ended(self, step: StepName) -> tuple[Observation, ...]:
        """First connections that ended at that step."""
        return tuple(o for o in self.firsts if failed_at(o) is step)

    @functools.cached_property
    def not_admitted(self) -> tuple[Observation, ...]:
        """Connections that the relay closed after it had shown its key and read ours."""
        closed = ("closed", "reset", "refused")
        return tuple(
            o
            for o in self.connects
            if failed_at(o) is StepName.ADMISSION and o.data.get("server_key") and o.error in closed
        )

    @functools.cached_property
    def server_keys(self) -> dict[str, tuple[Observation, ...]]:
        """Each key that it showed, with where."""
        found: dict[str, tuple[Observation, ...]] = {}
        for observation in (*self.connects, *self.of("derp.page")):
            key = observation.data.get("server_key")
            if isinstance(key, str) and key:
                found[key] = (*found.get(key, ()), observation)
        return found

    @property
    def answers_anything(self) -> bool:
        """Whether its host said anything at all: the control for its silence elsewhere."""
        tcp = any(reached(o) >= 0 or o.outcome in (Outcome.REFUSED, Outcome.WRONG) for o in self.firsts)
        return tcp or bool(self.of("stun.binding", Outcome.ANSWERED, Outcome.WRONG))


@dataclass(frozen=True)
class CheckView:
    """The whole run."""

    record: CheckRecord
    nodes: tuple[NodeView, ...]

    @classmethod
    def of(cls, record: CheckRecord) -> CheckView:
        """From a record."""
        by_node: dict[tuple[int | None, str], list[Observation]] = {}
        for observation in record.observations:
            by_node.setdefault((observation.region_id, observation.node), []).append(observation)
        return cls(
            record,
            tuple(
                NodeView(region, node, tuple(by_node.get((node.region_id, node.name), ())))
                for region in record.regions
                for node in region.nodes
            ),
        )

    def tcp_works(self, family: int | None = None) -> bool:
        """Whether any node took a TCP connection, over that family."""
        return any(
            reached(o) >= ORDER.index(StepName.CONNECT)
            for view in self.nodes
            for o in view.firsts
            if family in (None, o.family)
        )

    def udp_answers(self, family: int | None = None) -> tuple[Observation, ...]:
        """STUN answers of all nodes, over that family."""
        return tuple(
            o for view in self.nodes for o in view.of("stun.binding", Outcome.ANSWERED) if family in (None, o.family)
        )

    @property
    def unfinished(self) -> str:
        """Why something may be missing, in words; empty where the run was whole."""
        if self.record.interrupted:
            return "stopped before"
        return "the time limit came first" if self.record.limit_reached else ""
