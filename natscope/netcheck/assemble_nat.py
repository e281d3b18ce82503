"""NAT behaviour as far as plain relays can show it, per family, with a reason for each thing that is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.endpoint import Endpoint, Family
from natscope.model.nat import Mapping
from natscope.model.observation import Observation
from natscope.model.report import NatFamilyReport, NatReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_families import is_mapped
from natscope.netcheck.assemble_reach import socket_refused
from natscope.netcheck.classify import Answer, MappingVerdict, classify_mapping

FILTERING = "plain relays cannot show it: that takes a server with two addresses"
HAIRPINNING = "not tried: some firewalls take a packet to oneself for an attack"
ALLOCATION = "one socket is not enough: a pattern shows only over several"
LIFETIME = "waiting for a silent mapping to end takes minutes"
LAYERS = "how many routers translate cannot be seen from relays alone"


def nat_report(observations: Sequence[Observation], *, prefer_v6: bool) -> NatReport:
    """Both families; the fields beside them repeat IPv4, or IPv6 where only that works."""
    changed = any(o.kind == "host.links" and o.error == "changed" for o in observations)
    v4 = nat_family_report(4, observations, changed=changed)
    v6 = nat_family_report(6, observations, changed=changed)
    shown = v6 if prefer_v6 else v4
    return NatReport(
        v4=v4,
        v6=v6,
        mapping=shown.mapping,
        mapping_varies=shown.mapping_varies,
        filtering=shown.filtering,
        hairpinning=shown.hairpinning,
        port_preservation=shown.port_preservation,
        port_allocation=shown.port_allocation,
        mapping_lifetime_s=shown.mapping_lifetime_s,
        layers=shown.layers,
        several_addresses=shown.several_addresses,
        evidence=shown.evidence,
        reasons=shown.reasons,
    )


def nat_family_report(family: Family, observations: Sequence[Observation], *, changed: bool) -> NatFamilyReport:
    """One family. `changed`: this host's own addresses changed meanwhile, so nothing can be compared."""
    verdict = classify_mapping(_answers(family, observations))
    refused = socket_refused(observations, family)
    if refused and not verdict.evidence:
        words = f"no relay was asked over UDP: {refused}"
        verdict = MappingVerdict(reason=words, varies_reason=words, several_reason=words, port_reason=words)
    if changed:
        words = "this computer's addresses or routes changed during the run: measure again"
        verdict = MappingVerdict(
            reason=words, varies_reason=words, several_reason=words, port_reason=words, evidence=verdict.evidence
        )
    return NatFamilyReport(
        mapping=verdict.mapping,
        mapping_varies=verdict.varies,
        port_preservation=verdict.port_preservation,
        several_addresses=verdict.several_addresses,
        evidence=verdict.evidence,
        reasons=_reasons(verdict),
    )


def _answers(family: Family, observations: Sequence[Observation]) -> list[Answer]:
    answers = []
    parsed: dict[str, Endpoint] = {}  # 200 relays tell the same few endpoints 600 times

    def endpoint(text: str) -> Endpoint:
        if text not in parsed:
            parsed[text] = Endpoint.parse(text)
        return parsed[text]

    for observation in observations:
        if is_mapped(observation, family):
            answers.append(
                Answer(
                    observation=observation.id,
                    target=endpoint(observation.target),
                    mapped=endpoint(observation.data["mapped"]),
                    local=endpoint(observation.socket),
                    at_ms=observation.sent_ms or 0.0,
                    region_id=observation.region_id,
                )
            )
    return answers


def _reasons(verdict: MappingVerdict) -> dict[str, str]:
    """Why each unknown thing is unknown."""
    reasons = {
        "filtering": FILTERING,
        "hairpinning": HAIRPINNING,
        "port_allocation": ALLOCATION,
        "mapping_lifetime_s": LIFETIME,
        "layers": LAYERS,
    }
    if verdict.mapping is Mapping.UNKNOWN:
        reasons["mapping"] = verdict.reason
    if verdict.varies is Tri.UNKNOWN:
        reasons["mapping_varies"] = verdict.varies_reason
    if verdict.several_addresses is Tri.UNKNOWN:
        reasons["several_addresses"] = verdict.several_reason
    if verdict.port_preservation is Tri.UNKNOWN:
        reasons["port_preservation"] = verdict.port_reason
    return reasons
