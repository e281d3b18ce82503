"""What a run does not know, why, and the flag that would tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from natscope.model.nat import Filtering, Mapping
from natscope.model.report import NatFamilyReport, NatReport, NotMeasured, PortMappingReport, RelayReport
from natscope.netcheck.record import RunRecord

TOLD_BESIDE = ("relay_health", "nat_own_address")
"""Their absence is told by the lines about relays over HTTPS and hairpinning: one flag makes both of each run."""


def not_measured(
    record: RunRecord,
    relays: Sequence[RelayReport],
    port_mapping: PortMappingReport,
    captive_reason: str,
    nat: NatReport,
) -> tuple[NotMeasured, ...]:
    """First what this run left out, then what it tried and could not tell.

    `captive_reason`: why nobody knows whether there is a captive portal; empty where that is known.
    """
    pointless = _pointless(record, nat)
    found = [
        NotMeasured(what=probe.title, reason=probe.reason, flag=probe.flag)
        for probe in record.probes
        if probe.name not in pointless
        and probe.state in ("skipped", "failed", "cut")
        and not (probe.name in TOLD_BESIDE and probe.state == "skipped")
    ]
    found += [
        NotMeasured(what=probe.title, reason=captive_reason)
        for probe in record.probes
        if probe.name == "captive_portal" and probe.state == "ran" and captive_reason
    ]
    unmeasured = [r.region_code or str(r.region_id) for r in relays if not r.measured]
    if unmeasured:
        names = ", ".join(unmeasured[:5]) + (" …" if len(unmeasured) > 5 else "")
        found.append(NotMeasured(what=f"relays {names}", reason="the map forbids to measure them"))
    ran = any(probe.name == "relay_https" and probe.state == "ran" for probe in record.probes)
    if ran and not any(o.kind == "https.latency" for o in record.observations):
        found.append(NotMeasured(what="relays over HTTPS", reason="only silent relays are asked", flag="--https"))
    is_told = any(probe.name == "port_mapping" and probe.state != "ran" for probe in record.probes)
    asked = () if is_told else _unasked(port_mapping)
    return (*found, *_own_rules(record), *_filtering(nat, pointless), *_tried(record, nat, pointless), *asked)


def _pointless(record: RunRecord, nat: NatReport) -> tuple[str, ...]:
    """Probes left out, or without anything to ask, that tell nothing here: nothing translates, or it was not seen."""
    left = {probe.name for probe in record.probes if probe.state == "skipped"}
    left |= {probe.name for probe in record.probes if probe.state == "ran" and probe.name == "nat_hairpin"}
    families = [
        family for family in (nat.v4, nat.v6) if family.mapping_varies.known or family.mapping is not Mapping.UNKNOWN
    ]
    untranslated = families and all(family.mapping is Mapping.NONE for family in families)
    unseen = not families and nat.filtering is Filtering.UNKNOWN
    return tuple(name for name in ("nat_lifetime", "nat_hairpin") if name in left and (untranslated or unseen))


def _own_rules(record: RunRecord) -> tuple[NotMeasured, ...]:
    """This computer's packet filter, where this user may not read it: why, and what would be told otherwise."""
    unread = next((o for o in record.observations if o.kind == "host.firewall" and o.error), None)
    if unread is None:
        return ()
    reason = "; ".join(str(unread.data[key]) for key in ("reason", "hint") if unread.data.get(key))
    return (NotMeasured(what="this computer's own firewall rules", reason=reason or unread.summary),)


def _filtering(nat: NatReport, also: Collection[str]) -> tuple[NotMeasured, ...]:
    """Where it is unknown although the mapping was looked at; with what else could not be seen for the same reason."""
    if nat.filtering is not Filtering.UNKNOWN:
        return ()
    reason = nat.reasons.get("filtering", "")
    what = "filtering, lifetimes, hairpinning" if len(also) > 1 else "who may write to your public port (filtering)"
    return (NotMeasured(what=what, reason=reason),)


def _tried(record: RunRecord, nat: NatReport, pointless: Collection[str]) -> tuple[NotMeasured, ...]:
    """Hairpinning and lifetimes, where they were asked for and stayed open."""
    ran = {probe.name for probe in record.probes if probe.state == "ran"} - set(pointless)
    found = []
    shown = _where(record, nat, "nat.hairpin")
    if "nat_hairpin" in ran and not shown.hairpinning.known and (words := shown.reasons.get("hairpinning")):
        found.append(NotMeasured(what="calling your own public address (hairpinning)", reason=words))
    shown = _where(record, nat, "nat.lifetime")
    lived = (shown.mapping_lifetime_s, shown.mapping_lifetime_at_least_s)
    if "nat_lifetime" in ran and lived == (None, None) and (words := shown.reasons.get("mapping_lifetime_s")):
        found.append(NotMeasured(what="lifetime of a silent mapping", reason=words))
    return tuple(found)


def _where(record: RunRecord, nat: NatReport, kind: str) -> NatFamilyReport:
    """The family in which something of that kind was tried; IPv4 in doubt."""
    return nat.v6 if {o.family for o in record.observations if o.kind == kind} == {6} else nat.v4


def _unasked(port_mapping: PortMappingReport) -> tuple[NotMeasured, ...]:
    """Where no protocol is known and the reasons are one."""
    services = (port_mapping.pcp, port_mapping.nat_pmp, port_mapping.upnp)
    if any(service.state.known for service in services):
        return ()
    reasons = dict.fromkeys(service.reason for service in services)
    return (NotMeasured(what="opening a port on the router", reason="; ".join(reasons)),)
