"""This computer's surroundings: ways out, its own rules, the shared address space, what it says about itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from natscope.host.api import LinkFacts
from natscope.host.shared_space import is_meant
from natscope.model.observation import Observation, Outcome
from natscope.model.report_surroundings import (
    ComputerReport,
    FirewallReport,
    RuleReport,
    ShadowedNetwork,
    SharedSpaceReport,
    StuckFlow,
    SurroundingsReport,
)  # fmt: skip
from natscope.model.tri import Tri
from natscope.netcheck.assemble_ways import hijack, uplinks, ways

NOT_LOOKED = "not looked at"
_SEVERITY = ("drop", "reject", "unknown", "accept")


def surroundings_report(observations: Sequence[Observation], links: LinkFacts | None) -> SurroundingsReport:
    """All of it; a part that no probe looked at is unknown."""
    hijacked, reason = hijack(observations)
    return SurroundingsReport(
        hijacked=hijacked,
        hijacked_reason=reason,
        ways=ways(observations),
        uplinks=uplinks(observations),
        several_uplinks=_several(links),
        firewall=_firewall(_last(observations, "host.firewall")),
        shared_space=_shared(observations),
        computer=_computer(_last(observations, "host.system"), _last(observations, "host.connections")),
    )


def _last(observations: Sequence[Observation], kind: str) -> Observation | None:
    return next((o for o in reversed(observations) if o.kind == kind), None)


def _several(links: LinkFacts | None) -> Tri:
    """More than one interface with a default route of one family."""
    if links is None or not links.routes_known:
        return Tri.UNKNOWN
    by_family = [{r.interface for r in links.default_routes if r.family == family} for family in (4, 6)]
    return Tri.of(any(len(names) > 1 for names in by_family))


def _firewall(told: Observation | None) -> FirewallReport:
    if told is None:
        return FirewallReport(reason=NOT_LOOKED)
    if told.outcome is not Outcome.ANSWERED:
        reason, hint = _text(told.data, "reason") or told.summary, _text(told.data, "hint")
        return FirewallReport(readable=Tri.NO, reason=reason, hint=hint, evidence=(told.id,))
    unasked, unasked_rule = _worst(told, "unasked")
    answers, answers_rule = _worst(told, "answer")
    return FirewallReport(
        readable=Tri.YES,
        reason=_text(told.data, "partly"),
        rules=_number(told.data, "rules"),
        unasked=unasked,
        unasked_rule=unasked_rule,
        answers=answers,
        answers_rule=answers_rule,
        evidence=(told.id,),
    )


def _worst(told: Observation, what: str) -> tuple[str, RuleReport | None]:
    """Of the families, the verdict that costs most: one that drops."""
    judged = [j for j in _items(told.data, "judged") if j.get("what") == what]
    found = min(
        judged, key=lambda j: _SEVERITY.index(j["verdict"]) if j.get("verdict") in _SEVERITY else 2, default=None
    )
    if found is None:
        return "unknown", None
    return _text(found, "verdict") or "unknown", _rule(found) if "place" in found else None


def _rule(data: Mapping[str, Any]) -> RuleReport:
    packets, after = _number(data, "packets"), _number(data, "after")
    dropped = after - packets if after is not None and packets is not None else None
    return RuleReport(place=_text(data, "place"), rule=_text(data, "rule"), packets=packets, dropped=dropped)


def _shared(observations: Sequence[Observation]) -> SharedSpaceReport:
    seen, eaten = _last(observations, "host.shared"), _last(observations, "host.eaten")
    firewall = _last(observations, "host.firewall")
    if seen is None:
        return SharedSpaceReport(reasons=dict.fromkeys(("used", "dropped", "eaten"), NOT_LOOKED))
    reasons: dict[str, str] = {}
    unread = seen.data.get("unread")
    uses = tuple(_text(use, "text") for use in _items(seen.data, "uses"))
    used = Tri.YES if uses else Tri.UNKNOWN if unread else Tri.NO
    if used is Tri.UNKNOWN and isinstance(unread, dict):
        reasons["used"] = "; ".join(map(str, unread.values()))
    rules: list[Mapping[str, Any]] = []
    dropped = Tri.UNKNOWN
    if firewall is not None and firewall.outcome is Outcome.ANSWERED:
        near = [_text(use, "ip") for use in _items(seen.data, "uses")]
        rules = [
            rule
            for rule in _items((eaten or firewall).data, "rules" if eaten else "shared")
            if rule.get("parts") is None or any(is_meant(rule["parts"], ip) for ip in near)
        ]
        dropped = Tri.of(bool(rules))
    else:
        reasons["dropped"] = (_text(firewall.data, "reason") if firewall is not None else "") or NOT_LOOKED
    meanwhile, missing = _eaten(eaten)
    if eaten is None:
        reasons["eaten"] = "nothing inside the range could be asked while a rule drops it"
    cited = [o.id for o in (seen, firewall, eaten) if o is not None]
    return SharedSpaceReport(
        used=used,
        uses=uses,
        overlays=_texts(seen.data, "overlay"),
        dropped=dropped,
        rules=tuple(_rule(rule) for rule in rules),
        eaten=meanwhile,
        eaten_from=missing,
        reasons=reasons,
        evidence=tuple(cited),
    )


def _eaten(eaten: Observation | None) -> tuple[Tri, tuple[str, ...]]:
    """Yes where a counter grew while an answer is missing; no where everybody answered."""
    answers = eaten.data.get("answers") if eaten is not None else None
    if eaten is None or not isinstance(answers, dict) or not answers:
        return Tri.UNKNOWN, ()
    missing = tuple(str(ip) for ip, word in answers.items() if word != "answered")
    if eaten.data.get("grown") and missing:
        return Tri.YES, missing
    return (Tri.UNKNOWN if missing else Tri.NO), ()


def _computer(told: Observation | None, table: Observation | None) -> ComputerReport:
    stuck = _stuck(table)
    if told is None:
        reasons = {"container": NOT_LOOKED, "clock_synchronised": NOT_LOOKED}
        return ComputerReport(stuck_flows=stuck, reasons=reasons)
    data = told.data
    container, unread = data.get("container"), data.get("unread")
    clock = data.get("clock_synchronised")
    return ComputerReport(
        container=_text(container, "kind") if isinstance(container, dict) else None,
        wsl=_number(data, "wsl"),
        cloud=data["cloud"] if isinstance(data.get("cloud"), str) else None,
        clock_synchronised=Tri.of(clock if isinstance(clock, bool) else None),
        receive_buffer_max=_number(data, "receive_buffer_max"),
        receive_buffer_default=_number(data, "receive_buffer_default"),
        conntrack_count=_number(data, "conntrack_count"),
        conntrack_max=_number(data, "conntrack_max"),
        strict_source=_texts(data, "strict_source"),
        temporary_addresses=_texts(data, "temporary_addresses"),
        asleep=_texts(data, "asleep"),
        shadowed=_shadowed(data),
        stuck_flows=stuck,
        gateway_makers=_texts(data, "gateway_makers"),
        metered=_metered(data),
        reasons={str(k): str(v) for k, v in unread.items()} if isinstance(unread, dict) else {},
        evidence=(told.id,),
    )


def _metered(data: Mapping[str, Any]) -> Tri:
    """Yes where one default route is; no only where that is known of all."""
    told, unread = data.get("metered"), data.get("unread")
    if not isinstance(told, dict) or not told:
        return Tri.UNKNOWN
    if any(told.values()):
        return Tri.YES
    return Tri.UNKNOWN if isinstance(unread, dict) and "metered" in unread else Tri.NO


def _shadowed(data: Mapping[str, Any]) -> tuple[ShadowedNetwork, ...] | None:
    """None where the routes were not told."""
    if not isinstance(data.get("shadowed"), list | tuple):
        return None
    return tuple(
        ShadowedNetwork(network=_text(one, "network"), interface=_text(one, "interface"), by=_text(one, "by"))
        for one in _items(data, "shadowed")
    )


def _stuck(table: Observation | None) -> tuple[StuckFlow, ...] | None:
    """None where the table may not be read."""
    if table is None or table.outcome is not Outcome.ANSWERED:
        return None
    return tuple(
        StuckFlow(port=port, peer=_text(one, "peer"), wire_port=wire)
        for one in _items(table.data, "stuck")
        if (port := _number(one, "port")) is not None and (wire := _number(one, "wire_port")) is not None
    )


def _items(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list | tuple) else []


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    return found if isinstance(found, str) else ""


def _texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = data.get(name)
    return tuple(map(str, found)) if isinstance(found, list | tuple) else ()


def _number(data: Mapping[str, Any], name: str) -> int | None:
    found = data.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
