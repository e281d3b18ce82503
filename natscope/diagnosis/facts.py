"""Facts: a pure view of a report in which what was not measured is known as such.

Every fact carries the ids of the observations behind it, and, when it is unknown, the measurement that would
tell. The order of relays, interfaces and observations in the report makes no difference.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from natscope.diagnosis.logic import any_of
from natscope.diagnosis.order import natural
from natscope.diagnosis.samples import Mapped, read_mapped
from natscope.model.endpoint import Family
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import MapProblem
from natscope.model.report import FamilyReport, NatFamilyReport, RelayReport, Report, SeenEndpoint
from natscope.model.tri import Tri

MAX_CITED = 24
"""Observation ids cited for one fact: enough to check it by hand, few enough to read."""

ANSWERS = frozenset({Outcome.ANSWERED, Outcome.REFUSED, Outcome.WRONG})
"""Outcomes that prove that something came back from the other side."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A three-valued answer. `missing` says in words what would tell, when `holds` is unknown."""

    holds: Tri
    evidence: tuple[str, ...] = ()
    missing: str = ""

    def __bool__(self) -> bool:
        return self.holds is Tri.YES


@dataclass(frozen=True)
class Facts:
    """What causes may ask about a report."""

    report: Report

    @functools.cached_property
    def observations(self) -> tuple[Observation, ...]:
        """All observations, in the natural order of their ids."""
        return tuple(sorted(self.report.observations, key=lambda o: natural(o.id)))

    def seen(self, kind: str, *outcomes: Outcome, region_id: int | None = None) -> tuple[Observation, ...]:
        """Observations of a kind, with one of the outcomes (any, if none is named), of one region or all."""
        return tuple(
            o
            for o in self.observations
            if o.kind == kind
            and (not outcomes or o.outcome in outcomes)
            and (region_id is None or o.region_id == region_id)
        )

    @functools.cached_property
    def udp(self) -> Fact:
        """Does anything come back over UDP?"""
        wanted = (Outcome.ANSWERED,) if self.report.udp is Tri.YES else ()
        return Fact(self.report.udp, cite(self.seen("stun.binding", *wanted)), "answers from relays over UDP")

    @functools.cached_property
    def captive_portal(self) -> Fact:
        """Does this network answer web requests in place of the sites that were asked?"""
        return Fact(self.report.captive_portal, cite(self.seen("captive.challenge")), "a /generate_204 challenge")

    @functools.cached_property
    def other_protocol(self) -> Fact:
        """Did a relay answer over TCP or ICMP in this run: the control for silence over UDP."""
        found = self.seen("https.latency", *ANSWERS) + self.seen("icmp.echo", Outcome.ANSWERED)
        if found:
            return Fact(Tri.YES, cite(found))
        tried = self.seen("https.latency") + self.seen("icmp.echo")
        return Fact(Tri.of(False if tried else None), cite(tried), "HTTPS or ICMP to the relays (--https, --icmp)")

    def family(self, family: Family) -> FamilyReport:
        """The report's view of IPv4 or IPv6."""
        return self.report.ipv4 if family == 4 else self.report.ipv6

    def works(self, family: Family) -> Fact:
        """Do packets of this family come back?"""
        part = self.family(family)
        return Fact(part.works, ordered(part.evidence), part.reason or f"a run with IPv{family}")

    def nat(self, family: Family) -> NatFamilyReport:
        """The report's view of translation in one family."""
        return self.report.nat.v4 if family == 4 else self.report.nat.v6

    def mapping_varies(self, family: Family) -> Fact:
        """Does the public address or port differ between destinations?"""
        part = self.nat(family)
        return Fact(part.mapping_varies, ordered(part.evidence), "answers from two relays at different addresses")

    def several_addresses(self, family: Family) -> Fact:
        """Do relays see more than one public address of ours?"""
        part = self.nat(family)
        return Fact(part.several_addresses, ordered(part.evidence), "answers from two relays at different addresses")

    def endpoints(self, family: Family) -> tuple[SeenEndpoint, ...]:
        """Our public endpoints, in an order that does not depend on the report's."""
        return tuple(sorted(self.family(family).endpoints, key=lambda e: (e.local, e.address, e.port)))

    @functools.cached_property
    def map_problems(self) -> tuple[MapProblem, ...]:
        """What is wrong with the relay map, errors before warnings, else by place."""
        return tuple(sorted(self.report.relay_map.problems, key=lambda p: (p.severity != "error", p.place, p.message)))

    @functools.cached_property
    def mapped(self) -> tuple[Mapped, ...]:
        """Every answered STUN request with the endpoint it told us, in order of time."""
        return read_mapped(self.observations)

    @functools.cached_property
    def relays(self) -> tuple[RelayReport, ...]:
        """Measured regions in ascending order of their id."""
        return tuple(sorted((r for r in self.report.relays if r.measured), key=lambda r: r.region_id))

    def stun_answered(self, relay: RelayReport) -> Fact:
        """Did this region answer over UDP? Unknown when it was not asked."""
        asked = self.seen("stun.binding", region_id=relay.region_id)
        asked = tuple(o for o in asked if o.outcome not in (Outcome.LOCAL_ERROR, Outcome.CANCELLED))
        if relay.latency_ms.stun_v4 is not None or relay.latency_ms.stun_v6 is not None:
            return Fact(Tri.YES, cite(tuple(o for o in asked if o.outcome is Outcome.ANSWERED)))
        return Fact(Tri.of(False if asked else None), cite(asked), "a STUN request to that relay")

    def tcp_answered(self, relay: RelayReport) -> Fact:
        """Did this region answer over TCP, be it with a refusal or a bad certificate? Unknown when it was not asked."""
        asked = self.seen("https.latency", region_id=relay.region_id)
        asked = tuple(o for o in asked if o.outcome not in (Outcome.LOCAL_ERROR, Outcome.CANCELLED))
        back = tuple(o for o in asked if o.outcome in ANSWERS)
        if back:
            return Fact(Tri.YES, cite(back))
        return Fact(Tri.of(False if asked else None), cite(asked), "HTTPS to that relay (--https)")

    def alive(self, relay: RelayReport) -> Tri:
        """Whether the region answered over any protocol."""
        times = relay.latency_ms
        measured = any(t is not None for t in (times.stun_v4, times.stun_v6, times.https, times.icmp))
        if measured:
            return Tri.YES
        return any_of(self.stun_answered(relay).holds, self.tcp_answered(relay).holds)

    def others_alive(self, *, but: frozenset[int]) -> Fact:
        """Did any region outside `but` answer?"""
        living = tuple(r for r in self.relays if r.region_id not in but and self.alive(r) is Tri.YES)
        cited = ordered(tuple(name for relay in living[:3] for name in relay.evidence[:2]))
        return replace(Fact(Tri.of(bool(living)), cited), missing="" if living else "an answer from another relay")


def cite(observations: tuple[Observation, ...]) -> tuple[str, ...]:
    """Their ids, at most `MAX_CITED`."""
    return tuple(o.id for o in observations[:MAX_CITED])


def ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    """Observation ids once each, in natural order, at most `MAX_CITED`."""
    return tuple(sorted(set(names), key=natural))[:MAX_CITED]
