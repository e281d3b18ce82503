"""Filtering of one family, from packets that a server was asked to send from unseen places; and the RFC 3489 name.

What came in proves itself. What did not come in speaks for a filter only where enough packets really left: a helper
counts them; for CHANGE-REQUEST as many answered controls beside them must do. And the other address must be known to
reach this host when it is asked. Everything else is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from natscope.machines.unseen_trial import FEW, MANY
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping
from natscope.model.observation import Observation, Outcome
from natscope.netcheck.assemble_families import only_inside
from natscope.netcheck.classify import ONLY_INSIDE
from natscope.netcheck.nat_part import NatInputs, NatPart

NOBODY = (
    "no relay that answered is a helper or has a second address, so nobody could write from an address that you did "
    "not write to"
)
UNTOLD = (
    "no relay answered the new socket that asked which of them could write from an address that you did not write to"
)
NOT_RUN = "the probe did not run"
CHANGED = "your public address or port changed during the test"
_UNCOUNTED = MANY + 2
"""Where nobody counts, so many tries in a lossy network: half of the losses are on the way there."""
_NAMES = {
    Filtering.ENDPOINT_INDEPENDENT: "full cone",
    Filtering.ADDRESS_DEPENDENT: "restricted cone",
    Filtering.ADDRESS_AND_PORT_DEPENDENT: "port-restricted cone",
}


class _Way(msgspec.Struct, frozen=True):
    """One way of one trial. `weight` tries count for silence, of `needed`."""

    observation: str
    arrived: bool
    weight: int
    needed: int
    other: str
    why: str

    @property
    def is_silent(self) -> bool:
        """Whether its silence means something."""
        return not self.arrived and self.weight >= self.needed and not self.why


class _Trial(msgspec.Struct, frozen=True):
    server: str
    method: str
    port: _Way | None
    address: _Way | None
    changed: bool


def filtering_part(inputs: NatInputs) -> NatPart:
    """`filtering` and `filtering_by`."""
    mine = [o for o in inputs.observations if o.kind == "nat.unseen" and o.family == inputs.family]
    if not mine:
        asked = [o for o in inputs.observations if o.kind == "nat.server" and o.family == inputs.family]
        silent = all(o.outcome is Outcome.NO_ANSWER for o in asked)
        return NatPart(reasons={"filtering": UNTOLD if silent else NOBODY}) if asked else NatPart()
    if only_inside(inputs.observations, inputs.family):
        return NatPart(reasons={"filtering": ONLY_INSIDE}, evidence=tuple(o.id for o in mine))
    trials = _trials(mine)
    reachable = _answering(inputs.observations)
    reasons = []
    for trial in trials:
        found, reason = _judge(trial, reachable)
        if found is not Filtering.UNKNOWN:
            values: dict[str, Any] = {"filtering": found, "filtering_by": trial.server}
            return NatPart(values=values, evidence=_evidence(trial, inputs.observations))
        reasons.append(reason)
    return NatPart(reasons={"filtering": reasons[0]}, evidence=tuple(o.id for o in mine))


def rfc3489_name(mapping: Mapping, filtering: Filtering, *, several: bool) -> str:
    """The name that people search for, empty where it is not known. Several public addresses have none."""
    if mapping is Mapping.NONE and filtering is not Filtering.UNKNOWN:
        return "open internet" if filtering is Filtering.ENDPOINT_INDEPENDENT else "symmetric UDP firewall"
    if mapping is Mapping.ENDPOINT_INDEPENDENT:
        return _NAMES.get(filtering, "")
    dependent = mapping in (Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT, Mapping.PORT_DEPENDENT)
    return "symmetric" if dependent and not several else ""


def _judge(trial: _Trial, reachable: set[str]) -> tuple[Filtering, str]:
    """The filtering that one trial shows, or why it shows none."""
    port, address = trial.port, trial.address
    if trial.changed:
        return Filtering.UNKNOWN, CHANGED
    if address is not None and address.arrived:
        return Filtering.ENDPOINT_INDEPENDENT, ""
    if port is None or not (port.arrived or port.is_silent):
        return Filtering.UNKNOWN, (port.why if port else "") or "too few packets were sent to tell a filter from loss"
    if not port.arrived:
        return Filtering.ADDRESS_AND_PORT_DEPENDENT, ""
    if address is None:
        return Filtering.UNKNOWN, "the server has no second address: other ports of a known one are let in"
    if not address.is_silent:
        return Filtering.UNKNOWN, address.why or "too few packets were sent to tell a filter from loss"
    if address.other not in reachable:
        return Filtering.UNKNOWN, f"{address.other}, which was to write to us, answers nobody here"
    return Filtering.ADDRESS_DEPENDENT, ""


def _trials(mine: Sequence[Observation]) -> list[_Trial]:
    """The two observations of each trial put together, in order."""
    groups: dict[tuple[str, str], list[Observation]] = {}
    for observation in mine:
        groups.setdefault((observation.target, observation.socket), []).append(observation)
    found = []
    for (target, _), group in groups.items():
        ways = {str(o.data.get("way")): _way(o) for o in group}
        changed = any(len(o.data.get("mapped", ())) > 1 for o in group)
        method = str(group[0].data.get("method"))
        found.append(_Trial(target, method, ways.get("other-port"), ways.get("other-address"), changed))
    return found


def _way(observation: Observation) -> _Way | None:
    """None where nothing was tried that way."""
    data = observation.data
    sent, arrived = int(data.get("sent", 0)), int(data.get("arrived", 0))
    if not sent and not arrived:
        return None
    lossy = bool(data.get("lossy"))
    counted = data.get("method") == "helper"
    weight = int(data.get("confirmed", 0)) if counted else sent
    needed = FEW if not lossy else MANY if counted else _UNCOUNTED
    why = observation.summary
    if not why and not data.get("controlled") and not arrived:
        why = "the server stopped answering during the test"
    if not why and data.get("unconfirmed") and weight < needed:
        why = "the helper's other server did not confirm that it sent anything"
    if not why and data.get("refused") and weight < needed:
        why = "the helper's limit was reached: try again in a minute"
    if not why and data.get("wrong_sources") and not arrived:
        why = f"answers came from {data['wrong_sources'][0]}, which the server did not name"
    return _Way(observation.id, bool(arrived), weight, needed, str(data.get("other", "")), why)


def _answering(observations: Sequence[Observation]) -> set[str]:
    """Addresses that answered some request of this run."""
    kinds = ("stun.binding", "nat.mapping", "nat.server", "nat.port")
    found = set()
    for observation in observations:
        if observation.kind in kinds and observation.outcome is Outcome.ANSWERED:
            found.add(str(Endpoint.parse(observation.target).ip))
    return found


def _evidence(trial: _Trial, observations: Sequence[Observation]) -> tuple[str, ...]:
    """The trial, and what shows that the other address answers."""
    ways = [way for way in (trial.port, trial.address) if way is not None]
    other = trial.address.other if trial.address is not None else ""
    control = [
        o.id
        for o in observations
        if o.kind in ("stun.binding", "nat.mapping")
        and o.outcome is Outcome.ANSWERED
        and other
        and str(Endpoint.parse(o.target).ip) == other
    ]
    return (*(way.observation for way in ways), *control[:1])
