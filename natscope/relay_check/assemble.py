"""From a record to the document: every node with its steps, every passage, findings, the verdict. Pure."""

from __future__ import annotations

from natscope.model.derp_check import (
    SCHEMA,
    AddressReport,
    CertificateReport,
    DerpCheck,
    NodeReport,
    StepName,
    StepReport,
    StepState,
    StunReport,
)
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Cost
from natscope.model.tri import Tri
from natscope.netcheck.assemble import map_report
from natscope.netcheck.assemble_clock import ClockJudgement
from natscope.relay_check import steps_around, steps_relay
from natscope.relay_check.findings import find
from natscope.relay_check.options import CheckRecord
from natscope.relay_check.steps_connect import certificate_of, connection_steps
from natscope.relay_check.verdict import decide
from natscope.relay_check.view import ORDER, CheckView, NodeView, ids, reached

_STUN_ONLY = "STUN only"
_RELAYING = tuple(name for name in ORDER if name not in (StepName.NAME, StepName.STUN))


def assemble(record: CheckRecord) -> DerpCheck:
    """The whole document."""
    check = CheckView.of(record)
    judged = steps_around.clocks(check)
    nodes = tuple(_node(check, view, _steps(check, view, judged)) for view in check.nodes)
    found = find(check, nodes, judged)
    observations = record.observations
    passages = [o for o in observations if o.kind == "derp.passage"]
    return DerpCheck(
        schema=SCHEMA,
        natscope=record.natscope,
        started_at=record.started_at,
        duration_ms=record.duration_ms,
        interrupted=record.interrupted,
        limit_reached=record.limit_reached,
        verdict=decide(check, nodes, found),
        nodes=nodes,
        passages=tuple(
            sorted(
                (steps_relay.passage_report(o) for o in passages),
                key=lambda p: (p.sender != p.receiver, p.region_id, p.sender, p.receiver),
            )
        ),
        findings=found,
        relay_map=map_report(record.loaded_map),
        cost=Cost(
            packets_sent=sum(_packets(o) for o in observations),
            bytes_sent=sum(o.bytes_sent for o in observations),
            bytes_received=sum(o.bytes_received for o in observations),
        ),
        observations=observations,
    )


def _packets(observation: Observation) -> int:
    data = observation.data
    if observation.kind == "derp.passage":
        return sum(int(data.get(name, 0)) for name in ("hellos", "sent", "stream_sent"))
    return int(data.get("requests", 0))


def _steps(check: CheckView, view: NodeView, judged: ClockJudgement) -> tuple[StepReport, ...]:
    """All of them in the order of `StepName`; a node that only serves STUN has nothing else to offer."""
    found = [
        *connection_steps(check, view),
        steps_relay.same_server_step(check, view),
        steps_relay.relay_step(check, view),
        steps_relay.mesh_step(check, view),
        steps_around.stun_step(check, view),
        steps_around.clock_step(check, view, judged),
        steps_around.port80_step(check, view),
    ]
    if view.node.stun_only:
        found = [
            StepReport(name=each.name, state=StepState.NOT_ASKED, says=_STUN_ONLY) if each.name in _RELAYING else each
            for each in found
        ]
    return tuple(sorted(found, key=lambda each: ORDER.index(each.name)))


def _node(check: CheckView, view: NodeView, steps: tuple[StepReport, ...]) -> NodeReport:
    plain = [o.data.get("state") for o in view.of("relay.port80")]
    limits = [o.data["limit_bytes_per_s"] for o in view.connects if o.data.get("limit_bytes_per_s")]
    return NodeReport(
        region_id=view.region.region_id,
        region_code=view.region.region_code,
        node=view.node.name,
        host_name=view.node.host_name,
        stun_only=view.node.stun_only,
        relays=relays(steps),
        steps=steps,
        addresses=tuple(_address(o) for o in view.firsts),
        certificate=_certificate(view),
        stun=tuple(_stun(o) for o in view.of("stun.binding")),
        server_keys=tuple(view.server_keys),
        clock_off_s=steps_around.clock_off_s(view),
        port80=next((str(state) for state in plain if state != "answers"), str(plain[0]) if plain else ""),
        limit_bytes_per_s=limits[0] if limits else None,
    )


def relays(steps: tuple[StepReport, ...]) -> Tri:
    """Yes where clients met, no where that or something before it failed."""
    by_name = {each.name: each.state for each in steps}
    if by_name[StepName.RELAY] in (StepState.OK, StepState.WARN):
        return Tri.YES
    on_the_way = ORDER[: ORDER.index(StepName.RELAY) + 1]
    return Tri.NO if any(by_name[name] is StepState.FAIL for name in on_the_way) else Tri.UNKNOWN


def _address(observation: Observation) -> AddressReport:
    data = observation.data
    far = reached(observation)
    return AddressReport(
        address=observation.target,
        family=observation.family or 0,
        reached=ORDER[far] if far >= 0 else None,
        connect_ms=data.get("connect_ms"),
        tls_ms=data.get("tls_ms"),
        upgrade_ms=data.get("upgrade_ms"),
        greeting_ms=data.get("greeting_ms"),
        server_key=str(data.get("server_key", "")),
        error=observation.error,
        message=observation.summary,
        proxy=str(data.get("proxy", "")),
        evidence=(observation.id,),
    )


def _certificate(view: NodeView) -> CertificateReport | None:
    seen = certificate_of(view)
    if seen is None:
        return None
    data = seen.data
    refused = any(o.data.get("failed") == "tls" for o in view.firsts)
    return CertificateReport(
        names=tuple(data.get("names", ())),
        issuer=str(data.get("issuer", "")),
        certificates=int(data.get("certificates", 0)),
        days_left=data.get("days_left"),
        lifetime_days=data.get("lifetime_days"),
        ends=str(data.get("ends", "")),
        sha256=str(data.get("sha256", "")),
        pinned=bool(data.get("pinned")),
        verified=Tri.NO if refused else Tri.YES if data.get("verified") else Tri.UNKNOWN,
        tls_version=str(data.get("tls_version", "")),
    )


def _stun(observation: Observation) -> StunReport:
    data = observation.data
    return StunReport(
        address=observation.target,
        family=observation.family or 0,
        sent=int(data.get("requests", 0)),
        answered=int(data.get("answers", 0)),
        rtt_ms=observation.rtt_ms,
        mapped=data.get("mapped"),
        error=observation.error if observation.outcome is not Outcome.ANSWERED else "",
        evidence=ids([observation]),
    )
