"""Lifetimes of mappings and what prolongs them: the part of a family's NAT report about time."""

from __future__ import annotations

from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation
from natscope.netcheck.classify_lifetime import LifetimeTest, classify_lifetime
from natscope.netcheck.nat_part import NatInputs, NatPart

TESTS = ("silent", "kept", "inwards", "outwards")
AGAIN = "again"
NOT_ASKED = "it takes minutes: --lifetime"
FIELDS = (
    "mapping_lifetime_at_least_s", "absolute_lifetime_s", "absolute_lifetime_at_least_s", "refresh_outbound",
    "refresh_inbound",
)  # fmt: skip


def lifetime_part(inputs: NatInputs) -> NatPart:
    """Fields of `NatFamilyReport` about lifetimes, from `nat.lifetime`."""
    seen = [o for o in inputs.observations if o.kind == "nat.lifetime" and o.family == inputs.family]
    if not seen:
        return NatPart(reasons=dict.fromkeys(FIELDS, NOT_ASKED))
    verdict = classify_lifetime([_test(o) for o in seen if o.data.get("test") in TESTS])
    return NatPart(
        values={
            "mapping_lifetime_s": verdict.idle_s,
            "mapping_lifetime_at_least_s": verdict.idle_at_least_s,
            "absolute_lifetime_s": verdict.absolute_s,
            "absolute_lifetime_at_least_s": verdict.absolute_at_least_s,
            "refresh_outbound": verdict.outbound,
            "refresh_inbound": verdict.inbound,
        },
        reasons=verdict.reasons,
        evidence=verdict.evidence[:16],
    )


def _test(observation: Observation) -> LifetimeTest:
    data = observation.data
    return LifetimeTest(
        observation=observation.id,
        test=str(data["test"]),
        at_s=(observation.sent_ms or 0.0) / 1000,
        age_s=float(data.get("age_s", 0.0)),
        silence_s=float(data.get("silence_s", 0.0)),
        alive=_alive(observation),
        number=int(data.get("number", 0)),
        quiet_s=float(data.get("quiet_s", 0.0)),
    )


def _alive(observation: Observation) -> bool | None:
    """Asked again and seen at the same port: alive, unless the router gives everybody's own port back anyway."""
    data = observation.data
    alive = data.get("alive")
    if data.get("method") != AGAIN or not data.get("same", False):
        return alive if isinstance(alive, bool) else None
    own = Endpoint.parse(observation.socket).port == Endpoint.parse(str(data["mapped"])).port
    return None if own else True
