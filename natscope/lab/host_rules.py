"""Rules of its own that a host of a scenario may have: as text for `nft`, and as values for the simulator.

The values are what the kernel tells after the text was loaded; a test compares them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from natscope.model.packet_filter import Chain, Match, Rule, RuleSet


class HostRules(enum.StrEnum):
    """`TAILSCALE`: what its agent puts in front of everything; `CLOSED`: a firewall that lets answers in only.

    `NO_UDP`: a firewall that lets no UDP out but name look-ups, and refuses it to the program that sends.
    """

    TAILSCALE = "tailscale"
    CLOSED = "closed"
    NO_UDP = "no-udp"


@dataclass(frozen=True, slots=True)
class Written:
    """The same rules twice."""

    nft: str
    values: RuleSet


_OVERLAY, _CHROME, _SHARED = "tailscale0", "100.115.92.0/23", "100.64.0.0/10"
_NOT_OVERLAY = Match("iif", (_OVERLAY,), negated=True)
_FOUR = Match("family", ("4",))


def _from(prefix: str, verdict: str) -> Rule:
    text = f"iif is not {_OVERLAY}, saddr is {prefix}: {verdict}"
    return Rule((_NOT_OVERLAY, _FOUR, Match("saddr", (prefix,))), verdict, "", 0, text)


def _plain(match: Match, verdict: str) -> Rule:
    return Rule((match,), verdict, "", 0, f"{match.words}: {verdict}")


_TAILSCALE = Written(
    nft=f"""
table ip filter {{
  chain ts-input {{
    iifname != "{_OVERLAY}" ip saddr {_CHROME} counter return
    iifname != "{_OVERLAY}" ip saddr {_SHARED} counter drop
    iifname "{_OVERLAY}" counter accept
    udp dport 41641 counter accept
  }}
  chain INPUT {{
    type filter hook input priority filter; policy accept;
    counter jump ts-input
  }}
}}
""",
    values=RuleSet(
        (
            Chain("nftables", "ip", "filter", "ts-input", "", 0, "", (
                _from(_CHROME, "return"),
                _from(_SHARED, "drop"),
                _plain(Match("iif", (_OVERLAY,)), "accept"),
                Rule((Match("proto", ("udp",)), Match("dport", ("41641",))), "accept", "", 0,
                     "proto is udp, dport is 41641: accept"),
            )),
            Chain("nftables", "ip", "filter", "INPUT", "input", 0, "accept", (
                Rule((), "jump", "ts-input", 0, "jump ts-input"),
            )),
        )
    ),
)  # fmt: skip

_CLOSED = Written(
    nft="""
table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "lo" counter accept
    ct state established,related counter accept
    meta l4proto icmp counter accept
    meta l4proto ipv6-icmp counter accept
    counter drop
  }
}
""",
    values=RuleSet(
        (
            Chain("nftables", "inet", "filter", "input", "input", 0, "accept", (
                _plain(Match("iif", ("lo",)), "accept"),
                _plain(Match("state", ("established", "related")), "accept"),
                _plain(Match("proto", ("icmp",)), "accept"),
                _plain(Match("proto", ("ipv6-icmp",)), "accept"),
                Rule((), "drop", "", 0, "drop"),
            )),
        )
    ),
)  # fmt: skip

_NO_UDP = Written(
    nft="""
table inet filter {
  chain output {
    type filter hook output priority filter; policy accept;
    oifname "lo" counter accept
    udp dport 53 counter accept
    meta l4proto udp counter drop
  }
}
""",
    values=RuleSet(
        (
            Chain("nftables", "inet", "filter", "output", "output", 0, "accept", (
                _plain(Match("oif", ("lo",)), "accept"),
                Rule((Match("proto", ("udp",)), Match("dport", ("53",))), "accept", "", 0,
                     "proto is udp, dport is 53: accept"),
                _plain(Match("proto", ("udp",)), "drop"),
            )),
        )
    ),
)  # fmt: skip

WRITTEN = {HostRules.TAILSCALE: _TAILSCALE, HostRules.CLOSED: _CLOSED, HostRules.NO_UDP: _NO_UDP}
