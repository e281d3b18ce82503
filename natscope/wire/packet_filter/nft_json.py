"""What `nft -j list ruleset` prints, as rules. Source: libnftables-json(5).

Whatever is not understood becomes a match that may hold or not, so that nobody takes a rule for more than it says.
Raises `RemoteError` for what is no such text at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from natscope.errors import RemoteError
from natscope.model.packet_filter import UNREAD, Chain, Match, Rule, RuleSet

MAX_BYTES = 8 * 1024 * 1024
MAX_RULES = 5_000
MAX_VALUES = 64
_VERDICTS = frozenset({"accept", "drop", "return", "continue", "reject", "queue"})
_NO_MATTER = frozenset(
    {"counter", "log", "mangle", "notrack", "ct helper", "ct timeout", "add", "update", "xt comment"}
)
"""Statements that change or note something and decide nothing."""
_META = {"iif": "iif", "iifname": "iif", "oif": "oif", "oifname": "oif", "l4proto": "proto"}
_PROTOCOLS = {"ip": "4", "ip6": "6"}
_TRANSPORTS = frozenset({"udp", "tcp", "udplite", "sctp", "dccp"})

Sets = dict[tuple[str, str, str], Any]
"""Elements of named sets by family, table and name."""


def decode(data: bytes) -> RuleSet:
    """The whole rule set. Raises `RemoteError`."""
    if len(data) > MAX_BYTES:
        raise RemoteError(f"the rules are longer than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        items = msgspec.json.decode(data, type=_Document).nftables
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteError("nft printed something that is no JSON of rules") from error
    sets: Sets = {}
    for item in items:
        found = _part(item, "set")
        if found:
            sets[_key(found)] = found.get("elem", [])
    heads = {_chain_key(found): found for item in items if (found := _part(item, "chain"))}
    rules: dict[tuple[str, str, str], list[Rule]] = {key: [] for key in heads}
    kept = left_out = 0
    for item in items:
        found = _part(item, "rule")
        if (
            not found
            or (into := rules.get((_text(found, "family"), _text(found, "table"), _text(found, "chain")))) is None
        ):
            continue
        if kept >= MAX_RULES:
            left_out += 1
            continue
        kept += 1
        into += _rules(found, sets)
    return RuleSet(tuple(_chain(head, rules[key]) for key, head in heads.items()), left_out)


def has_foreign(data: bytes) -> bool:
    """Whether some rules were made by iptables: their conditions stand in its own words only."""
    return b'"xt"' in data


class _Document(msgspec.Struct):
    nftables: list[Any]


def _part(item: Any, name: str) -> dict[str, Any]:
    found = item.get(name) if isinstance(item, dict) else None
    return found if isinstance(found, dict) else {}


def _text(item: dict[str, Any], name: str) -> str:
    found = item.get(name)
    return found if isinstance(found, str) else ""


def _key(item: dict[str, Any]) -> tuple[str, str, str]:
    return _text(item, "family"), _text(item, "table"), _text(item, "name")


_chain_key = _key


def _chain(head: dict[str, Any], rules: list[Rule]) -> Chain:
    priority = head.get("prio")
    return Chain(
        engine="nftables",
        family=_text(head, "family"),
        table=_text(head, "table"),
        name=_text(head, "name"),
        hook=_text(head, "hook"),
        priority=priority if isinstance(priority, int) else 0,
        policy=_text(head, "policy"),
        rules=tuple(rules),
    )


def _rules(rule: dict[str, Any], sets: Sets) -> Iterator[Rule]:
    """One, or one for each branch of a verdict map."""
    owner = (_text(rule, "family"), _text(rule, "table"))
    matches: list[Match] = []
    packets: int | None = None
    expressions = rule.get("expr")
    for statement in expressions if isinstance(expressions, list) else []:
        name, value = next(iter(statement.items())) if isinstance(statement, dict) and statement else ("", None)
        if name == "counter":
            packets = value.get("packets") if isinstance(value, dict) else None
            packets = packets if isinstance(packets, int) else None
        elif name == "match":
            matches += _matches(value, owner, sets)
        elif name in _VERDICTS:
            yield _rule(matches, name, "", packets)
            return
        elif name in ("jump", "goto"):
            yield _rule(matches, name, _text(value if isinstance(value, dict) else {}, "target"), packets)
            return
        elif name == "vmap":
            yield from _branches(value, matches, packets, owner, sets)
            return
        elif name == "xt" and isinstance(value, dict) and value.get("name") == "comment":
            continue
        elif name not in _NO_MATTER:
            matches.append(Match(UNREAD, (name or "something",)))
    yield _rule(matches, "", "", packets)


def _rule(matches: list[Match], verdict: str, target: str, packets: int | None) -> Rule:
    what = " ".join(part for part in (verdict, target) if part)
    conditions = ", ".join(m.words for m in matches if m.field != "family")
    return Rule(tuple(matches), "" if verdict == "continue" else verdict, target, packets, f"{conditions}: {what}"
                if conditions else what)  # fmt: skip


def _branches(
    value: Any, matches: list[Match], packets: int | None, owner: tuple[str, str], sets: Sets
) -> Iterator[Rule]:
    data = value.get("data") if isinstance(value, dict) else None
    pairs = data.get("set") if isinstance(data, dict) else None
    if not isinstance(pairs, list):
        yield _rule([*matches, Match(UNREAD, ("a map",))], "queue", "", packets)
        return
    for pair in pairs[:MAX_VALUES]:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], dict) or not pair[1]:
            continue
        verdict, target = next(iter(pair[1].items()))
        conditions = _matches({"op": "==", "left": value.get("key"), "right": pair[0]}, owner, sets)
        if verdict in _VERDICTS or verdict in ("jump", "goto"):
            yield _rule([*matches, *conditions], verdict, _text(target if isinstance(target, dict) else {}, "target"),
                        packets)  # fmt: skip


def _matches(match: Any, owner: tuple[str, str], sets: Sets) -> list[Match]:
    """A condition, and what it says besides: `udp dport` is about UDP alone."""
    if not isinstance(match, dict):
        return [Match(UNREAD, ("a condition",))]
    field, implied = _field(match.get("left"))
    values = _values(match.get("right"), owner, sets)
    operator = match.get("op")
    if not field or values is None or operator not in ("==", "!=", "in"):
        return [*implied, Match(UNREAD, (field or "a condition",))]
    if field in ("iif", "oif"):
        values = tuple(value.replace("+", "*") for value in values)
    return [*implied, Match(field, values, operator == "!=")]


def _field(left: Any) -> tuple[str, list[Match]]:
    if not isinstance(left, dict):
        return "", []
    meta, payload, ct = _part(left, "meta"), _part(left, "payload"), _part(left, "ct")
    if meta:
        key = _text(meta, "key")
        return ("family", []) if key == "nfproto" else (_META.get(key, ""), [])
    if ct:
        return ("state", []) if ct.get("key") == "state" else ("", [])
    protocol, field = _text(payload, "protocol"), _text(payload, "field")
    if protocol in _PROTOCOLS:
        implied = [Match("family", (_PROTOCOLS[protocol],))]
        named = {"saddr": "saddr", "daddr": "daddr", "protocol": "proto", "nexthdr": "proto"}.get(field, "")
        return named, implied
    if protocol in _TRANSPORTS:
        return (field if field in ("sport", "dport") else ""), [Match("proto", (protocol,))]
    return (field if protocol == "th" and field in ("sport", "dport") else ""), []


def _values(right: Any, owner: tuple[str, str], sets: Sets) -> tuple[str, ...] | None:
    """Texts of which one has to fit; None for what is not understood."""
    if isinstance(right, str) and right.startswith("@"):
        elements = sets.get((*owner, right[1:]))
        return _all(elements, owner, sets) if isinstance(elements, list) else None
    if isinstance(right, dict) and "set" in right:
        members = right["set"]
        return _all(members, owner, sets) if isinstance(members, list) else _values(members, owner, sets)
    if isinstance(right, list):
        return _all(right, owner, sets)
    one = _value(right)
    return None if one is None else (one,)


def _all(items: Iterable[Any], owner: tuple[str, str], sets: Sets) -> tuple[str, ...] | None:
    found = [_value(item) for item in items]
    if len(found) > MAX_VALUES or any(value is None for value in found):
        return None
    return tuple(value for value in found if value is not None)


def _value(item: Any) -> str | None:
    if isinstance(item, bool) or item is None:
        return None
    if isinstance(item, str | int):
        return {"ipv4": "4", "ipv6": "6"}.get(str(item), str(item))
    if not isinstance(item, dict):
        return None
    if "elem" in item:
        inner = item["elem"]
        return _value(inner.get("val")) if isinstance(inner, dict) else None
    prefix, reach = _part(item, "prefix"), item.get("range")
    if prefix:
        return f"{prefix.get('addr')}/{prefix.get('len')}"
    if isinstance(reach, list) and len(reach) == 2:
        return f"{reach[0]}-{reach[1]}"
    return None
