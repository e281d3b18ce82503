"""Facts: a pure view of a report in which what was not measured is known as such.

Every fact carries the ids of the observations behind it, and, when it is unknown, the measurement that would
tell. The order of relays, interfaces and observations in the report makes no difference.
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass, replace

from natscope.diagnosis.logic import any_of
from natscope.diagnosis.lossy import loses_packets, may_be_lost
from natscope.diagnosis.order import natural
from natscope.diagnosis.refusals import is_refused_here, refusing_router
from natscope.diagnosis.samples import MAPPING_KINDS, Mapped, read_mapped
from natscope.model.address_space import is_private, is_shared
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import MapProblem
from natscope.model.report import FamilyReport, NatFamilyReport, RelayReport, Report, SeenEndpoint
from natscope.model.report_path import PathFamilyReport
from natscope.model.tri import Tri

MAX_CITED = 24
"""Observation ids cited for one fact: enough to check it by hand, few enough to read."""

FAMILIES: tuple[Family, ...] = (4, 6)
CANCELLED = Outcome.CANCELLED
LEADS_NOWHERE = frozenset({"name-not-found", "name-has-no-address"})
"""What a name server says about a name that is wrong; its own failures say nothing about the name."""
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
        found = self._by_kind_and_region.get((kind, region_id), ())
        return tuple(o for o in found if not outcomes or o.outcome in outcomes)

    @functools.cached_property
    def _by_kind_and_region(self) -> dict[tuple[str, int | None], list[Observation]]:
        """Under None stand all regions: with 200 relays, looking through all observations is most of a run."""
        found: dict[tuple[str, int | None], list[Observation]] = {}
        for observation in self.observations:
            found.setdefault((observation.kind, None), []).append(observation)
            if observation.region_id is not None:
                found.setdefault((observation.kind, observation.region_id), []).append(observation)
        return found

    @functools.cached_property
    def udp(self) -> Fact:
        """Does anything come back over UDP?"""
        wanted = (Outcome.ANSWERED,) if self.report.udp is Tri.YES else ()
        return Fact(self.report.udp, cite(self.seen("stun.binding", *wanted)), "answers from relays over UDP")

    @functools.cached_property
    def loses_packets(self) -> bool:
        """Does the way lose so much that a connection which hangs says nothing about its relay?"""
        return loses_packets(self.observations)

    def may_be_lost(self, relay: RelayReport) -> bool:
        """May all requests over UDP to a region, which answered none, have got lost by chance?"""
        silent = self.seen("stun.binding", Outcome.NO_ANSWER, region_id=relay.region_id)
        return may_be_lost(self.observations, len(silent))

    @functools.cached_property
    def own_rules(self) -> Fact:
        """Did this system refuse every single request over UDP (no permission, or an ICMP refusal of its own)?"""
        asked = tuple(o for o in self.seen("stun.binding") if o.outcome is not CANCELLED)
        refused = tuple(o for o in asked if is_refused_here(o))
        return Fact(Tri.of(len(refused) == len(asked) if asked else None), cite(refused), "requests over UDP")

    @functools.cached_property
    def refused_on_the_way(self) -> tuple[Observation, ...]:
        """Refusals of one router for every host that was asked, or for two: no host's own rule, but the way's.

        Routers send few ICMP errors a second, so beside them there may be silence.
        """
        by_router: dict[str, list[Observation]] = {}
        for observation in self.seen("stun.binding", Outcome.ICMP_ERROR):
            if router := refusing_router(observation):
                by_router.setdefault(router, []).append(observation)
        enough = min(2, len(self.silent_hosts))
        several = [tuple(told) for told in by_router.values() if len({host_of(o) for o in told}) >= enough]
        return max(several, key=len) if several else ()

    @functools.cached_property
    def captive_portal(self) -> Fact:
        """Does this network answer web requests in place of the sites that were asked?"""
        return Fact(self.report.captive_portal, cite(self.seen("captive.challenge")), "a /generate_204 challenge")

    @functools.cached_property
    def silent_hosts(self) -> frozenset[str]:
        """Addresses that were asked over UDP and did not answer."""
        return frozenset(host_of(o) for o in self.seen("stun.binding", Outcome.NO_ANSWER, Outcome.ICMP_ERROR))

    @functools.cached_property
    def stray_hosts(self) -> frozenset[str]:
        """Addresses that sent something over UDP that was no answer to any request."""
        kept = (o.data.get("sources") for o in self.seen("stun.dropped"))
        sources = (source for by_reason in kept if isinstance(by_reason, dict) for source in by_reason.values())
        return frozenset(
            _without_port(str(each)) for some in sources if isinstance(some, list | tuple) for each in some
        )

    @functools.cached_property
    def relays_up_but_silent(self) -> tuple[Observation, ...]:
        """One sign of life over HTTPS, or through a proxy, per region whose host is silent over UDP: the control."""
        found: dict[int | None, Observation] = {}
        for observation in self.seen("https.latency") + self.seen("proxy.connect", Outcome.ANSWERED):
            if is_relay_up(observation) and host_of(observation) in self.silent_hosts:
                found.setdefault(observation.region_id, observation)
        return tuple(found.values())

    @functools.cached_property
    def hosts_up_but_silent(self) -> tuple[Observation, ...]:
        """Answers of any kind, a ping or a refusal too, from hosts that are silent over UDP: a weaker control."""
        tried = self.seen("https.latency") + self.seen("icmp.echo")
        return tuple(o for o in tried if o.outcome in ANSWERS and host_of(o) in self.silent_hosts)

    def tcp_alone(self, family: Family) -> tuple[Observation, ...]:
        """Connections over a family to hosts that are silent over UDP by it; empty where one answered over UDP."""
        asked = tuple(o for o in self.seen("stun.binding") if o.family == family)
        if any(o.outcome is Outcome.ANSWERED for o in asked):
            return ()
        silent = {host_of(o) for o in asked if o.outcome in (Outcome.NO_ANSWER, Outcome.ICMP_ERROR)}
        made = (Outcome.ANSWERED, Outcome.WRONG)  # TLS that goes wrong comes after a connection
        tcp = self.seen("https.latency", *made) + self.seen("relay.check", *made)
        return tuple(o for o in tcp if o.family == family and host_of(o) in silent)

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

    def path(self, family: Family) -> PathFamilyReport:
        """The report's view of the way of one family."""
        return self.report.path.v4 if family == 4 else self.report.path.v6

    def mapping_varies(self, family: Family) -> Fact:
        """Does the public address or port differ between destinations?"""
        return self._compared(family, self.nat(family).mapping_varies)

    def several_addresses(self, family: Family) -> Fact:
        """Do relays see more than one public address of ours?"""
        return self._compared(family, self.nat(family).several_addresses)

    def _compared(self, family: Family, differs: Tri) -> Fact:
        """What relays saw, beside each other: equal endpoints seen from inside say nothing about the way out."""
        if differs is Tri.NO and not self.is_seen_from_outside(family):
            return Fact(Tri.UNKNOWN, missing="answers from two relays on the internet")
        evidence = self.nat_evidence(family, *MAPPING_KINDS)
        return Fact(differs, evidence, "answers from two relays at different addresses")

    def nat_evidence(self, family: Family, *kinds: str) -> tuple[str, ...]:
        """What the report's view of translation rests on, of these kinds; all of it where there is none of them."""
        cited = ordered(self.nat(family).evidence)
        return tuple(name for name in cited if self._kinds.get(name) in kinds) or cited

    @functools.cached_property
    def _kinds(self) -> dict[str, str]:
        """The kind of each observation by its id."""
        return {observation.id: observation.kind for observation in self.observations}

    def endpoints(self, family: Family) -> tuple[SeenEndpoint, ...]:
        """Our endpoints as seen from outside, in an order that does not depend on the report's.

        A relay inside this network sees an address that the router did not make: it does not count beside others.
        """
        seen = sorted(self.family(family).endpoints, key=lambda e: (e.local, e.address, e.port))
        outside = tuple(endpoint for endpoint in seen if is_public(endpoint.address))
        return outside or tuple(seen)

    @functools.cached_property
    def outside_addresses(self) -> tuple[Observation, ...]:
        """Answers in which a router told its own outside address, as the text `external` of their data."""
        told = (o for o in self.observations if o.kind.startswith("portmap.") and o.outcome is Outcome.ANSWERED)
        return tuple(o for o in told if o.data.get("external"))

    @functools.cached_property
    def seen_from_outside(self) -> Fact:
        """Did a relay see a public address of ours? Not so where all relays are inside this network."""
        seen = self.report.ipv4.endpoints + self.report.ipv6.endpoints
        public = tuple(endpoint for endpoint in seen if is_public(endpoint.address))
        if not public and any(is_public(str(one.endpoint.ip)) for one in read_mapped(self.observations)):
            return Fact(Tri.UNKNOWN, missing="endpoints that agree with what relays answered")
        cited = ordered(tuple(name for endpoint in public or seen for name in ordered(endpoint.evidence)[:2]))
        return Fact(Tri.of(bool(public) if seen else None), cited, "an answer from a relay on the internet")

    def is_seen_from_outside(self, family: Family) -> bool:
        """Did a relay see a public address of this family?"""
        return any(is_public(endpoint.address) for endpoint in self.family(family).endpoints)

    @functools.cached_property
    def map_problems(self) -> tuple[MapProblem, ...]:
        """What is wrong with the relay map, errors before warnings, else by place."""
        return tuple(sorted(self.report.relay_map.problems, key=lambda p: (p.severity != "error", p.place, p.message)))

    @functools.cached_property
    def mapped(self) -> tuple[Mapped, ...]:
        """Every answered STUN request with the endpoint it told us, in order of time; the same ones as `endpoints`."""
        told = {endpoint.address for family in FAMILIES for endpoint in self.endpoints(family)}
        return tuple(sample for sample in read_mapped(self.observations) if str(sample.endpoint.ip) in told)

    @functools.cached_property
    def relays(self) -> tuple[RelayReport, ...]:
        """Measured regions in ascending order of their id."""
        return tuple(sorted((r for r in self.report.relays if r.measured), key=lambda r: r.region_id))

    def stun_answered(self, relay: RelayReport) -> Fact:
        """Did this region answer over UDP? Unknown when it was not asked."""
        asked = self.seen("stun.binding", region_id=relay.region_id)
        asked = tuple(o for o in asked if o.outcome not in (Outcome.LOCAL_ERROR, Outcome.CANCELLED))
        back = tuple(o for o in asked if o.outcome is Outcome.ANSWERED)
        if back or relay.latency_ms.stun_v4 is not None or relay.latency_ms.stun_v6 is not None:
            return Fact(Tri.YES, cite(back))
        return Fact(Tri.of(False if asked else None), cite(asked), "a STUN request to that relay")

    def tcp_answered(self, relay: RelayReport) -> Fact:
        """Did this region answer over TCP, be it with a refusal or a bad certificate? Unknown when it was not asked."""
        asked = self.seen("https.latency", region_id=relay.region_id)
        asked = tuple(o for o in asked if o.outcome not in (Outcome.LOCAL_ERROR, Outcome.CANCELLED))
        back = tuple(o for o in asked if o.outcome in ANSWERS)
        if back:
            return Fact(Tri.YES, cite(back))
        return Fact(Tri.of(False if asked else None), cite(asked), "HTTPS to that relay (--https)")

    def relay_up(self, relay: RelayReport) -> Fact:
        """Does a relay run there: an answer over HTTPS, a TLS certificate or an HTTP status, not just a refusal?"""
        asked = tuple(o for o in self.seen("https.latency", region_id=relay.region_id) if o.outcome is not CANCELLED)
        up = tuple(o for o in asked if is_relay_up(o))
        if up:
            return Fact(Tri.YES, cite(up))
        tried = tuple(o for o in asked if o.outcome is not Outcome.LOCAL_ERROR)
        return Fact(Tri.of(False if tried else None), cite(tried), "HTTPS to that relay (--https)")

    def nameless(self, relay: RelayReport) -> Fact:
        """Does the name server say that the relay's name leads nowhere?"""
        cited = relay.error.evidence if relay.error is not None and relay.error.code == "dns" else ()
        said = tuple(o for o in self.seen("dns.lookup") if o.id in cited and o.error in LEADS_NOWHERE)
        return Fact(Tri.of(bool(said)), cite(said))

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
        cited = ordered(tuple(name for relay in living[:3] for name in ordered(relay.evidence)[:2]))
        return replace(Fact(Tri.of(bool(living)), cited), missing="" if living else "an answer from another relay")


def host_of(observation: Observation) -> str:
    """The address that was asked, without its port."""
    return _without_port(observation.target)


def _without_port(endpoint: str) -> str:
    try:
        return str(Endpoint.parse(endpoint).ip)
    except ValueError:
        return endpoint


def is_relay_up(observation: Observation) -> bool:
    """An answer over HTTPS, a TLS certificate or an HTTP status: a relay runs there. A refused connection is none."""
    if observation.outcome is Outcome.REFUSED:
        return observation.error == "http-status"
    return observation.outcome in (Outcome.ANSWERED, Outcome.WRONG)


def is_public(address: str) -> bool:
    """An address that is not this network's own, a carrier's, or this host's."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (is_private(ip) or is_shared(ip) or ip.is_loopback or ip.is_link_local or ip.is_unspecified)


def cite(observations: tuple[Observation, ...]) -> tuple[str, ...]:
    """Their ids, at most `MAX_CITED`."""
    return tuple(o.id for o in observations[:MAX_CITED])


def ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    """Observation ids once each, in natural order, at most `MAX_CITED`."""
    return tuple(sorted(set(names), key=natural))[:MAX_CITED]
