"""The steps in which it must relay: the same server each time, clients that meet, other nodes of the region. Pure."""

from __future__ import annotations

from natscope.model.derp_check import PassageReport, SizeReport, StepName, StepReport, StepState
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.relay_check.pairing import are_paired
from natscope.relay_check.steps_connect import not_yet, step
from natscope.relay_check.view import CheckView, NodeView, ids

ENOUGH = 4
"""Connections that must show one key before it counts as one server."""
SERIOUS_LOSS = 0.05
"""TCP repeats what gets lost on the way, so packets that are missing were thrown away by somebody."""


def same_server_step(check: CheckView, view: NodeView) -> StepReport:
    """One key on every connection?"""
    name = StepName.SAME_SERVER
    keys = view.server_keys
    count = sum(len(seen) for seen in keys.values())
    evidence = tuple(seen[0].id for seen in keys.values())
    if len(keys) > 1:
        return step(name, StepState.FAIL, f"{len(keys)} keys in {count} connects", evidence)
    if not keys:
        return not_yet(check, name)
    if count < ENOUGH:
        reason = check.unfinished or f"only {count} connects told a key"
        return step(name, StepState.UNKNOWN, reason, evidence)
    return step(name, StepState.OK, f"in {count} of {count} connects", evidence)


def passage_report(observation: Observation) -> PassageReport:
    """One direction as the document has it."""
    data = observation.data
    sent, arrived = int(data.get("sent", 0)), int(data.get("arrived", 0))
    met = bool(data.get("met"))
    works = Tri.YES if met else Tri.UNKNOWN if observation.outcome is Outcome.CANCELLED else Tri.NO
    return PassageReport(
        region_id=observation.region_id or 0,
        sender=str(data.get("sender", "")),
        receiver=str(data.get("receiver", "")),
        works=works,
        sent=sent,
        arrived=arrived,
        loss=round(1 - arrived / sent, 4) if sent and not data.get("cut") else None,
        time_ms=data.get("median_ms"),
        fastest_ms=data.get("fastest_ms"),
        slowest_ms=data.get("slowest_ms"),
        in_order=Tri.of(data.get("in_order")),
        doubled=int(data.get("doubled", 0)),
        altered=int(data.get("altered", 0)),
        sizes=tuple(SizeReport(bytes=row[0], sent=row[1], arrived=row[2], time_ms=row[3]) for row in data["sizes"]),
        stream_bytes=int(data.get("stream_bytes", 0)),
        stream_bytes_per_s=data.get("stream_bytes_per_s"),
        absent=bool(data.get("absent")),
        pings_answered=_pings(data.get("pong_ms", 0), asked="pong_ms" in data),
        wait_ms=data.get("wait_ms"),
        reason="the run ended before" if works is Tri.UNKNOWN else str(data.get("lost", "")),
        evidence=(observation.id,),
    )


def _pings(pong_ms: object, *, asked: bool) -> Tri:
    return Tri.of(pong_ms is not None) if asked else Tri.UNKNOWN


def relay_step(check: CheckView, view: NodeView) -> StepReport:
    """Do two clients meet through it?"""
    name = StepName.RELAY
    if view.not_admitted:
        return step(name, StepState.UNKNOWN, "not checked: it knows no client of ours", ids(view.not_admitted))
    passages = [passage_report(o) for o in view.passages]
    if not passages:
        failed = [o for o in view.connects if o.data.get("role") == "client" and o.data.get("failed")]
        if failed and view.at_least(StepName.ADMISSION):
            return step(name, StepState.FAIL, "a further client is turned away", ids(failed))
        return not_yet(check, name)
    evidence = tuple(name for passage in passages for name in passage.evidence)
    if any(passage.works is Tri.NO for passage in passages):
        return step(name, StepState.FAIL, "nothing arrives", evidence)
    if any(passage.works is Tri.UNKNOWN for passage in passages):
        return step(name, StepState.UNKNOWN, check.unfinished or "the run ended before", evidence)
    sent, arrived = sum(p.sent for p in passages), sum(p.arrived for p in passages)
    says = f"{arrived} of {sent}"
    if any(passage.loss is None for passage in passages):
        return step(name, StepState.UNKNOWN, check.unfinished or "the run ended before", evidence)
    if loss_of(passages) > SERIOUS_LOSS:
        return step(name, StepState.FAIL, says, evidence)
    if is_untidy(passages):
        return step(name, StepState.WARN, f"{says}, {untidy_words(passages)}", evidence)
    return step(name, StepState.OK, says, evidence)


def loss_of(passages: list[PassageReport]) -> float:
    """Of all packets, 0.0 to 1.0."""
    sent, arrived = sum(p.sent for p in passages), sum(p.arrived for p in passages)
    return 1 - arrived / sent if sent else 0.0


def is_untidy(passages: list[PassageReport]) -> bool:
    """Whether packets were lost, doubled, altered or overtaken."""
    return loss_of(passages) > 0 or any(p.doubled or p.altered or p.in_order is Tri.NO for p in passages)


def untidy_words(passages: list[PassageReport]) -> str:
    """What is untidy about them."""
    words = []
    if any(p.in_order is Tri.NO for p in passages):
        words.append("out of order")
    if doubled := sum(p.doubled for p in passages):
        words.append(f"{doubled} doubled")
    if altered := sum(p.altered for p in passages):
        words.append(f"{altered} altered")
    return ", ".join(words) or "some are missing"


def mesh_passages(check: CheckView, view: NodeView) -> list[PassageReport]:
    """Directions between this node and others of its region."""
    own = view.node.name
    seen = [
        o for other in check.nodes if other.region.region_id == view.region.region_id for o in other.of("derp.passage")
    ]
    reports = [passage_report(o) for o in seen]
    return [r for r in reports if own in (r.sender, r.receiver) and r.sender != r.receiver]


def mesh_step(check: CheckView, view: NodeView) -> StepReport:
    """Do clients on this node and on others of its region meet?"""
    name = StepName.MESH
    others = [node for node in view.region.nodes if not node.stun_only and node.name != view.node.name]
    if not others:
        return step(name, StepState.NOT_ASKED, "others not chosen" if _has_more(check, view) else "only one node")
    if check.record.keys_given:
        return step(name, StepState.UNKNOWN, "not with given keys")
    passages = mesh_passages(check, view)
    if not passages:
        here = bool(view.passages)
        reason = "no other node lets a client in" if here else ""
        return step(name, StepState.UNKNOWN, reason) if here else not_yet(check, name)
    evidence = tuple(name for passage in passages for name in passage.evidence)
    broken = [p for p in passages if p.works is Tri.NO]
    if broken:
        partner = sorted({p.receiver if p.sender == view.node.name else p.sender for p in broken})
        return step(name, StepState.FAIL, f"not with {', '.join(partner)}", evidence)
    met = {p.receiver if p.sender == view.node.name else p.sender for p in passages if p.works is Tri.YES}
    apart = _not_paired(check, view)
    asked = len(others) - apart
    says, rest = f"{len(met)} of {asked} meet", f", {apart} not tried" if apart else ""
    if any(p.works is Tri.UNKNOWN for p in passages) or len(met) < asked:
        return step(name, StepState.UNKNOWN, check.unfinished or f"{says}, others not reached{rest}", evidence)
    says += rest
    if loss_of(passages) > SERIOUS_LOSS or is_untidy(passages):
        return step(name, StepState.WARN, f"{says}, {untidy_words(passages)}", evidence)
    return step(name, StepState.OK, says, evidence)


def _not_paired(check: CheckView, view: NodeView) -> int:
    """How many nodes of a large region let a client in, too, and are too far away in the map to be tried with."""
    region = [other for other in check.nodes if other.region.region_id == view.region.region_id]
    inside = [other.node.name for other in region if other.passages]
    if view.node.name not in inside:
        return 0
    own = inside.index(view.node.name)
    return sum(not are_paired(own, place) for place in range(len(inside))) - 1


def _has_more(check: CheckView, view: NodeView) -> bool:
    """Whether the map has nodes in this region that nobody asked to check."""
    regions = check.record.loaded_map.relay_map.regions
    whole = next((r for r in regions if r.region_id == view.region.region_id), view.region)
    return any(not node.stun_only and node.name != view.node.name for node in whole.nodes)
