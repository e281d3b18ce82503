"""Do packets that come too early take a port away? The part of a family's NAT report about that. Pure."""

from __future__ import annotations

from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.nat_part import NatInputs, NatPart

NOT_TRIED = "it takes a helper with two addresses among the relays, and --profile full"
MIN_EARLY = 3
"""So many packets must have been sent too early: one may have got lost on the way to the router."""
LET_IN = "packets from an address that you did not write to are let in, so none comes too early"
FEW = "too few packets were sent too early"
DIFFERS = "the public port differs by destination anyway"
NO_CONTROL = "the helper's other address did not answer where it had kept quiet"


def burn_part(inputs: NatInputs) -> NatPart:
    """`port_burns`: decided beside a port of the same address that kept quiet."""
    tried = [o for o in inputs.observations if o.kind == "nat.early" and o.family == inputs.family]
    if not tried:
        return NatPart(reasons={"port_burns": NOT_TRIED})
    last = tried[-1]
    found, reason = _judge(last, inputs)
    return NatPart(values={"port_burns": found}, reasons={"port_burns": reason}, evidence=(last.id,))


def _judge(tried: Observation, inputs: NatInputs) -> tuple[Tri, str]:
    data = tried.data
    usual = [Endpoint.parse(text) for text in data.get("mapped", ())]
    calm, early = (data.get(name) for name in ("seen_calm", "seen_early"))
    if data.get("let_in"):
        return Tri.NO, ""
    if int(data.get("came_early", 0)) < MIN_EARLY:
        return Tri.UNKNOWN, tried.summary or FEW
    if calm is None:
        return Tri.UNKNOWN, NO_CONTROL
    if [Endpoint.parse(calm)] != list(dict.fromkeys(usual)):
        return Tri.UNKNOWN, DIFFERS
    if early is None:  # nothing comes back where somebody wrote too early, though that place answers others of ours
        known = any(_answers(o, tried.target) for o in inputs.observations)
        return (Tri.YES, "") if known else (Tri.UNKNOWN, NO_CONTROL)
    return Tri.of(early != calm), ""


def _answers(observation: Observation, target: str) -> bool:
    kinds = ("nat.mapping", "stun.binding", "nat.server")
    return observation.kind in kinds and observation.outcome is Outcome.ANSWERED and observation.target == target
