"""What rules do to a packet: recorded ones, the kernel's order of chains, and what cannot be judged."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.packet_filter import Asked, droppers, judge
from natscope.model.address_space import SHARED
from natscope.model.packet_filter import Chain, Match, Rule, RuleSet
from natscope.wire.packet_filter import iptables_save, nft_json

FOLDER = Path(__file__).parents[2] / "fixtures/recordings/packet-filter"
NFT = nft_json.decode((FOLDER / "nft.json").read_bytes())
IPTABLES = iptables_save.decode((FOLDER / "iptables-save.txt").read_text(), family=4)
LEGACY = iptables_save.decode((FOLDER / "iptables-legacy-save.txt").read_text(), family=4, legacy=True)
OWN = RuleSet(tuple(c for c in NFT.chains if c.family == "inet"))
HERE = ipaddress.ip_address("192.168.1.20")


def asked(source: str = "203.0.113.5", **more: object) -> Asked:
    return Asked(**({"source": ipaddress.ip_address(source), "destination": HERE, "iif": "eth0"} | more))  # type: ignore[arg-type]


def chain(*rules: Rule, hook: str = "input", policy: str = "accept", name: str = "c", priority: int = 0) -> Chain:
    return Chain("nftables", "inet", "t", name, hook, priority, policy, rules)


def said(*chains: Chain) -> str:
    return judge(RuleSet(chains), "input", asked(dport=41641)).verdict


@pytest.mark.parametrize(
    ("packet", "verdict"),
    [
        (asked(dport=41641), "accept"),
        (asked(dport=41651), "reject"),
        (asked(dport=41651, state="established"), "accept"),
        (asked("100.64.0.9", dport=9), "drop"),
        (asked("100.64.0.9", dport=9, iif="tailscale0"), "reject"),
        (asked("10.0.0.1", proto="tcp", dport=22), "accept"),
        (asked("11.0.0.1", proto="tcp", dport=22), "reject"),
    ],
)
def test_a_recorded_rule_set(packet: Asked, verdict: str) -> None:
    """The recorded rules let marked packets pass, and nobody knows the mark: without that rule they decide."""
    sure = RuleSet(tuple(msgspec_without_doubt(c) for c in OWN.chains))
    assert judge(sure, "input", packet).verdict == verdict
    assert judge(OWN, "input", packet).verdict in (verdict, "unknown")


def msgspec_without_doubt(of: Chain) -> Chain:
    kept = tuple(r for r in of.rules if all(m.field != "?" for m in r.matches))
    return Chain(of.engine, of.family, of.table, of.name, of.hook, of.priority, of.policy, kept)


def test_the_rule_that_decides_is_named() -> None:
    found = judge(IPTABLES, "input", asked("100.64.0.9", dport=9))
    assert found.verdict == "drop"
    assert found.words == "iptables: table ip filter, chain ts-input: `-s 100.64.0.0/10 ! -i tailscale0 -j DROP`"
    assert judge(IPTABLES, "input", asked("100.115.92.7", dport=9)).words.endswith("its policy is drop")
    assert judge(LEGACY, "input", asked("100.64.0.9")).verdict == "drop"
    assert judge(IPTABLES, "input", asked(dport=41641)).words == ""


def test_rules_that_would_drop_are_found_wherever_they_stand() -> None:
    found = droppers(NFT + IPTABLES + LEGACY, "input", SHARED, [asked(dport=9)])
    assert [c.engine for c, _, _ in found] == ["nftables", "nftables", "iptables", "iptables-legacy"]
    assert droppers(NFT, "input", ipaddress.IPv4Network("203.0.113.0/24"), [asked()]) == ()


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("-s 100.64.0.0/10 -j DROP", ["100.64.0.0/10"]),
        ("-s 100.0.0.0/8 -j DROP", ["100.64.0.0/10"]),
        ("-s 100.100.0.0/16 -j DROP", ["100.100.0.0/16"]),
        ("-s 100.100.2.136/32 -j REJECT", ["100.100.2.136/32"]),
        ("! -s 192.168.0.0/16 -j DROP", ["100.64.0.0/10"]),
        ("-s 100.64.0.0/10 -i eth0 -j DROP", ["100.64.0.0/10"]),
        ("-s 100.64.0.0/10 -d 192.168.1.20/32 -j DROP", ["100.64.0.0/10"]),
        ("-s 100.64.0.0/10 -i eth1 -j DROP", []),
        ("-s 100.64.0.0/10 -d 192.168.1.21/32 -j DROP", []),
        ("-s 203.0.113.0/24 -j DROP", []),
        ("-s 100.64.0.0/10 -j ACCEPT", []),
        ("-j DROP", []),
    ],
)
def test_a_rule_names_the_parts_that_it_drops(rule: str, parts: list[str]) -> None:
    text = f"*filter\n:INPUT ACCEPT [0:0]\n[3:4] -A INPUT {rule}\nCOMMIT\n"
    found = droppers(iptables_save.decode(text, family=4), "input", SHARED, [asked(dport=9)])
    assert [str(part) for _, _, named in found for part in named] == parts


def test_sources_from_to_are_parts_too_and_what_is_no_address_is_none() -> None:
    ends, nonsense = Match("saddr", ("100.100.0.0-100.101.255.255",)), Match("saddr", ("@set", "::/0"))
    rules = RuleSet((chain(Rule((ends,), "drop"), Rule((nonsense,), "drop")),))
    ((_, rule, parts),) = droppers(rules, "input", SHARED, [asked(dport=9)])
    assert (rule.matches, [str(part) for part in parts]) == ((ends,), ["100.100.0.0/15"])


def test_an_accept_goes_on_to_the_next_chain_and_a_drop_ends() -> None:
    accept, drop = Rule(verdict="accept"), Rule(verdict="drop")
    assert said(chain(accept), chain(drop, name="d", priority=5)) == "drop"
    assert said(chain(drop, priority=5), chain(accept, name="d")) == "drop"
    assert said(chain(accept), chain(accept, name="d")) == "accept"
    assert said(chain(policy="drop")) == "drop"
    assert said(chain(drop, hook="forward")) == "accept"


def test_jumps_come_back_and_gotos_do_not() -> None:
    empty = chain(name="sub", hook="", policy="")
    after = Rule(verdict="drop")
    assert said(chain(Rule(verdict="jump", target="sub"), after), empty) == "drop"
    assert said(chain(Rule(verdict="goto", target="sub"), after), empty) == "accept"
    dropping = chain(Rule(verdict="drop"), name="sub", hook="", policy="")
    assert said(chain(Rule(verdict="jump", target="sub"), Rule(verdict="accept")), dropping) == "drop"
    returning = chain(Rule(verdict="return"), Rule(verdict="drop"), name="sub", hook="", policy="")
    assert said(chain(Rule(verdict="jump", target="sub")), returning) == "accept"


def test_doubt_stays_doubt_unless_the_rest_says_the_same() -> None:
    perhaps = Match("?", ("mark",))
    assert said(chain(Rule((perhaps,), "drop"))) == "unknown"
    assert said(chain(Rule((perhaps,), "accept"))) == "accept"
    assert said(chain(Rule((perhaps,), "drop"), policy="drop")) == "drop"
    assert said(chain(Rule((perhaps,), "drop")), chain(Rule(verdict="drop"), name="d", priority=1)) == "drop"
    assert said(chain(Rule((perhaps, Match("dport", ("9",))), "drop"))) == "accept"
    assert said(chain(Rule(verdict="queue"))) == "unknown"
    assert said(chain(Rule(verdict="jump", target="nowhere"))) == "unknown"
    assert judge(RuleSet((chain(),), left_out=1), "input", asked()).verdict == "unknown"


def test_chains_in_a_circle_end() -> None:
    assert said(chain(Rule(verdict="jump", target="c"))) == "unknown"


def test_values_of_every_form() -> None:
    def holds(match: Match, packet: Asked) -> bool:
        return judge(RuleSet((chain(Rule((match,), "drop")),)), "input", packet).verdict == "drop"

    six = Asked(source=ipaddress.ip_address("2001:db8::1"), destination=ipaddress.ip_address("2001:db8::2"), iif="wg7")
    assert holds(Match("saddr", ("203.0.113.1-203.0.113.9",)), asked())
    assert not holds(Match("saddr", ("203.0.113.6-203.0.113.9",)), asked())
    assert holds(Match("saddr", ("203.0.113.0/24",), negated=True), six)
    assert holds(Match("iif", ("wg*",)), six)
    assert holds(Match("family", ("6",)), six)
    assert holds(Match("proto", ("17",)), six)
    assert not holds(Match("dport", ("9",)), asked(proto="icmp"))
    assert judge(RuleSet((chain(Rule((Match("dport", ("9",)),), "drop")),)), "input", asked()).verdict == "unknown"
    assert judge(RuleSet((chain(Rule((Match("saddr", ("no",)),), "drop")),)), "input", asked()).verdict == "unknown"


MATCHES = st.builds(Match, st.sampled_from(("iif", "saddr", "dport", "state", "?")),
                    st.tuples(st.sampled_from(("eth0", "0.0.0.0/0", "9", "new", ""))), st.booleans())  # fmt: skip
RULES = st.builds(Rule, st.lists(MATCHES, max_size=2).map(tuple),
                  st.sampled_from(("accept", "drop", "reject", "return", "jump", "goto", "queue", "")),
                  st.sampled_from(("c", "d", "")))  # fmt: skip


@given(st.lists(RULES, max_size=6), st.lists(RULES, max_size=6), st.sampled_from(("accept", "drop")))
def test_every_rule_set_gets_an_answer(first: list[Rule], second: list[Rule], policy: str) -> None:
    rules = RuleSet((chain(*first, policy=policy), chain(*second, name="d", hook="", policy="")))
    assert judge(rules, "input", asked(dport=9)).verdict in ("accept", "drop", "reject", "unknown")
