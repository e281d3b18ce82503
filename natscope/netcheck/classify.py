"""What STUN answers say about a NAT's mapping, for one family: pure.

Answers are compared only when they were taken within a few seconds from one socket; several sockets may each add what
they saw. Two destinations at one port tell dependence on the address, two ports of one destination dependence on the
port. All equal, over two addresses or more, is endpoint-independent mapping (towards the ports that were asked).
Different public addresses with the port kept are several uplinks or a provider's pool, not a symmetric NAT. An endpoint
that changed at one and the same server is a change during the run, and no verdict. Relays inside this network that see
our own inside address stand before the router: what it does stays unknown.
Source: RFC 4787 §4.1, RFC 5780 §4.3; upstream compares only whole endpoints.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import Mapping
from natscope.model.tri import Tri

COMPARE_S = 5.0
STAYED_S = 0.15
"""Two looks at one server this far apart show that nothing changed between them."""
MAX_EVIDENCE = 64
ONE_AFTER_THE_OTHER = "two sockets were seen with two public addresses, one after the other"
APART_S = 0.3
"""Answers to different servers so far apart may differ because our address changed between them."""
ONE_ENDPOINT_AFTER_THE_OTHER = "two public endpoints were seen one after the other: a change, or one for each server"
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
    changed: Tri = Tri.UNKNOWN
    """Whether one server saw another endpoint of one socket later on."""
    reason: str = ""
    varies_reason: str = ""
    several_reason: str = ""
    port_reason: str = ""
    evidence: tuple[str, ...] = ()


def classify_mapping(answers: Sequence[Answer]) -> MappingVerdict:
    """The verdict of one family's answers, in any order."""
    if not answers:
        return _nothing("no relay answered over UDP")
    changed, change = _changed_at_one_server(sorted(answers, key=lambda a: (a.at_ms, a.observation)))
    answers = _in_time(answers)
    evidence = _evidence(answers)
    if changed is Tri.YES:
        if change not in evidence:
            evidence = (*evidence[: MAX_EVIDENCE - 1], change)
        words = "your public address or port changed during the run"
        return replace(_nothing(words, evidence), changed=changed)
    if _may_have_changed(answers):
        return replace(_nothing(ONE_ENDPOINT_AFTER_THE_OTHER, evidence), changed=changed)
    compared, inside = _comparable(answers)
    if not compared:
        return replace(_untranslated(answers, evidence), changed=changed)
    port = _port_preservation(compared)
    seen = Relations.of(compared)
    several = _several_addresses(compared)
    if seen.differs is not True and several is not Tri.YES:
        verdict = _one_endpoint(compared, port, evidence, inside, several)
    else:
        verdict = _several_endpoints(compared, seen, several, port, evidence)
    return replace(verdict, changed=changed)


def _in_time(answers: Sequence[Answer]) -> list[Answer]:
    """In order of time, without those that came too late to be compared with the first of their socket."""
    first: dict[Endpoint, float] = {}
    for answer in answers:
        first[answer.local] = min(answer.at_ms, first.get(answer.local, answer.at_ms))
    found = [a for a in answers if a.at_ms - first[a.local] <= COMPARE_S * 1000]
    return sorted(found, key=lambda a: (a.at_ms, a.observation))


def _nothing(words: str, evidence: tuple[str, ...] = ()) -> MappingVerdict:
    return MappingVerdict(reason=words, varies_reason=words, several_reason=words, port_reason=words, evidence=evidence)


def _evidence(answers: Iterable[Answer]) -> tuple[str, ...]:
    """The first answer of each (server, endpoint) pair: all that a verdict rests on, not every sample."""
    first: dict[Hashable, str] = {}
    for answer in answers:
        first.setdefault((answer.target, answer.mapped), answer.observation)
    return tuple(first.values())[:MAX_EVIDENCE]


def _changed_at_one_server(answers: Iterable[Answer]) -> tuple[Tri, str]:
    """And the answer that shows it, empty for none.

    Equal endpoints at two times are no only where some time lay between. Each answer is held against the one before it,
    however late in the run: after a longer silence than `COMPARE_S` a mapping may have ended for that alone.
    """
    first: dict[tuple[Endpoint, Endpoint], Answer] = {}
    last: dict[tuple[Endpoint, Endpoint], Answer] = {}
    same = Tri.UNKNOWN
    for answer in answers:
        key = answer.target, answer.local
        before = last.get(key)
        last[key] = answer
        if before is None or answer.at_ms - before.at_ms > COMPARE_S * 1000:
            first[key] = answer
        elif before.mapped != answer.mapped:
            return Tri.YES, answer.observation
        elif answer.at_ms - first[key].at_ms >= STAYED_S * 1000:
            same = Tri.NO
    return same, ""


def _may_have_changed(answers: Sequence[Answer]) -> bool:
    """Whether each socket that showed two endpoints showed one of them first and the other one a while later.

    A router that gives each server an endpoint of its own shows both again and again, by turns.
    """
    found = False
    for group in _by_socket(answers).values():
        switches = [(one, other) for one, other in pairwise(group) if one.mapped != other.mapped]
        if switches:
            found = True
            before, after = switches[0]
            if len(switches) > 1 or after.at_ms - before.at_ms <= APART_S * 1000:
                return False
    return found


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
    if all(is_inside(a.mapped.ip) and is_inside(a.target.ip) for a in answers):
        return _nothing(ONLY_INSIDE, evidence)
    return MappingVerdict(
        mapping=Mapping.NONE,
        varies=Tri.NO if enough and len(addresses) == 1 else Tri.UNKNOWN,
        several_addresses=Tri.of(len(addresses) > 1 if enough else None),
        port_preservation=Tri.YES,
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
    answers: Sequence[Answer], port: Tri, evidence: tuple[str, ...], inside: int, several: Tri
) -> MappingVerdict:
    hosts = {a.target.ip for a in answers}
    if max(len({a.target.ip for a in group}) for group in _by_socket(answers).values()) < 2:
        words = _too_few(len(hosts))
        if inside:
            words += f" ({inside} answers came from inside this network)"
        return MappingVerdict(
            port_preservation=port, reason=words, varies_reason=words, several_reason=words, evidence=evidence
        )
    return MappingVerdict(
        mapping=Mapping.ENDPOINT_INDEPENDENT,
        varies=Tri.NO,
        several_addresses=several,
        several_reason=ONE_AFTER_THE_OTHER,
        port_preservation=port,
        evidence=evidence,
    )


@dataclass(frozen=True, slots=True)
class Relations:
    """What pairs of answers of one socket showed; None where no pair could show it.

    `by_address`: do two addresses asked at one port see different endpoints; `by_port`: do two ports of one address;
    `differs`: does any pair at all.
    """

    by_address: bool | None
    by_port: bool | None
    differs: bool | None

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Relations:
        """From the answers of all sockets."""
        by_address: bool | None = None
        by_port: bool | None = None
        differs: bool | None = None
        for group in _by_socket(answers).values():
            first = {a.target: a for a in group}
            for one, other in combinations(first.values(), 2):
                is_other = one.mapped != other.mapped
                differs = bool(differs) or is_other
                if one.target.ip == other.target.ip:
                    by_port = bool(by_port) or is_other
                elif one.target.port == other.target.port:
                    by_address = bool(by_address) or is_other
        return cls(by_address, by_port, differs)


def _by_socket(answers: Iterable[Answer]) -> dict[Endpoint, list[Answer]]:
    groups: dict[Endpoint, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(answer.local, []).append(answer)
    return groups


def _several_addresses(answers: Sequence[Answer]) -> Tri:
    """One socket that is seen with two addresses; or two sockets, where both addresses were in use at one time."""
    used: dict[IPAddress, list[tuple[Endpoint, float]]] = {}
    for answer in answers:
        used.setdefault(answer.mapped.ip, []).append((answer.local, answer.at_ms))
    for one, other in combinations(used.values(), 2):
        if {local for local, _ in one} & {local for local, _ in other}:
            return Tri.YES
        if min(at for _, at in other) < max(at for _, at in one) and min(at for _, at in one) < max(
            at for _, at in other
        ):
            return Tri.YES
    return Tri.NO if len(used) == 1 else Tri.UNKNOWN


def _several_endpoints(
    answers: Sequence[Answer], seen: Relations, several: Tri, port: Tri, evidence: tuple[str, ...]
) -> MappingVerdict:
    mapping, words = _dependence(seen)
    if several is Tri.YES and not _ports_vary_at_one_address(answers) and mapping is Mapping.UNKNOWN:
        words = "the public address differs by destination: several uplinks, or a pool of the provider"
    return MappingVerdict(
        mapping=mapping,
        varies=Tri.of(seen.differs),
        several_addresses=several,
        port_preservation=port,
        reason=words,
        varies_reason="" if seen.differs is not None else _too_few(len({a.target.ip for a in answers})),
        several_reason=ONE_AFTER_THE_OTHER,
        evidence=evidence,
    )


def _ports_vary_at_one_address(answers: Iterable[Answer]) -> bool:
    """Whether one socket shows several ports at one public address; else the addresses alone explain the difference."""
    port_of: dict[tuple[Endpoint, IPAddress], int] = {}
    return any(port_of.setdefault((a.local, a.mapped.ip), a.mapped.port) != a.mapped.port for a in answers)


def _dependence(seen: Relations) -> tuple[Mapping, str]:
    """The mapping, and the reason where the pairs do not tell it."""
    if seen.by_address and seen.by_port:
        return Mapping.ADDRESS_AND_PORT_DEPENDENT, ""
    if seen.by_address and seen.by_port is False:
        return Mapping.ADDRESS_DEPENDENT, ""
    if seen.by_address is False and seen.by_port:
        return Mapping.PORT_DEPENDENT, ""
    if seen.by_address:
        return (
            Mapping.UNKNOWN,
            "it differs by destination; by address or by port cannot be told without two ports of one address",
        )
    if seen.by_port:
        return (
            Mapping.UNKNOWN,
            "it differs by destination port; by address too cannot be told without two addresses with one port",
        )
    if seen.differs is False:
        return Mapping.ENDPOINT_INDEPENDENT, ""
    return Mapping.UNKNOWN, "it differs by destination; by address or by port cannot be told from these servers"
