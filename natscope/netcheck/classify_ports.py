"""What the public ports of several fresh sockets say about a router: pure.

Fractions decide, not single ports: another host may hold a port, another flow may take one from a sequence, a lost
request is sent again and gets a later port. Between "nearly all" and "nearly none" nothing is said. How many samples a
word needs follows from the chance that random ports would look the same: 16 ports of the right parity come once in
65536 runs, 12 sockets on one of two addresses once in 2048, fifteen steps of at most 256 upwards never.
Source: RFC 4787 sections 4.1, 4.2.1 to 4.2.3.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import AddressPooling, PortAllocation
from natscope.model.tri import Tri

NEARLY_ALL, NEARLY_NONE = 0.75, 0.25
STEP_WINDOW = 256
"""The next port of a sequence lies so near; ports between two of ours went to other flows."""
UPWARDS, NOT_UPWARDS = 0.7, 0.45
MIN_STEPS, MIN_PORTS, MIN_PAIRS, MIN_PARITY, MIN_PAIRED, MIN_PREDICTED = 4, 4, 3, 12, 12, 4
MIN_PER_DESTINATION = 3
MIN_ODD = 3
"""So many ports of the other parity are no accident of a router that keeps it."""


@dataclass(frozen=True, slots=True)
class PortSample:
    """A socket's public endpoint at one server. `order` counts first sends, `sent_ms` is the send that was answered.

    `turn` 1 is a socket's first server, 2 its second one.
    """

    observation: str
    local: Endpoint
    target: Endpoint
    mapped: Endpoint
    order: int
    sent_ms: float
    turn: int = 1


@dataclass(frozen=True, slots=True)
class PortVerdict:
    """`samples` sockets were counted; `doubtful` gives the reason why one field stays open, by its name."""

    preservation: Tri = Tri.UNKNOWN
    parity: Tri = Tri.UNKNOWN
    contiguity: Tri = Tri.UNKNOWN
    allocation: PortAllocation = PortAllocation.UNKNOWN
    step: int | None = None
    prediction: float | None = None
    pooling: AddressPooling = AddressPooling.UNKNOWN
    samples: int = 0
    doubtful: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()


def classify_ports(samples: Sequence[PortSample], elsewhere: Iterable[IPAddress] = ()) -> PortVerdict:
    """The verdict; `elsewhere` are public addresses that relays saw of other sockets of ours."""
    samples = sorted(_believable(samples), key=lambda s: s.order)
    first = [s for s in samples if s.turn == 1]
    if not first:
        return PortVerdict()
    verdict = PortVerdict(samples=len(first), evidence=tuple(s.observation for s in samples))
    verdict = _kept(verdict, first)
    verdict = _neighbours(verdict, first)
    verdict = _pattern(verdict, samples, first)
    verdict = replace(verdict, prediction=_prediction(verdict, samples, first))
    return _pooling(verdict, samples, frozenset(elsewhere))


def _believable(samples: Sequence[PortSample]) -> list[PortSample]:
    """Without servers that tell two sockets the same endpoint: they did not look, or answer for somebody else."""
    told: dict[tuple[Endpoint, Endpoint], set[Endpoint]] = {}
    for sample in samples:
        told.setdefault((sample.target, sample.mapped), set()).add(sample.local)
    liars = {target for (target, _), locals_ in told.items() if len(locals_) > 1}
    return [sample for sample in samples if sample.target not in liars]


def _doubt(verdict: PortVerdict, field: str, words: str) -> PortVerdict:
    return replace(verdict, doubtful=(*verdict.doubtful, (field, words)))


def _kept(verdict: PortVerdict, first: Sequence[PortSample]) -> PortVerdict:
    """Port and parity as they were inside."""
    kept = sum(s.mapped.port == s.local.port for s in first)
    preservation = _fraction(kept, len(first), MIN_PORTS)
    if not preservation.known:
        words = f"{kept} of {len(first)} new ports were kept"
        verdict = _doubt(_doubt(verdict, "port_preservation", words), "port_allocation", words)
    even = sum((s.mapped.port ^ s.local.port) & 1 == 0 for s in first)
    odd = len(first) - even
    parity = Tri.UNKNOWN
    if preservation is Tri.YES or (odd == 0 and len(first) >= MIN_PARITY):
        parity = Tri.YES
    elif odd >= MIN_ODD:
        parity = Tri.NO
    if not parity.known:
        verdict = _doubt(verdict, "port_parity", f"{even} of {len(first)} new ports kept their parity")
    return replace(verdict, preservation=preservation, parity=parity)


def _fraction(count: int, total: int, minimum: int) -> Tri:
    if total < minimum or NEARLY_NONE * total < count < NEARLY_ALL * total:
        return Tri.UNKNOWN
    return Tri.of(count >= NEARLY_ALL * total)


def _neighbours(verdict: PortVerdict, first: Sequence[PortSample]) -> PortVerdict:
    """Whether two neighbours inside, the even one first, are neighbours outside."""
    port_of = {s.local.port: s.mapped.port for s in first}
    pairs = [(p, port_of[port + 1]) for port, p in port_of.items() if port % 2 == 0 and port + 1 in port_of]
    contiguous = sum(second == one + 1 for one, second in pairs)
    contiguity = _fraction(contiguous, len(pairs), MIN_PAIRS)
    if not contiguity.known:
        words = f"{contiguous} of {len(pairs)} pairs of neighbouring ports stayed neighbours"
        verdict = _doubt(verdict, "port_contiguity", words)
    return replace(verdict, contiguity=contiguity)


def _pattern(verdict: PortVerdict, samples: Sequence[PortSample], first: Sequence[PortSample]) -> PortVerdict:
    """Preserving, upwards in steps, or neither."""
    if verdict.preservation is Tri.YES:
        return replace(verdict, allocation=PortAllocation.PRESERVING)
    if verdict.preservation is Tri.UNKNOWN and len(first) >= MIN_PORTS:
        return verdict
    steps = max(
        (_steps(sorted(samples, key=lambda s: s.order)), _steps(sorted(samples, key=lambda s: (s.sent_ms, s.order)))),
        key=_share_upwards,
    )
    share = _share_upwards(steps)
    if len(steps) < MIN_STEPS:
        return _doubt(verdict, "port_allocation", f"only {len(first)} new ports were seen: too few to see a pattern")
    if share >= UPWARDS:
        return replace(verdict, allocation=PortAllocation.SEQUENTIAL, step=_step(samples))
    if share <= NOT_UPWARDS:
        return replace(verdict, allocation=PortAllocation.RANDOM)
    return _doubt(verdict, "port_allocation", "some new ports follow the ones before, some do not")


def _steps(samples: Sequence[PortSample]) -> list[int]:
    """Differences of successive ports of one public address."""
    last: dict[IPAddress, int] = {}
    steps = []
    for sample in samples:
        before = last.get(sample.mapped.ip)
        if before is not None:
            steps.append(sample.mapped.port - before)
        last[sample.mapped.ip] = sample.mapped.port
    return steps


def _share_upwards(steps: Sequence[int]) -> float:
    return sum(0 < step <= STEP_WINDOW for step in steps) / len(steps) if steps else 0.0


def _step(samples: Sequence[PortSample]) -> int | None:
    """The step of a sequence: what divides all gaps, where most gaps are just that."""
    by_address: dict[IPAddress, list[int]] = {}
    for sample in samples:
        by_address.setdefault(sample.mapped.ip, []).append(sample.mapped.port)
    gaps = []
    for ports in by_address.values():
        ordered = sorted(set(ports))
        gaps += [b - a for a, b in itertools.pairwise(ordered) if b - a <= STEP_WINDOW]
    if len(gaps) < MIN_STEPS:
        return None
    divisor = math.gcd(*gaps)
    usual = Counter(gaps).most_common(1)[0]
    return divisor if usual[0] == divisor and usual[1] * 2 >= len(gaps) else None


def _prediction(verdict: PortVerdict, samples: Sequence[PortSample], first: Sequence[PortSample]) -> float | None:
    """The share of new ports that the ones before foretold: of second destinations where those were asked."""
    second = [s for s in samples if s.turn == 2]
    judged = second if len(second) >= MIN_PREDICTED else list(first)
    if len(judged) < MIN_PREDICTED:
        return None
    kept = sum(s.mapped.port == s.local.port for s in judged)
    followed = 0
    if verdict.step is not None:
        last: dict[IPAddress, int] = {}
        wanted = {s.observation for s in judged}
        for sample in samples:
            before = last.get(sample.mapped.ip)
            if sample.observation in wanted and before is not None:
                followed += sample.mapped.port == before + verdict.step
            last[sample.mapped.ip] = sample.mapped.port
    return round(max(kept, followed) / len(judged), 2)


def _pooling(verdict: PortVerdict, samples: Sequence[PortSample], elsewhere: frozenset[IPAddress]) -> PortVerdict:
    """Which public address a socket got; a change of the address during the run is no pool."""
    addresses = {s.mapped.ip for s in samples}
    if len(addresses) == 1:
        if elsewhere - addresses:
            words = "relays saw further addresses of other sockets"
            return _doubt(verdict, "pooling", words)
        if len(samples) >= MIN_PAIRED:
            return replace(verdict, pooling=AddressPooling.PAIRED)
        return _doubt(verdict, "pooling", f"only {len(samples)} sockets were seen")
    by_target: dict[Endpoint, list[IPAddress]] = {}
    for sample in samples:
        by_target.setdefault(sample.target, []).append(sample.mapped.ip)
    if all(len(set(seen)) == 1 for seen in by_target.values()):
        if all(len(seen) >= MIN_PER_DESTINATION for seen in by_target.values()):
            return replace(verdict, pooling=AddressPooling.PER_DESTINATION)
        return _doubt(verdict, "pooling", "too few sockets a server were seen")
    if any(_comes_back(seen) for seen in by_target.values()) or len(addresses) > 2:
        return replace(verdict, pooling=AddressPooling.ARBITRARY)
    return _doubt(verdict, "pooling", "the public address changed once during the run")


def _comes_back(seen: Sequence[IPAddress]) -> bool:
    changes = [a for a, b in zip(seen, [None, *seen], strict=False) if a != b]
    return len(changes) > len(set(changes))
