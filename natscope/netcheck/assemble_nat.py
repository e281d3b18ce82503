"""NAT behaviour as far as plain relays can show it, per family, with a reason for each thing that is unknown."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from natscope.host.api import LinkFacts
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport, NatReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_burn import burn_part
from natscope.netcheck.assemble_families import is_mapped
from natscope.netcheck.assemble_filtering import filtering_part, rfc3489_name
from natscope.netcheck.assemble_hairpin import hairpin_part
from natscope.netcheck.assemble_layers import layers_part
from natscope.netcheck.assemble_lifetime import lifetime_part
from natscope.netcheck.assemble_ports import ports_part
from natscope.netcheck.assemble_reach import socket_refused
from natscope.netcheck.assemble_ways import void_reason
from natscope.netcheck.classify import Answer, MappingVerdict, classify_mapping
from natscope.netcheck.nat_part import NatInputs, NatPart, PartMaker, merge, unknown

FILTERING = "no relay answered over UDP, so nobody could write from an address that you did not write to"
HAIRPINNING = "not tried: some firewalls take a packet to oneself for an attack"
ALLOCATION = "one socket is not enough: a pattern shows only over several"
LIFETIME = "waiting for a silent mapping to end takes minutes"
CHANGED = "this computer's addresses or routes changed during the run: measure again"
LAYERS = "how many routers translate cannot be seen from relays alone"


PARTS: tuple[PartMaker, ...] = (filtering_part, layers_part, ports_part, hairpin_part, lifetime_part, burn_part)
"""The other areas, in any order of names: each file of its own, each gives the fields it owns."""


def nat_report(observations: Sequence[Observation], *, prefer_v6: bool, links: LinkFacts | None = None) -> NatReport:
    """Both families; the fields beside them repeat IPv4, or IPv6 where only that works."""
    changed = any(o.kind == "host.links" and o.error == "changed" for o in observations)
    v4 = nat_family_report(NatInputs(family=4, observations=observations, links=links), changed=changed)
    v6 = nat_family_report(NatInputs(family=6, observations=observations, links=links), changed=changed)
    shown = v6 if prefer_v6 else v4
    repeated = {f: getattr(shown, f) for f in NatReport.__struct_fields__ if f not in ("v4", "v6")}
    return NatReport(v4=v4, v6=v6, **repeated)


def nat_family_report(inputs: NatInputs, *, changed: bool) -> NatFamilyReport:
    """One family. `changed`: this host's own addresses changed meanwhile, so nothing can be compared.

    Nothing is told either of what stands behind a tunnel that carries our packets elsewhere.
    """
    words = CHANGED if changed else void_reason(inputs.observations, inputs.family)
    if words:
        verdict = classify_mapping(_answers(inputs.family, inputs.observations))
        asked = (f for f in NatFamilyReport.__struct_fields__ if f not in ("reasons", "evidence", "rfc3489_name"))
        return merge((msgspec.structs.replace(unknown(asked, words), evidence=verdict.evidence),))
    report = merge((_defaults(), _mapping(inputs), *(part(inputs) for part in PARTS)))
    several = report.several_addresses is Tri.YES
    name = rfc3489_name(report.mapping, report.filtering, several=several)
    return msgspec.structs.replace(report, rfc3489_name=name)


def _defaults() -> NatPart:
    """What stays unknown unless a probe says more."""
    return NatPart(
        reasons={
            "filtering": FILTERING,
            "hairpinning": HAIRPINNING,
            "port_allocation": ALLOCATION,
            "mapping_lifetime_s": LIFETIME,
            "layers": LAYERS,
        }
    )


def _mapping(inputs: NatInputs) -> NatPart:
    verdict = classify_mapping(_answers(inputs.family, inputs.observations))
    refused = socket_refused(inputs.observations, inputs.family)
    if refused and not verdict.evidence:
        words = f"no relay was asked over UDP: {refused}"
        verdict = MappingVerdict(reason=words, varies_reason=words, several_reason=words, port_reason=words)
    return NatPart(
        values={
            "mapping": verdict.mapping,
            "mapping_varies": verdict.varies,
            "several_addresses": verdict.several_addresses,
            "port_preservation": verdict.port_preservation,
            "address_changed": verdict.changed,
        },
        reasons={
            "mapping": verdict.reason,
            "mapping_varies": verdict.varies_reason,
            "several_addresses": verdict.several_reason,
            "port_preservation": verdict.port_reason,
        },
        evidence=verdict.evidence,
    )


def _is_own_test(observation: Observation, family: Family) -> bool:
    """An answer to a fresh socket of the mapping test, or of the look for servers."""
    mine = observation.kind in ("nat.mapping", "nat.server") and observation.family == family
    return (
        mine and observation.outcome is Outcome.ANSWERED and "mapped" in observation.data and observation.socket != ""
    )


def _answers(family: Family, observations: Sequence[Observation]) -> list[Answer]:
    answers = []
    parsed: dict[str, Endpoint] = {}  # 200 relays tell the same few endpoints 600 times

    def endpoint(text: str) -> Endpoint:
        if text not in parsed:
            parsed[text] = Endpoint.parse(text)
        return parsed[text]

    for observation in observations:
        if is_mapped(observation, family) or _is_own_test(observation, family):
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
