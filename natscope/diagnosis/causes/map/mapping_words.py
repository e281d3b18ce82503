"""What several causes of this group ask of a report about its port mapping services."""

from __future__ import annotations

from natscope.diagnosis.facts import Facts, ordered
from natscope.model.observation import Observation
from natscope.model.report import MappingServiceReport
from natscope.model.tri import Tri

NAMES = {"pcp": "PCP", "nat-pmp": "NAT-PMP", "upnp": "UPnP"}
MISSING = "an answer of the router to a request for a port"


def services(facts: Facts) -> tuple[tuple[str, MappingServiceReport], ...]:
    """Name and report of the three protocols, in the order in which people should prefer them."""
    group = facts.report.port_mapping
    return ("PCP", group.pcp), ("NAT-PMP", group.nat_pmp), ("UPnP", group.upnp)


def with_proof(facts: Facts, proof: str) -> tuple[tuple[str, MappingServiceReport], ...]:
    """Those of which a mapping became that."""
    return tuple((name, service) for name, service in services(facts) if service.proof == proof)


def is_open(facts: Facts) -> bool:
    """Some protocol opens a port that leads here."""
    return bool(with_proof(facts, "proved"))


def are_known(facts: Facts) -> bool:
    """Of each protocol it is known whether it is there."""
    return all(service.state is not Tri.UNKNOWN for _, service in services(facts))


def cited(found: tuple[tuple[str, MappingServiceReport], ...]) -> tuple[str, ...]:
    """The observations behind some services, each once."""
    return ordered(tuple(name for _, service in found for name in service.evidence))


def seen(facts: Facts, kind: str) -> tuple[Observation, ...]:
    """What was seen of a gateway's services: `portmap.service`, `portmap.map`, …"""
    return facts.seen(kind)


def name_of(observation: Observation) -> str:
    """The protocol as people write it."""
    protocol = str(observation.data.get("protocol", ""))
    return NAMES.get(protocol, protocol)
