"""`nft -j list ruleset`: a recorded one, garbage, and every cut of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.packet_filter import UNREAD, Match, Rule
from natscope.wire.packet_filter.nft_json import MAX_RULES, decode, has_foreign

RECORDED = (Path(__file__).parents[3] / "fixtures/recordings/packet-filter/nft.json").read_bytes()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from(["saddr", "@trusted", "udp", "ip", "==", "iifname", "input"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["rule", "chain", "set", "expr", "match", "left", "right", "meta", "payload", "vmap", "elem"]),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


def rules_of(chain: str, family: str = "inet") -> tuple[Rule, ...]:
    return next(c.rules for c in decode(RECORDED).chains if (c.name, c.family) == (chain, family))


def test_chains_with_their_hooks_and_policies() -> None:
    told = [(c.family, c.table, c.name, c.hook, c.policy, len(c.rules)) for c in decode(RECORDED).chains]
    assert told == [
        ("inet", "filter", "input", "input", "drop", 12),
        ("inet", "filter", "more", "", "", 2),
        ("inet", "filter", "output", "output", "accept", 1),
        ("inet", "filter", "forward", "forward", "drop", 0),
        ("ip", "filter", "ts-input", "", "", 5),
        ("ip", "filter", "INPUT", "input", "drop", 3),
    ]


def test_conditions_of_every_kind() -> None:
    first, *_ = rules = rules_of("input")
    assert first.matches == (Match("iif", ("lo",)),)
    states = [r for r in rules if r.matches and r.matches[0].field == "state"]
    assert [(r.matches[0].values, r.verdict) for r in states] == [
        (("invalid",), "drop"), (("established",), "accept"), (("related",), "accept"),
        (("established", "related"), "accept"),
    ]  # fmt: skip
    trusted = next(r for r in rules if Match("saddr", ("10.0.0.0/8", "192.168.1.0/24")) in r.matches)
    assert trusted.matches[0] == Match("family", ("4",))
    assert trusted.matches[2:] == (Match("proto", ("tcp",)), Match("dport", ("22",)))
    mesh = next(r for r in rules if r.packets is not None and r.verdict == "accept")
    assert mesh.matches == (Match("proto", ("udp",)), Match("dport", ("5353", "41641-41650")))
    shared = next(r for r in rules if Match("saddr", ("100.64.0.0/10",)) in r.matches)
    assert shared.matches[0] == Match("iif", ("tailscale0",), negated=True)
    assert (shared.verdict, shared.packets) == ("drop", 0)
    assert shared.text == "iif is not tailscale0, saddr is 100.64.0.0/10: drop"
    marked = next(r for r in rules if r.matches and r.matches[0].field == UNREAD)
    assert marked.verdict == "accept"
    assert [(r.verdict, r.target) for r in rules[-2:]] == [("jump", "more"), ("reject", "")]


def test_a_limit_and_a_foreign_match_may_hold_or_not() -> None:
    assert rules_of("more")[0].matches[-1] == Match(UNREAD, ("limit",))
    assert has_foreign(RECORDED)
    foreign = rules_of("INPUT", "ip")
    assert foreign[1].matches == (Match(UNREAD, ("xt",)),)
    assert foreign[2].matches == (Match("proto", ("udp",)), Match(UNREAD, ("xt",)))


def test_so_many_rules_are_cut_and_counted() -> None:
    rule = {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{"accept": None}]}}
    chain = {"chain": {"family": "ip", "table": "t", "name": "c"}}
    found = decode(json.dumps({"nftables": [chain, *[rule] * (MAX_RULES + 7)]}).encode())
    assert (found.left_out, found.rules) == (7, MAX_RULES + 7)


def test_every_cut_is_refused() -> None:
    for length in range(0, len(RECORDED.rstrip()), 97):
        with pytest.raises(RemoteError):
            decode(RECORDED[:length])


@given(st.binary(max_size=64))
def test_garbage_is_refused_or_read(data: bytes) -> None:
    try:
        decode(data)
    except RemoteError:
        return


@given(st.lists(JSON, max_size=6))
def test_strange_json_is_no_crash(items: list[object]) -> None:
    head = [{"chain": {"family": "ip", "table": "t", "name": "c", "hook": "input", "prio": 0}}]
    rules = [{"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{"match": item}, {"vmap": item}]}}
             for item in items]  # fmt: skip
    assert decode(json.dumps({"nftables": [*head, *rules, *items]}).encode()).left_out == 0
