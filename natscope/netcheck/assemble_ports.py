"""Public ports of new sockets, pooling, collisions and STUN ALGs: the part of a family's NAT report about ports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import PortCollision
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_families import is_mapped, only_inside
from natscope.netcheck.classify import ONLY_INSIDE
from natscope.netcheck.classify_ports import PortSample, classify_ports
from natscope.netcheck.nat_part import NatInputs, NatPart

FIELDS = (
    "port_allocation", "port_parity", "port_contiguity", "port_step", "port_prediction", "pooling", "port_collision",
    "stun_alg",
)  # fmt: skip
NOT_ASKED = "no relay beyond a translation answered new sockets"
NOTHING_TRANSLATED = "nothing is translated: ports and addresses stay as they are"
NO_ANSWER = "an answer was missing"
ONE_ADDRESS = "takes two computers, or two addresses of this one behind the same router"
NO_PLAIN_ADDRESS = "no server here tells the address in plain form (MAPPED-ADDRESS) beside the scrambled one"
NO_STEP = "new ports follow no step"


def ports_part(inputs: NatInputs) -> NatPart:
    """Fields of `NatFamilyReport` about ports, from `nat.port` and the shared socket's answers."""
    seen = [o for o in inputs.observations if o.kind == "nat.port" and o.family == inputs.family]
    samples = [_sample(o) for o in seen if o.outcome is Outcome.ANSWERED and "mapped" in o.data and _is_port(o)]
    alg, alg_evidence = _stun_alg(inputs, seen)
    values: dict[str, Any] = {"stun_alg": alg}
    reasons = {"stun_alg": NO_PLAIN_ADDRESS}
    if not samples:
        words = NOTHING_TRANSLATED if _is_untranslated(inputs) else NOT_ASKED
        words = ONLY_INSIDE if only_inside(inputs.observations, inputs.family) else words
        return NatPart(values=values, reasons=dict.fromkeys(FIELDS, words) | reasons, evidence=alg_evidence)
    verdict = classify_ports(samples, _elsewhere(inputs))
    if verdict.preservation.known:
        values["port_preservation"] = verdict.preservation
    collision, collision_words, collision_evidence = _collision(seen)
    values |= {
        "port_parity": verdict.parity,
        "port_contiguity": verdict.contiguity,
        "port_allocation": verdict.allocation,
        "port_step": verdict.step,
        "port_samples": verdict.samples,
        "port_prediction": verdict.prediction,
        "pooling": verdict.pooling,
        "port_collision": collision,
    }
    too_few = f"only {verdict.samples} new ports were seen"
    reasons |= dict.fromkeys(FIELDS[:-2], too_few) | {"port_step": NO_STEP, "port_collision": collision_words}
    return NatPart(
        values=values,
        reasons=reasons | dict(verdict.doubtful),
        evidence=(*verdict.evidence[:12], *alg_evidence, *collision_evidence),
    )


def _is_port(observation: Observation) -> bool:
    return "order" in observation.data


def _sample(observation: Observation) -> PortSample:
    data = observation.data
    return PortSample(
        observation=observation.id,
        local=Endpoint.parse(observation.socket),
        target=Endpoint.parse(observation.target),
        mapped=Endpoint.parse(data["mapped"]),
        order=int(data["order"]),
        sent_ms=observation.sent_ms or 0.0,
        turn=int(data.get("turn", 1)),
    )


def _is_untranslated(inputs: NatInputs) -> bool:
    answers = [o for o in inputs.observations if is_mapped(o, inputs.family)]
    return bool(answers) and all(o.data["mapped"] == o.socket for o in answers)


def _elsewhere(inputs: NatInputs) -> list[IPAddress]:
    """Public addresses of the shared socket; relays inside this network see others, which say nothing."""
    told = {Endpoint.parse(o.data["mapped"]).ip for o in inputs.observations if is_mapped(o, inputs.family)}
    return [ip for ip in told if not is_inside(ip)]


def _stun_alg(inputs: NatInputs, seen: Sequence[Observation]) -> tuple[Tri, tuple[str, ...]]:
    """Both forms of one address in one answer: where they differ, something on the way edited the plain one."""
    both = [o for o in seen if "mapped_address" in o.data and "mapped" in o.data]
    differing = tuple(o.id for o in both if o.data["mapped_address"] != o.data["mapped"])
    differing += tuple(
        o.id for o in inputs.observations if o.family == inputs.family and o.data.get("payload_rewritten") is True
    )
    if differing:
        return Tri.YES, differing[:6]
    return Tri.of(False if both else None), tuple(o.id for o in both[:3])


def _collision(seen: Sequence[Observation]) -> tuple[PortCollision, str, tuple[str, ...]]:
    """From where relays saw two local addresses with one port; older records have the word itself."""
    told = [o for o in seen if "collision" in o.data]
    if not told:
        return PortCollision.UNKNOWN, ONE_ADDRESS, ()
    seen_as = told[-1].data["collision"]
    if isinstance(seen_as, dict):
        word, reason = _collided(*(_endpoint(seen_as.get(name)) for name in ("first", "second", "second_at_the_same")))
        return word, reason, (told[-1].id,)
    known = {str(c): c for c in PortCollision}
    return known.get(seen_as, PortCollision.UNKNOWN), told[-1].summary or ONE_ADDRESS, (told[-1].id,)


def _collided(first: Endpoint | None, second: Endpoint | None, again: Endpoint | None) -> tuple[PortCollision, str]:
    """`first` and `second` at two servers, `again` the second one at the first one's server."""
    if first is None or second is None:
        return PortCollision.UNKNOWN, NO_ANSWER
    if first.ip != second.ip:
        return PortCollision.UNKNOWN, "the second address of this computer has another public address"
    if first.port != second.port:
        return PortCollision.SEPARATE, ""
    if again is None:
        return PortCollision.UNKNOWN, NO_ANSWER
    return (PortCollision.TAKEN_OVER if again == first else PortCollision.SHARED), ""


def _endpoint(text: object) -> Endpoint | None:
    try:
        return Endpoint.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None
