"""Rules of a packet filter as values: what nftables and iptables have in common, enough to judge a packet."""

from __future__ import annotations

import msgspec

UNREAD = "?"
"""The field of a match that we cannot judge: it may hold or not."""


class Match(msgspec.Struct, frozen=True):
    """One condition. `values` are texts of which one has to fit; `negated` turns that round.

    `field`: `iif`, `oif` (names, `*` at the end stands for anything), `saddr`, `daddr` (prefixes or `A-B`), `family`
    (`4`, `6`), `proto` (lower-case names), `sport`, `dport` (numbers or `A-B`), `state` (of the connection), or `?`.
    """

    field: str
    values: tuple[str, ...] = ()
    negated: bool = False

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.field} {'is not' if self.negated else 'is'} {' or '.join(self.values[:3])}"


class Rule(msgspec.Struct, frozen=True):
    """One rule: all `matches` must hold. `verdict`: `accept`, `drop`, `reject`, `return`, `jump`, `goto`, `queue`, ``.

    `target` is the chain of a jump. `packets` is its counter, None where it has none. `text` is the rule for people.
    """

    matches: tuple[Match, ...] = ()
    verdict: str = ""
    target: str = ""
    packets: int | None = None
    text: str = ""


class Chain(msgspec.Struct, frozen=True):
    """A chain in its table. `hook` is empty for one that is only jumped to; `policy` then too.

    `engine`: `nftables`, `iptables` or `iptables-legacy`; `family`: `ip`, `ip6`, `inet`, …
    """

    engine: str
    family: str
    table: str
    name: str
    hook: str = ""
    priority: int = 0
    policy: str = ""
    rules: tuple[Rule, ...] = ()

    @property
    def place(self) -> str:
        """Where to look for it: `nftables: table inet filter, chain input`."""
        return f"{self.engine}: table {self.family} {self.table}, chain {self.name}"


class RuleSet(msgspec.Struct, frozen=True):
    """All chains. `left_out` counts rules beyond what is kept."""

    chains: tuple[Chain, ...] = ()
    left_out: int = 0

    @property
    def rules(self) -> int:
        """How many rules there are."""
        return sum(len(chain.rules) for chain in self.chains) + self.left_out

    def __add__(self, other: RuleSet) -> RuleSet:
        return RuleSet(self.chains + other.chains, self.left_out + other.left_out)
