"""Holds reports against the truth of their scenario: agree, wrong, or not measured yet.

A report that does not know is not wrong, but not acceptable either: only pairs may be "not measured yet", because two
reports cannot always tell what becomes of them. Where the truth is `unknown`, because nobody at that host could know,
any other word is wrong. What a report leaves unknown though the truth says nothing about it is in `unexplained`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.lossy import loses_packets, may_be_lost
from natscope.diagnosis.pair.of_reports import facts_of_reports
from natscope.diagnosis.pair.why import why_pair
from natscope.diagnosis.why import Standing
from natscope.lab.scenario import Scenario
from natscope.lab.scenario_truth import HostTruth, MappingTruth, RelayFault
from natscope.lab.scenario_unknown import not_asked
from natscope.model.finding import Severity
from natscope.model.observation import Outcome
from natscope.model.report import MappingServiceReport, NatFamilyReport, RelayError, RelayReport, Report
from natscope.model.report_path import PathFamilyReport
from natscope.model.tri import Tri

MUST_KNOW = (
    "udp", "ipv4", "ipv6", "mapping", "filtering", "mapping_varies", "port_preservation", "captive_portal", "relay",
)  # fmt: skip
"""What every scenario has to claim of each host; `relay` is each relay's fault."""
UNKNOWN, PAIR = "unknown", "direct"
_FOUND, _NOT_FOUND = "found", "not found"
_CERTIFICATES = {
    "certificate-expired": RelayFault.EXPIRED,
    "certificate-self-signed": RelayFault.SELF_SIGNED,
    "certificate-wrong-name": RelayFault.WRONG_NAME,
    "certificate-not-yet-valid": RelayFault.NOT_YET_VALID,
    "certificate-unknown-issuer": RelayFault.UNTRUSTED,
    "certificate-chain-incomplete": RelayFault.UNTRUSTED,
    "certificate-pin-mismatch": RelayFault.PIN,
}


class Agreement(enum.StrEnum):
    """How a report and the truth go together."""

    AGREE = "agree"
    WRONG = "wrong"
    NOT_MEASURED = "not measured yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One claim. `who` is a host or a pair `A - B`; `what` a field, `relay NAME`, or `finding ID`."""

    who: str
    what: str
    truth: str
    measured: str
    agreement: Agreement
    excuse: str = ""
    """Why the scenario knows that this is wrong today; empty for everything else."""

    @property
    def acceptable(self) -> bool:
        """Right, or known to be wrong; or a pair of which both reports leave open what becomes of it."""
        if self.excuse:
            return True
        if self.agreement is Agreement.NOT_MEASURED:
            return self.what == PAIR
        return self.agreement is Agreement.AGREE


def compare(scenario: Scenario, reports: Mapping[str, Report]) -> tuple[Comparison, ...]:
    """Every claim of the scenario about hosts that were measured, and about pairs."""
    found: list[Comparison] = []
    for name, truth in scenario.truth.items():
        if name in reports:
            found += (_excused(scenario, one) for one in _host(scenario, name, truth, reports[name]))
    return (*found, *_pairs(scenario, reports))


def unexplained(scenario: Scenario, name: str, report: Report) -> tuple[str, ...]:
    """Fields that a report leaves unknown, and neither the truth nor the options of the run say why.

    None of a host of which the scenario tells no truth.
    """
    truth = scenario.truth.get(name)
    if truth is None:
        return ()
    explained = truth.claims().keys() | not_asked(scenario, scenario.hosts[name], truth).keys()
    nat = _nat(truth, report)
    return tuple(
        what for what, read in _MEASURED.items() if what not in explained and _text(read(report, nat)) == UNKNOWN
    )


def out_of_place(scenario: Scenario, name: str, report: Report) -> tuple[str, ...]:
    """What a report says louder than "info" beside the findings of the truth, and a first one that is not the first.

    Each scenario says all that is to be found there, the cause that matters first; of a host without a truth nothing.
    """
    if name not in scenario.truth:
        return ()
    wanted = scenario.truth[name].findings
    loud = [finding.id for finding in report.findings if finding.severity is not Severity.INFO]
    wrong = tuple(f"{cause} is not in the truth" for cause in loud if cause not in wanted)
    if wanted and wanted[0] not in {finding.id for finding in report.findings}:
        return (*wrong, f"{wanted[0]} is not told")
    if loud and wanted and loud[0] != wanted[0]:
        wrong += (f"{loud[0]} is told before {wanted[0]}",)
    return wrong


def _pairs(scenario: Scenario, reports: Mapping[str, Report]) -> Iterator[Comparison]:
    """What the engine foretells from both reports."""
    for pair in scenario.pairs:
        told, who, measured = UNKNOWN, f"{pair.first} - {pair.second}", dict.fromkeys(pair.findings, UNKNOWN)
        if pair.first in reports and pair.second in reports:
            facts = facts_of_reports(reports[pair.first], reports[pair.second])
            told = _PATHS.get(facts.prediction.path, UNKNOWN)
            measured = {cause: _STANDINGS.get(why_pair(facts, None, cause).standing, _NOT_FOUND) for cause in measured}
        yield from (_judge(who, f"finding {cause}", _FOUND, words) for cause, words in measured.items())
        found = _judge(who, PAIR, str(pair.direct), told)
        yield replace(found, truth=f"{pair.direct} ({pair.by})" if pair.by else str(pair.direct))


_STANDINGS = {Standing.CLAIMED: _FOUND, Standing.UNKNOWN: UNKNOWN}
_PATHS = {"direct": "yes", "relay": "no"}


def _faults(scenario: Scenario, truth: HostTruth) -> dict[str, RelayFault]:
    """Of every relay; where neither the file nor working UDP says something, nothing is claimed."""
    if truth.relays is None and truth.udp is not Tri.YES:
        return {}
    return {relay: (truth.relays or {}).get(relay, RelayFault.NONE) for relay in scenario.relays}


def _addresses(addresses: Iterable[str]) -> str:
    return " ".join(sorted(addresses)) or "none"


def claims_of(scenario: Scenario) -> tuple[Comparison, ...]:
    """Every claim about hosts and pairs, nothing measured."""
    found = []
    for name, truth in scenario.truth.items():
        told = {what: _text(value) for what, value in truth.claims().items() if what != "public"}
        if truth.public is not None:
            told["public"] = _addresses(truth.public)
        told |= {f"relay {relay}": str(fault) for relay, fault in _faults(scenario, truth).items()}
        told |= {f"finding {cause}": _FOUND for cause in truth.findings}
        told |= {f"finding {cause}": _NOT_FOUND for cause in truth.no_findings}
        found += [_judge(name, what, text, UNKNOWN) for what, text in told.items()]
    return (*found, *_pairs(scenario, {}))


def _excused(scenario: Scenario, found: Comparison) -> Comparison:
    why = scenario.how.known_wrong.get(found.what, "")
    return replace(found, excuse=why) if why and found.agreement is Agreement.WRONG else found


def _host(scenario: Scenario, name: str, truth: HostTruth, report: Report) -> Iterator[Comparison]:
    for what, value in truth.claims().items():
        if what == "public":
            yield _public(name, truth.public or (), report)
        else:
            yield _judge(name, what, _text(value), _text(_MEASURED[what](report, _nat(truth, report))))
    for relay, fault in _faults(scenario, truth).items():
        measured = fault_of(report, scenario.relays[relay].region_id)
        yield _judge(name, f"relay {relay}", str(fault), measured)
    yield from _findings(name, truth, report)


def _judge(who: str, what: str, truth: str, measured: str) -> Comparison:
    if truth == measured:
        agreement = Agreement.AGREE
    elif measured == UNKNOWN or truth in _MAY_BE.get(measured, ()):
        agreement = Agreement.NOT_MEASURED
    else:
        agreement = Agreement.WRONG
    return Comparison(who=who, what=what, truth=truth, measured=measured, agreement=agreement)


def _public(name: str, truth: tuple[str, ...], report: Report) -> Comparison:
    """A pool may show some of its addresses only; one that is not ours is wrong."""
    seen = dict.fromkeys(e.address for family in (report.ipv4, report.ipv6) for e in family.endpoints)
    told = _addresses(seen) if seen or not truth else UNKNOWN
    first = _judge(name, "public", _addresses(truth), told)
    if seen and all(address in truth for address in seen):
        return Comparison(who=name, what="public", truth=first.truth, measured=told, agreement=Agreement.AGREE)
    return first


def _findings(name: str, truth: HostTruth, report: Report) -> Iterator[Comparison]:
    """A cause that no catalogue has yet cannot be found."""
    there, known = {finding.id for finding in report.findings}, {entry.id for entry in entries()}
    for wanted, ids in ((_FOUND, truth.findings), (_NOT_FOUND, truth.no_findings)):
        for cause in ids:
            measured = UNKNOWN if cause not in known else _FOUND if cause in there else _NOT_FOUND
            yield _judge(name, f"finding {cause}", wanted, measured)


def fault_of(report: Report, region_id: int) -> str:
    """A relay's fault in a report, in the words of `RelayFault`; `unknown` where nothing was measured.

    A connection that hung, without another one to the same relay or where packets get lost, says nothing about it, and
    one that this computer could not even try; nor does one look-up without an answer beside others that were answered.
    """
    relay = report.relay(region_id)
    if relay is None:
        return UNKNOWN
    tried = [o for o in report.observations if o.kind == "https.latency" and o.region_id == region_id]
    hung = [o for o in tried if o.outcome is Outcome.NO_ANSWER]
    if relay.error is None:
        times = {4: relay.latency_ms.stun_v4, 6: relay.latency_ms.stun_v6}  # a dead family is nothing of the relay's
        here = [o for o in hung if o.family is None or times[o.family] is not None]
        sound = _answered(relay) and (relay.latency_ms.https is not None or not here)
        return str(RelayFault.NONE) if sound else UNKNOWN
    code = relay.error.code
    if code == "certificate":
        codes = [o.error for o in report.observations if o.id in relay.error.evidence]
        return str(next((_CERTIFICATES[c] for c in codes if c in _CERTIFICATES), "certificate"))
    if code == "dns":
        return UNKNOWN if _is_lone_silence_of_names(report, relay.error) else str(RelayFault.DNS)
    if code.startswith("http"):
        here = [o for o in tried if o.id in relay.error.evidence and o.outcome is Outcome.LOCAL_ERROR]
        return UNKNOWN if len(here) == len(relay.error.evidence) else str(RelayFault.HTTPS_CLOSED)
    if code in ("no-answer", "icmp", "refused"):
        if relay.latency_ms.https is not None:
            asked = [o for o in report.observations if o.kind == "stun.binding" and o.region_id == region_id]
            by_chance = code == "no-answer" and may_be_lost(report.observations, len(asked))
            return UNKNOWN if by_chance else str(RelayFault.STUN_CLOSED)
        settled = [o for o in tried if o.outcome not in (Outcome.CANCELLED, Outcome.LOCAL_ERROR)]
        all_hung = bool(hung) and len(settled) == len(hung)
        doubtful = all_hung and (len(hung) == 1 or loses_packets(report.observations))
        return UNKNOWN if doubtful else str(RelayFault.NO_ANSWER)
    return code


def _is_lone_silence_of_names(report: Report, error: RelayError) -> bool:
    """Whether the name server kept silent about this name, and answered for others."""
    lookups = [o for o in report.observations if o.kind == "dns.lookup"]
    silent = any(o.outcome is Outcome.NO_ANSWER for o in lookups if o.id in error.evidence)
    return silent and any(o.outcome is Outcome.ANSWERED for o in lookups)


def _answered(relay: RelayReport) -> bool:
    latency = relay.latency_ms
    return any(value is not None for value in (latency.stun_v4, latency.stun_v6, latency.https))


def _nat(truth: HostTruth, report: Report) -> NatFamilyReport:
    return report.nat.v4 if truth.nat_family == 4 else report.nat.v6


def _text(value: Any) -> str:
    return UNKNOWN if value is None else f"{value:g}" if isinstance(value, float) else str(value) or "none"


def _path(report: Report, nat: NatFamilyReport) -> PathFamilyReport:
    return report.path.v4 if nat is report.nat.v4 else report.path.v6


def _shape(report: Report, name: str) -> Tri:
    return next((told.passes for told in report.path.udp_shapes if told.shape == name), Tri.UNKNOWN)


def _udp_ports(report: Report, state: Tri) -> tuple[int, ...]:
    return tuple(port.port for port in report.path.udp_ports if port.open is state)


def _opens(service: MappingServiceReport) -> str:
    """In the words of `MappingTruth`; less than that where a service is there and nobody could try it."""
    if service.state is not Tri.YES:
        return str(service.state)
    return service.proof if service.proof not in (None, "unproved") else "there"


_MAY_BE: dict[str, tuple[str, ...]] = {
    "there": (MappingTruth.PROVED, MappingTruth.UNREACHABLE, MappingTruth.REFUSED),
    "certificate": tuple(_CERTIFICATES.values()),
}
"""What a report that knows less than the truth says."""

_DROPPED = {"drop": Tri.YES, "reject": Tri.YES, "accept": Tri.NO}
_MEASURED: dict[str, Callable[[Report, NatFamilyReport], Any]] = {
    "udp": lambda report, nat: report.udp,
    "ipv4": lambda report, nat: report.ipv4.state,
    "ipv6": lambda report, nat: report.ipv6.state,
    "captive_portal": lambda report, nat: report.captive_portal,
    "shared_address_space": lambda report, nat: report.host.shared_address_space,
    "dns": lambda report, nat: None if report.dns is None else report.dns.state,
    "dns_invented": lambda report, nat: None if report.dns is None else report.dns.invented,
    "dns_forged": lambda report, nat: None if report.dns is None else report.dns.forged,
    "dns_ipv6_withheld": lambda report, nat: None if report.dns is None else report.dns.ipv6_withheld,
    "dns_search_trap": lambda report, nat: None if report.dns is None else report.dns.search_trap,
    "proxy": lambda report, nat: None if report.web is None else report.web.proxy,
    "relay_by_proxy": lambda report, nat: None if report.web is None else report.web.relay_by_proxy,
    "clock": lambda report, nat: None if report.web is None else report.web.clock,
    "tls_intercepted": lambda report, nat: None if report.web is None else report.web.intercepted,
    "hijacked": lambda report, nat: report.surroundings.hijacked,
    "drops_unasked": lambda report, nat: _DROPPED.get(report.surroundings.firewall.unasked),
    "shared_space_eaten": lambda report, nat: report.surroundings.shared_space.eaten,
    "several_uplinks": lambda report, nat: report.surroundings.several_uplinks,
    "home": lambda report, nat: report.preferred_relay.region_code or "",
    "mapping": lambda report, nat: nat.mapping,
    "filtering": lambda report, nat: nat.filtering,
    "mapping_varies": lambda report, nat: nat.mapping_varies,
    "port_preservation": lambda report, nat: nat.port_preservation,
    "port_allocation": lambda report, nat: nat.port_allocation,
    "hairpinning": lambda report, nat: nat.hairpinning,
    "hairpin_source": lambda report, nat: nat.hairpin_source or None,
    "port_parity": lambda report, nat: nat.port_parity,
    "port_contiguity": lambda report, nat: nat.port_contiguity,
    "port_step": lambda report, nat: nat.port_step,
    "pooling": lambda report, nat: nat.pooling,
    "port_collision": lambda report, nat: nat.port_collision,
    "port_burns": lambda report, nat: nat.port_burns,
    "stun_alg": lambda report, nat: nat.stun_alg,
    "mapping_lifetime_at_least_s": lambda report, nat: nat.mapping_lifetime_at_least_s,
    "absolute_lifetime_s": lambda report, nat: nat.absolute_lifetime_s,
    "absolute_lifetime_at_least_s": lambda report, nat: nat.absolute_lifetime_at_least_s,
    "refresh_outbound": lambda report, nat: nat.refresh_outbound,
    "refresh_inbound": lambda report, nat: nat.refresh_inbound,
    "several_addresses": lambda report, nat: nat.several_addresses,
    "rfc3489_name": lambda report, nat: nat.rfc3489_name or UNKNOWN,
    "layers": lambda report, nat: nat.layers,
    "cgnat": lambda report, nat: nat.cgnat,
    "double_nat": lambda report, nat: nat.double_nat,
    "path_mtu": lambda report, nat: _path(report, nat).mtu,
    "black_hole": lambda report, nat: _path(report, nat).black_hole,
    "fragments": lambda report, nat: _path(report, nat).fragments,
    "wireguard": lambda report, nat: _path(report, nat).wireguard,
    "ecn": lambda report, nat: _path(report, nat).ecn,
    "dscp": lambda report, nat: _path(report, nat).dscp,
    "stun_passes": lambda report, nat: _shape(report, "stun"),
    "wireguard_passes": lambda report, nat: _shape(report, "wireguard"),
    "nat64": lambda report, nat: report.path.nat64.state,
    "udp_open": lambda report, nat: _udp_ports(report, Tri.YES),
    "udp_limited": lambda report, nat: report.path.udp_rate.out.limited,
    "udp_limited_back": lambda report, nat: report.path.udp_rate.back.limited,
    "udp_limited_only": lambda report, nat: report.path.udp_rate.udp_only,
    "udp_limit_counts": lambda report, nat: report.path.udp_rate.out.counted or UNKNOWN,
    "udp_closed": lambda report, nat: _udp_ports(report, Tri.NO),
    "upnp": lambda report, nat: _opens(report.port_mapping.upnp),
    "nat_pmp": lambda report, nat: _opens(report.port_mapping.nat_pmp),
    "pcp": lambda report, nat: _opens(report.port_mapping.pcp),
    "pcp_v6": lambda report, nat: _opens(report.port_mapping.pcp_v6),
    "mapping_lifetime_s": lambda report, nat: nat.mapping_lifetime_s,
}
