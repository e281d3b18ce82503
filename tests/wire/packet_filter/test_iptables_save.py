"""`iptables-save -c`: recorded ones of both kinds, options that matter, garbage."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from natscope.model.packet_filter import UNREAD, Match, Rule
from natscope.wire.packet_filter.iptables_save import MAX_RULES, decode

FOLDER = Path(__file__).parents[3] / "fixtures/recordings/packet-filter"
RECORDED = (FOLDER / "iptables-save.txt").read_text()
LEGACY = (FOLDER / "iptables-legacy-save.txt").read_text()
WORDS = ("-A", "INPUT", "-s", "!", "-j", "-m", "--dport", "--comment", '"', "'", "\\", "*filter", ":INPUT DROP [0:0]",
         "[1:2]", "-i", "+", "\n", "COMMIT")  # fmt: skip


def one(line: str) -> Rule:
    """A single rule of INPUT."""
    chains = decode(f"*filter\n:INPUT ACCEPT [0:0]\n{line}\nCOMMIT\n", family=4).chains
    assert len(chains[0].rules) == 1
    return chains[0].rules[0]


def test_the_recorded_rules() -> None:
    found = {chain.name: chain for chain in decode(RECORDED, family=4).chains}
    assert [(c.hook, c.policy, len(c.rules)) for c in found.values()] == [
        ("input", "drop", 3), ("forward", "accept", 0), ("output", "accept", 0), ("", "", 5),
    ]  # fmt: skip
    assert (found["INPUT"].rules[0].verdict, found["INPUT"].rules[0].target) == ("jump", "ts-input")
    assert found["INPUT"].rules[1].matches == (Match("state", ("related", "established")),)
    assert found["INPUT"].rules[2].matches == (Match("proto", ("udp",)), Match("dport", ("67", "68")))
    dropping = found["ts-input"].rules[2]
    assert dropping.matches == (Match("saddr", ("100.64.0.0/10",)), Match("iif", ("tailscale0",), negated=True))
    assert (dropping.verdict, dropping.packets) == ("drop", 0)
    assert dropping.text == "-s 100.64.0.0/10 ! -i tailscale0 -j DROP"
    assert found["ts-input"].place == "iptables: table ip filter, chain ts-input"


def test_the_older_tables_are_told_apart() -> None:
    chain = decode(LEGACY, family=6, legacy=True).chains[-1]
    assert (chain.engine, chain.family, chain.name) == ("iptables-legacy", "ip6", "ts-input")
    assert chain.rules[0].verdict == "drop"


def test_options_that_decide() -> None:
    assert one("[5:420] -A INPUT -i wg+ -p udp -m udp --sport 1000:2000 -j REJECT --reject-with icmp-port").matches == (
        Match("iif", ("wg*",)), Match("proto", ("udp",)), Match("sport", ("1000-2000",)),
    )  # fmt: skip
    assert one("[5:420] -A INPUT -j ACCEPT").packets == 5
    assert one("-A INPUT -j ACCEPT").packets is None
    assert one('[0:0] -A INPUT -m comment --comment "-j DROP" -j LOG').verdict == ""
    assert one("[0:0] -A INPUT -g other").verdict == "goto"


def test_what_is_not_understood_may_hold_or_not() -> None:
    rule = one("[0:0] -A INPUT -m recent --update --seconds 60 --name x -m mark ! --mark 0x1/0xff -j DROP")
    assert rule.verdict == "drop"
    assert {m.field for m in rule.matches} == {UNREAD}
    assert one("[0:0] -A INPUT -m set --match-set bad src -j DROP").matches[0].field == UNREAD


def test_so_many_rules_are_cut_and_counted() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n" + "[0:0] -A INPUT -j ACCEPT\n" * (MAX_RULES + 3)
    assert decode(text, family=4).left_out == 3


def test_every_cut_is_read() -> None:
    for length in range(len(RECORDED)):
        assert decode(RECORDED[:length], family=4).rules <= 8


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=40))
def test_garbage_is_no_crash(words: list[str]) -> None:
    decode("*filter\n:INPUT DROP [0:0]\n" + " ".join(words), family=4)
