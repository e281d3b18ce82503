"""What the answers of plain STUN servers say about a NAT, for one family: pure.

Answers are compared only when they were taken within a few seconds from one socket. Two different destination
addresses are needed to say anything; equal endpoints are endpoint-independent mapping. Different ones are dependent
mapping, but address- and port-dependence can be told apart only where two ports of one address were asked. Different
public addresses with the port kept are several uplinks or a provider's pool, not a symmetric NAT. An endpoint that
changed at one and the same server is a change during the run, and no verdict. Relays inside this network that see our
own inside address stand before the router: what it does stays unknown.
Source: RFC 4787 §4.1, RFC 5780 §4.3; upstream compares only whole endpoints.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import Mapping
from natscope.model.tri import Tri

COMPARE_S = 5.0
MAX_EVIDENCE = 64
ONLY_INSIDE = "only relays inside this network answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered STUN request. `at_ms` is when it was sent; `local` our address as the system tells it."""

    observation: str
    target: Endpoint
    mapped: Endpoint
    local: Endpoint
    at_ms: float
    region_id: int | None = None


@dataclass(frozen=True, slots=True)
class MappingVerdict:
    """`reason` says why `mapping` is unknown, or how far it holds; `evidence` are observation ids."""

    mapping: Mapping = Mapping.UNKNOWN
    varies: Tri = Tri.UNKNOWN
    several_addresses: Tri = Tri.UNKNOWN
    port_preservation: Tri = Tri.UNKNOWN
    reason: str = ""
    varies_reason: str = ""
    several_reason: str = ""
    port_reason: str = ""
    evidence: tuple[str, ...] = ()


def classify_mapping(answers: Sequence[Answer]) -> MappingVerdict:
    """The verdict of one family's answers, in any order."""
    if not answers:
        return _nothing("no relay answered over UDP")
    answers = sorted(answers, key=lambda a: (a.at_ms, a.observation))
    answers = [a for a in answers if a.at_ms - answers[0].at_ms <= COMPARE_S * 1000]
    evidence = _evidence(answers)
    if _changed_at_one_server(answers):
        words = "our public address or port changed during the run: measure again"
        return _nothing(words, evidence)
    compared, inside = _comparable(answers)
    if not compared:
        return _untranslated(answers, evidence)
    port = _port_preservation(compared)
    hosts = {a.target.ip for a in compared}
    endpoints = {a.mapped for a in compared}
    if len(endpoints) == 1:
        return _one_endpoint(compared, hosts, port, evidence, inside)
    return _several_endpoints(compared, port, evidence)


def _nothing(words: str, evidence: tuple[str, ...] = ()) -> MappingVerdict:
    return MappingVerdict(reason=words, varies_reason=words, several_reason=words, port_reason=words, evidence=evidence)


def _evidence(answers: Iterable[Answer]) -> tuple[str, ...]:
    """The first answer of each (server, endpoint) pair: all that a verdict rests on, not every sample."""
    first: dict[Hashable, str] = {}
    for answer in answers:
        first.setdefault((answer.target, answer.mapped), answer.observation)
    return tuple(first.values())[:MAX_EVIDENCE]


def _changed_at_one_server(answers: Iterable[Answer]) -> bool:
    seen: dict[tuple[Endpoint, Endpoint], Endpoint] = {}
    return any(seen.setdefault((a.target, a.local), a.mapped) != a.mapped for a in answers)


def _comparable(answers: Sequence[Answer]) -> tuple[list[Answer], int]:
    """The answers that crossed the same translation, and how many did not.

    A relay on this host or this network, or one behind a container's bridge, sees an address that no translation
    (or another one) made: beside answers from the internet it says nothing about the router.
    """
    translated = [a for a in answers if a.mapped != a.local]
    if translated and all(a.mapped.ip == a.local.ip for a in translated):
        return list(answers), 0  # only ports are rewritten: whoever sees our own port crossed the same thing
    public = [a for a in translated if not is_inside(a.mapped.ip)]
    chosen = public or translated
    return chosen, len(answers) - len(chosen)


def _untranslated(answers: Sequence[Answer], evidence: tuple[str, ...]) -> MappingVerdict:
    """Every relay saw the very address and port that the socket has."""
    hosts = {a.target.ip for a in answers}
    addresses = {a.mapped.ip for a in answers}
    enough = len(hosts) > 1
    crossed_nothing = all(is_inside(a.mapped.ip) and is_inside(a.target.ip) for a in answers)
    return MappingVerdict(
        mapping=Mapping.UNKNOWN if crossed_nothing else Mapping.NONE,
        varies=Tri.NO if enough and len(addresses) == 1 else Tri.UNKNOWN,
        several_addresses=Tri.of(len(addresses) > 1 if enough else None),
        port_preservation=Tri.UNKNOWN if crossed_nothing else Tri.YES,
        reason=ONLY_INSIDE if crossed_nothing else "",
        port_reason=ONLY_INSIDE if crossed_nothing else "",
        varies_reason="" if enough and len(addresses) == 1 else _too_few(len(hosts)),
        several_reason="" if enough else _too_few(len(hosts)),
        evidence=evidence,
    )


def _too_few(hosts: int) -> str:
    if hosts == 1:
        return "only one relay address answered: two are needed to compare"
    return "this host uses several addresses of its own"


def _port_preservation(answers: Iterable[Answer]) -> Tri:
    return Tri.of(all(a.mapped.port == a.local.port for a in answers))


def _one_endpoint(
    answers: Sequence[Answer], hosts: set[IPAddress], port: Tri, evidence: tuple[str, ...], inside: int
) -> MappingVerdict:
    if len(hosts) < 2:
        words = _too_few(len(hosts))
        if inside:
            words += f" ({inside} answers came from inside this network)"
        return MappingVerdict(
            port_preservation=port, reason=words, varies_reason=words, several_reason=words, evidence=evidence
        )
    return MappingVerdict(
        mapping=Mapping.ENDPOINT_INDEPENDENT,
        varies=Tri.NO,
        several_addresses=Tri.NO,
        port_preservation=port,
        evidence=evidence,
    )


def _several_endpoints(answers: Sequence[Answer], port: Tri, evidence: tuple[str, ...]) -> MappingVerdict:
    addresses = {a.mapped.ip for a in answers}
    several = Tri.of(len(addresses) > 1)
    if several is Tri.YES and not _ports_vary_at_one_address(answers):
        words = "the public address differs by destination: several uplinks, or a pool of the provider"
        return MappingVerdict(
            varies=Tri.YES, several_addresses=several, port_preservation=port, reason=words, evidence=evidence
        )
    mapping = _dependence(answers)
    words = ""
    if mapping is Mapping.UNKNOWN:
        words = "it differs by destination; by address or by port cannot be told without two ports of one address"
    return MappingVerdict(
        mapping=mapping,
        varies=Tri.YES,
        several_addresses=several,
        port_preservation=port,
        reason=words,
        evidence=evidence,
    )


def _ports_vary_at_one_address(answers: Iterable[Answer]) -> bool:
    """Whether one public address shows several ports: without it, the addresses alone explain the difference."""
    port_of: dict[IPAddress, int] = {}
    return any(port_of.setdefault(a.mapped.ip, a.mapped.port) != a.mapped.port for a in answers)


def _dependence(answers: Iterable[Answer]) -> Mapping:
    """Two ports of one destination address: one endpoint for both is address-dependent, two are port-dependent."""
    by_host: dict[IPAddress, dict[int, Endpoint]] = {}
    for answer in answers:
        by_host.setdefault(answer.target.ip, {})[answer.target.port] = answer.mapped
    pairs = [ports for ports in by_host.values() if len(ports) > 1]
    if not pairs:
        return Mapping.UNKNOWN
    if any(len(set(ports.values())) > 1 for ports in pairs):
        return Mapping.ADDRESS_AND_PORT_DEPENDENT
    return Mapping.ADDRESS_DEPENDENT
