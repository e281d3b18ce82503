"""Questions to name servers, and what came back, to the report's part about names. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from natscope.model.address_space import FAKE_IP, is_inside
from natscope.model.endpoint import Family
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.relay_map import RelayMap
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.tri import Tri

RELAY, ROOT, MISSING, SEARCH, MAGIC = "relay", "root", "missing", "search", "magic"
"""Why a question was asked, in the probe's words."""
MAX_CITED = 12
NO_MISSING = "no server judged a name that cannot exist"
NO_NAMES = "no server answered for a relay's name"
NO_CONTROL = "no server gave a root server's addresses, which would be the control"
NO_OVERLAY = "no interface of a mesh VPN is there, so it was not asked"
_ORDER = tuple(NameServerState)
_REFUSALS = {"SERVFAIL": NameServerState.FAILS, "REFUSED": NameServerState.REFUSES}
_WORDS = {
    NameServerState.SILENT: "no name server answers",
    NameServerState.FAILS: "the name server says that it cannot look anything up (SERVFAIL)",
    NameServerState.REFUSES: "the name server refuses to serve this computer (REFUSED)",
    NameServerState.UNREACHABLE: "the name server cannot be reached",
}


@dataclass
class _Finding:
    """One field: its value, why it is unknown, what it rests on."""

    holds: Tri = Tri.UNKNOWN
    reason: str = ""
    texts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass
class _Seen:
    """The questions of a run, sorted."""

    queries: list[Observation]
    lookups: list[Observation]
    relay_map: RelayMap
    config: dict[str, object] = field(default_factory=dict)

    def answered(self, purpose: str) -> list[Observation]:
        return [o for o in self.queries if o.data.get("purpose") == purpose and o.outcome is Outcome.ANSWERED]


def dns_report(
    observations: Sequence[Observation], probes: Sequence[ProbeOutcome], relay_map: RelayMap
) -> DnsReport | None:
    """The part, None where nobody looked at the configuration."""
    config = next((o for o in observations if o.kind == "dns.config"), None)
    if config is None:
        return None
    queries = [o for o in observations if o.kind == "dns.query"]
    lookups = [o for o in observations if o.kind == "dns.lookup"]
    seen = _Seen(queries, lookups, relay_map, config.data)
    servers = tuple(_server(address, seen) for address in config.data.get("asked", ()))
    state, reason = _state(servers, config)
    invented = _invented(seen)
    found = {
        "invented": invented,
        "forged": _forged(seen, invented.texts),
        "differ": _differ(seen),
        "ipv6_withheld": _ipv6_withheld(seen, invented.texts),
        "search_trap": _search_trap(seen, invented.holds),
        "magic_dns": _magic(seen),
        "system": _system(seen),
    }
    return DnsReport(
        state=state,
        reason=reason,
        servers=servers,
        search=tuple(config.data.get("search", ())),
        ndots=int(config.data.get("ndots", 1)),
        invented_addresses=invented.texts,
        forged_addresses=found["forged"].texts,
        search_traps=found["search_trap"].texts,
        reasons={name: f.reason for name, f in found.items() if f.reason and f.holds is Tri.UNKNOWN},
        evidence={name: f.evidence[:MAX_CITED] for name, f in found.items() if f.evidence},
        **{name: f.holds for name, f in found.items()},
    )


def _server(address: str, seen: _Seen) -> NameServerReport:
    mine = [o for o in seen.queries if o.target == address and o.data.get("purpose") != MAGIC]
    state, reason = _server_state(mine)
    times = [o.rtt_ms for o in mine if o.rtt_ms is not None]
    behind = seen.config.get("behind")
    own = seen.config.get("servers")
    return NameServerReport(
        address=address,
        state=state,
        reason=reason,
        latency_ms=round(median(times), 4) if times else None,
        behind_stub=isinstance(behind, list) and address in behind and isinstance(own, list) and address not in own,
        evidence=tuple(o.id for o in mine)[:MAX_CITED],
    )


def _server_state(mine: Sequence[Observation]) -> tuple[NameServerState, str]:
    """One judgement is an answer; failures are told by the server; silence needs three tries that were waited for."""
    if any(o.outcome is Outcome.ANSWERED for o in mine):
        return NameServerState.ANSWERS, ""
    refused = next((o for o in mine if o.outcome is Outcome.REFUSED), None)
    if refused is not None:
        return _REFUSALS.get(refused.error, NameServerState.FAILS), f"it answers {refused.error}"
    away = next((o for o in mine if o.outcome in (Outcome.ICMP_ERROR, Outcome.LOCAL_ERROR)), None)
    if away is not None:
        return NameServerState.UNREACHABLE, away.summary or away.error
    silent = [o for o in mine if o.outcome is Outcome.NO_ANSWER]
    if silent and len(silent) == len(mine):
        tries = sum(o.data.get("tries", 1) for o in silent)
        return NameServerState.SILENT, f"no answer to {tries} packets"
    return NameServerState.UNKNOWN, "the run was over before it could answer" if mine else "it was not asked"


def _state(servers: Sequence[NameServerReport], config: Observation) -> tuple[NameServerState, str]:
    """The best of them: this computer asks the next one where one is of no use."""
    if not servers:
        known = bool(config.data.get("source"))
        why = (
            "no name server of the families in use is configured" if known else "this system does not tell its servers"
        )
        return NameServerState.UNKNOWN, why
    best = min((s.state for s in servers), key=_ORDER.index)
    if best is NameServerState.UNKNOWN:
        return best, servers[0].reason
    if NameServerState.UNKNOWN in {s.state for s in servers} and best is not NameServerState.ANSWERS:
        return NameServerState.UNKNOWN, "not every name server could be judged"
    return best, _WORDS.get(best, "")


def _invented(seen: _Seen) -> _Finding:
    told = seen.answered(MISSING)
    made_up = [o for o in told if o.data.get("addresses")]
    if made_up:
        return _Finding(Tri.YES, "", _addresses(made_up), _ids(made_up))
    denied = [o for o in told if o.data.get("code") == "NXDOMAIN"]
    return _Finding(Tri.NO, "", (), _ids(denied)) if denied else _Finding(Tri.UNKNOWN, NO_MISSING)


def _forged(seen: _Seen, invented: tuple[str, ...]) -> _Finding:
    """An address that no relay can have: the one that every name gets, one of a proxy's own, or this computer itself.

    An inside address may be right inside (split DNS). Right where the map's own address is among the answers.
    """
    told = [o for o in seen.answered(RELAY) if o.data.get("addresses")]
    wrong = [o for o in told if any(_is_forged(text, o, seen, invented) for text in o.data["addresses"])]
    if wrong:
        bad = tuple(t for t in _addresses(wrong) if any(_is_forged(t, o, seen, invented) for o in wrong))
        return _Finding(Tri.YES, "", bad, _ids(wrong))
    right = [o for o in told if _literals(seen.relay_map, o) & set(o.data["addresses"])]
    if right:
        return _Finding(Tri.NO, "", (), _ids(right))
    if any(is_inside(ipaddress.ip_address(text)) for o in told for text in o.data["addresses"]):
        return _Finding(Tri.UNKNOWN, "a relay's name has an inside address, which may be right in this network")
    return _Finding(Tri.UNKNOWN, NO_NAMES if not told else "the map has no address to compare the answers with")


def _is_forged(text: str, asked: Observation, seen: _Seen, invented: tuple[str, ...]) -> bool:
    ip = ipaddress.ip_address(text)
    if text in _literals(seen.relay_map, asked):
        return False
    fake = isinstance(ip, ipaddress.IPv4Address) and ip in FAKE_IP
    return text in invented or fake or ip.is_unspecified or ip.is_loopback


def _differ(seen: _Seen) -> _Finding:
    """Answers without a common address, between servers, or between a server and the map."""
    told = [o for o in seen.answered(RELAY) if o.data.get("addresses")]
    by_question: dict[tuple[str, str], list[Observation]] = {}
    for observation in told:
        by_question.setdefault((observation.data["name"], observation.data["type"]), []).append(observation)
    for group in by_question.values():
        known, own = _literals(seen.relay_map, group[0]), _looked_up(seen, group[0])
        sets = [set(o.data["addresses"]) for o in (*group, *own)] + ([known] if known else [])
        if len(sets) > 1 and not set.intersection(*sets):
            return _Finding(Tri.YES, "", (), _ids([*group, *own]))
    compared = [
        g for g in by_question.values() if len(g) > 1 or _literals(seen.relay_map, g[0]) or _looked_up(seen, g[0])
    ]
    if compared:
        return _Finding(Tri.NO, "", (), _ids([o for group in compared for o in group]))
    return _Finding(
        Tri.UNKNOWN, NO_NAMES if not told else "one name server's answers, and nothing to compare them with"
    )


def _ipv6_withheld(seen: _Seen, invented: tuple[str, ...]) -> _Finding:
    """A server that gives a root server's IPv4 address and keeps its IPv6 address back.

    Silence counts only where every question for IPv6 addresses met it, two at least: else it is loss.
    """
    control = [o for o in seen.queries if o.data.get("purpose") == ROOT]
    given = [o for o in control if o.data.get("type") == "AAAA" and o.data.get("addresses")]
    spoken = {
        o.target for o in control if o.data.get("type") == "A" and set(o.data.get("addresses", ())) - set(invented)
    }
    held = [o for o in control if o.data.get("type") == "AAAA" and o.target in spoken and _is_withheld(o, seen)]
    if held:
        return _Finding(Tri.YES, "", (), _ids(held))
    if given:
        return _Finding(Tri.NO, "", (), _ids(given))
    return _Finding(Tri.UNKNOWN, NO_CONTROL)


def _is_withheld(asked: Observation, seen: _Seen) -> bool:
    if asked.outcome in (Outcome.ANSWERED, Outcome.REFUSED):
        return not asked.data.get("addresses")
    like = [o for o in seen.queries if o.target == asked.target and o.data.get("type") == "AAAA"]
    return len(like) > 1 and all(o.outcome is Outcome.NO_ANSWER for o in like)


def _search_trap(seen: _Seen, invented: Tri) -> _Finding:
    """A search domain that answers a random name; where every name is answered, that says nothing about it."""
    if not seen.config.get("search"):
        return _Finding(Tri.NO)
    told = seen.answered(SEARCH)
    caught = [o for o in told if o.data.get("addresses")]
    if caught and invented is not Tri.YES:
        domains = dict.fromkeys(str(o.data["name"]).partition(".")[2] for o in caught)
        return _Finding(Tri.YES, "", tuple(domains), _ids(caught))
    if caught:
        return _Finding(Tri.UNKNOWN, "every name is answered, so a search domain cannot be told apart")
    if told:
        return _Finding(Tri.NO, "", (), _ids(told))
    return _Finding(Tri.UNKNOWN, "no server judged a name under the search domains")


def _magic(seen: _Seen) -> _Finding:
    if not seen.config.get("overlay"):
        return _Finding(Tri.UNKNOWN, NO_OVERLAY)
    asked = [o for o in seen.queries if o.data.get("purpose") == MAGIC]
    answered = [o for o in asked if o.outcome is Outcome.ANSWERED]
    if answered:
        return _Finding(Tri.YES, "", (), _ids(answered))
    gone = [o for o in asked if o.outcome in (Outcome.REFUSED, Outcome.ICMP_ERROR)]
    if gone:
        return _Finding(Tri.NO, "", (), _ids(gone))
    silent = [o for o in asked if o.outcome is Outcome.NO_ANSWER]
    words = "it does not answer at 100.100.100.100; it may be switched off" if silent else "it could not be asked"
    return _Finding(Tri.UNKNOWN, words, (), _ids(silent))


def _system(seen: _Seen) -> _Finding:
    """Yes with one look-up that worked; no where look-ups fail although a server answers when it is asked directly."""
    good = [o for o in seen.lookups if o.outcome is Outcome.ANSWERED]
    if good:
        return _Finding(Tri.YES, "", (), _ids(good))
    failed = [o for o in seen.lookups if o.error in ("timeout", "name-server-failed", "name-not-found")]
    names = {o.data["name"] for o in seen.answered(RELAY) if o.data.get("addresses")}
    missed = [o for o in failed if o.target.rstrip(".").lower() in names]
    if missed:
        return _Finding(Tri.NO, "", (), _ids(missed))
    why = "no look-up worked, and no server answered either" if failed else "no name had to be looked up (--full)"
    return _Finding(Tri.UNKNOWN, why, (), _ids(failed))


def _looked_up(seen: _Seen, asked: Observation) -> list[Observation]:
    """What the system's resolver said about the same name and family."""
    family = 6 if asked.data.get("type") == "AAAA" else 4
    return [
        o for o in seen.lookups
        if o.family == family and o.target.rstrip(".").lower() == asked.data.get("name") and o.data.get("addresses")
    ]  # fmt: skip


def _literals(relay_map: RelayMap, asked: Observation) -> set[str]:
    """The addresses that the map itself gives that name, of the family that was asked for."""
    family: Family = 6 if asked.data.get("type") == "AAAA" else 4
    found = (
        node.literal(family)
        for region in relay_map.regions
        for node in region.nodes
        if node.host_name.rstrip(".").lower() == asked.data.get("name")
    )
    return {str(ip) for ip in found if ip is not None}


def _addresses(observations: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for o in observations for text in o.data["addresses"]))


def _ids(observations: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(o.id for o in observations)
