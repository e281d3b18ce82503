"""The value that a name of a policy has in a report, and whether there is such a name at all.

A name is a key of the report (docs/report.md). Beside these there are `home`, `relays.answered`, and groups by name:
`relays.CODE.` with one of `RELAY_FIELDS`, `findings.` with one of `FINDING_FIELDS`, `peers.NAME.` with `PEER_FIELDS`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import inspect

from natscope.errors import UserError
from natscope.model.report import RelayReport, Report
from natscope.policy.expectation import Expectation, Value

RELAY_FIELDS = ("latency_ms", "loss", "jitter_ms", "error")
PEER_PATHS = ("direct", "relayed", "peer-relay", "no-answer")
PEER_FIELDS = ("path", "rtt_ms", "loss", "relay")
FINDING_FIELDS = ("max_severity", "absent", "allowed")
_LISTS = ("relays", "findings", "observations", "probes", "interfaces", "not_measured")
_ORDER = ("fail", "warn", "info")


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """What pings of one peer came to. `path`: `direct`, `relayed`, `peer-relay`, `no-answer`; None: not known."""

    path: str | None = None
    rtt_ms: float | None = None
    loss: float | None = None
    relay: str | None = None
    reason: str = ""


def check_words(expectation: Expectation) -> None:
    """Raises `UserError` for a word that this name never has: `!= typo` would always hold.

    `unknown` is none of them: what is not known is inconclusive, never what somebody expects.
    """
    known = _words_of(expectation.path)
    for word in expectation.words if known else ():
        if word not in known:
            raise UserError(f'{expectation.name} is never "{word}"', hint=f"it is one of {', '.join(known)}")


def _words_of(path: tuple[str, ...]) -> tuple[str, ...]:
    """All words that a value can be; empty where any text or number can be."""
    if path[0] == "peers":
        return PEER_PATHS if path[2] == "path" else ()
    if path[0] in ("relays", "findings", "home"):
        return ()
    kind: inspect.Type = inspect.type_info(Report)
    for part in path:
        fields = {field.encode_name: field.type for field in _struct(kind, path).fields}
        kind = fields[part]
    kind = _without_none(kind)
    if isinstance(kind, inspect.BoolType):
        return "yes", "no"
    if not isinstance(kind, inspect.EnumType):
        return ()
    return tuple(str(member.value) for member in kind.cls if member.value != "unknown")


def check_name(path: tuple[str, ...]) -> None:
    """Raises `UserError` for a name that no report can have, with those that there are."""
    root = path[0]
    special = {"relays": RELAY_FIELDS, "peers": PEER_FIELDS}
    if path in (("home",), ("relays", "answered")):
        return
    if root == "findings":
        _one_of(path, 1, FINDING_FIELDS)
        return
    if root in special:
        if len(path) != 3:
            raise UserError(f"{_joined(path)}: write {root}.NAME.{special[root][0]}")
        _one_of(path, 2, special[root])
        return
    kind: inspect.Type = inspect.type_info(Report)
    for number in range(len(path)):
        kind = _struct(kind, path[:number])
        assert isinstance(kind, inspect.StructType)
        fields = {field.encode_name: field.type for field in kind.fields}
        known = [name for name in fields if number or name not in _LISTS]
        extra = [] if number else ["home", "relays", "findings", "peers"]
        _one_of(path, number, [*known, *extra])
        kind = fields[path[number]]
    if isinstance(_without_none(kind), inspect.StructType):
        names = ", ".join(field.encode_name for field in _struct(kind, path).fields)
        raise UserError(f"{_joined(path)} is a group: name one of {names}")


def value_of(path: tuple[str, ...], report: Report | None, peers: Mapping[str, PeerFacts]) -> tuple[Value, str]:
    """The value, and why it is not known, empty where nobody says. `report` None: only peers were asked."""
    if path[0] == "peers":
        facts = peers.get(path[1], PeerFacts(reason="it was not asked"))
        return _known(getattr(facts, path[2])), facts.reason
    if report is None:
        return None, "no netcheck was made"
    if path == ("home",):
        return report.preferred_relay.region_code or None, report.preferred_relay.reason
    if path[0] == "findings":
        return _findings(path[1], report), ""
    if path[0] == "relays":
        return _relay(path, report)
    found: Any = report
    group: Any = report
    for part in path:
        if found is None:
            return None, "it was not measured"
        group, found = found, getattr(found, part)
    return _known(found), _reason(group, path[-1])


def _known(found: object) -> Value:
    if found is None or found == "unknown" or found == "":
        return None
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, int | float):
        return float(found)
    if isinstance(found, tuple):
        return tuple(str(each) for each in found)
    return str(found)


def _reason(group: object, field: str) -> str:
    """What the report says about an unknown field."""
    reasons = getattr(group, "reasons", None)
    if isinstance(reasons, dict) and field in reasons:
        return str(reasons[field])
    for name in (f"{field}_reason", "reason"):
        told = getattr(group, name, "")
        if isinstance(told, str) and told:
            return told
    return ""


def _findings(what: str, report: Report) -> Value:
    if what == "max_severity":
        return next((s for s in _ORDER if any(f.severity == s for f in report.findings)), "none")
    return tuple(finding.id for finding in report.findings)


def _relay(path: tuple[str, ...], report: Report) -> tuple[Value, str]:
    if path == ("relays", "answered"):
        return float(sum(_best(relay) is not None for relay in report.relays)), ""
    wanted = path[1].lower()
    relay = next((r for r in report.relays if wanted in (r.region_code.lower(), str(r.region_id))), None)
    if relay is None:
        return None, "the relay map has no such region"
    told = relay.error.message if relay.error else "" if relay.measured else "the map forbids to measure it"
    if path[2] == "error":
        return relay.error.code if relay.error else "none" if relay.measured else None, told
    if path[2] == "latency_ms":
        best = _best(relay)
        others = any(_best(each) is not None for each in report.relays)
        if best is None and relay.error is not None and others:  # asked, and the others' answers are the control
            return math.inf, told
        return best, told
    return _known(getattr(relay, path[2])), told


def _best(relay: RelayReport) -> float | None:
    """As a number of TOML and JSON alike."""
    time = relay.latency_ms.relay
    return None if time is None else float(time)


def _struct(kind: inspect.Type, path: tuple[str, ...]) -> inspect.StructType:
    plain = _without_none(kind)
    if not isinstance(plain, inspect.StructType):
        raise UserError(f"{_joined(path)} is a value: nothing stands below it")
    return plain


def _without_none(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.UnionType):
        return next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind


def _one_of(path: tuple[str, ...], number: int, known: tuple[str, ...] | list[str]) -> None:
    if number >= len(path):
        raise UserError(f"{_joined(path)} is a group: name one of {', '.join(known)}")
    if path[number] not in known:
        raise UserError(f'{_joined(path)}: there is no "{path[number]}"', hint=f"there is {', '.join(known)}")


def _joined(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the report"


def peers_wanted(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The names of all peers that a policy asks for."""
    return tuple(dict.fromkeys(path[1] for path in paths if path[0] == "peers"))
