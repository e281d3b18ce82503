"""What a packet filter would do to a packet: the chains of one hook, walked as the kernel does. Pure.

Conditions that cannot be judged may hold or not, so an answer can be `unknown`, with the rule that may drop it. Source:
nft(8), iptables(8): a base chain's accept goes on to the next one of the hook, a drop is final.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from natscope.model.endpoint import IPAddress
from natscope.model.packet_filter import UNREAD, Chain, Match, Rule, RuleSet

MAX_STEPS = 20_000
MAX_DEPTH = 16
MAX_PARTS = 64
_SAMPLE = 77
"""Which address of a network stands for it: not one that is special."""
_FAMILIES = {4: ("ip", "inet"), 6: ("ip6", "inet")}
_DROPS = ("drop", "reject")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The packet. `state` is its connection's: `new`, `established`, `related`. A port that may be any is None."""

    source: IPAddress
    destination: IPAddress
    proto: str = "udp"
    sport: int | None = None
    dport: int | None = None
    iif: str = ""
    oif: str = ""
    state: str = "new"

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.source.version


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """`verdict`: `accept`, `drop`, `reject` or `unknown`; `rule` decided, or may drop it; None: the chain's policy."""

    verdict: str
    chain: Chain | None = None
    rule: Rule | None = None

    @property
    def words(self) -> str:
        """Which rule, for people; empty when none had to decide."""
        if self.chain is None:
            return ""
        what = f"its policy is {self.chain.policy}" if self.rule is None else f"`{self.rule.text}`"
        return f"{self.chain.place}: {what}"


@dataclass(frozen=True, slots=True)
class _Outcome:
    verdict: str
    chain: Chain
    rule: Rule | None = None


@dataclass(slots=True)
class _Walk:
    """One walk: the chains by table, and how many rules may still be looked at."""

    asked: Asked
    chains: dict[tuple[str, str, str, str], Chain]
    steps: int = MAX_STEPS
    open: set[str] = field(default_factory=set)


def judge(rules: RuleSet, hook: str, asked: Asked) -> Judgement:
    """What the chains of `hook` do to the packet."""
    families = _FAMILIES[asked.family]
    walk = _Walk(asked, {(c.engine, c.family, c.table, c.name): c for c in rules.chains})
    bases = [c for c in rules.chains if c.hook == hook and c.family in families]
    doubt: _Outcome | None = None
    for base in sorted(bases, key=lambda c: c.priority):
        outcomes = [_settled(o) for o in _chain(walk, base, 0)]
        if walk.steps <= 0:
            return Judgement(verdict="unknown", chain=base)
        dropping = [o for o in outcomes if o.verdict != "accept"]
        if dropping and len(dropping) == len(outcomes) and all(o.verdict in _DROPS for o in dropping):
            first = dropping[0]
            return Judgement(verdict=first.verdict, chain=first.chain, rule=first.rule)
        doubt = doubt or next(iter(dropping), None)
    if doubt is not None or rules.left_out:
        return Judgement(verdict="unknown", chain=doubt.chain if doubt else None, rule=doubt.rule if doubt else None)
    return Judgement(verdict="accept")


def droppers(
    rules: RuleSet, hook: str, network: ipaddress.IPv4Network, packets: Iterable[Asked]
) -> tuple[tuple[Chain, Rule, tuple[ipaddress.IPv4Network, ...]], ...]:
    """Rules that name sources inside `network` and drop them, with the parts of it that each names.

    All rules of the chains of `hook`, and of those they may jump to, for one of `packets` if it gets there; their
    sources are not looked at. What names its sources by exclusion is taken for the whole of `network`.
    """
    thought = tuple(packets)
    found = []
    for chain in rules.chains:
        if chain.family in _FAMILIES[4] and chain.hook in ("", hook):
            for rule in chain.rules:
                parts = _parts(rule, network) if rule.verdict in _DROPS else ()
                dropped = tuple(part for part in parts[:MAX_PARTS] if _drops(rule, part, thought))
                if dropped:
                    found.append((chain, rule, dropped))
    return tuple(found)


def _parts(rule: Rule, network: ipaddress.IPv4Network) -> tuple[ipaddress.IPv4Network, ...]:
    """What of `network` the rule's sources are; nothing where it names none."""
    named = [match for match in rule.matches if match.field == "saddr"]
    parts = [network] if named else []
    for match in named:
        if not match.negated:
            inside = [net for value in match.values for net in _networks(value)]
            parts = [min(a, b, key=lambda n: n.num_addresses) for a in parts for b in inside if a.overlaps(b)]
    return tuple(ipaddress.collapse_addresses(parts))


def _networks(value: str) -> list[ipaddress.IPv4Network]:
    """`A/24` or `A-B` as networks; nothing for what is neither, or IPv6."""
    try:
        first, dash, last = value.partition("-")
        if dash:
            ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
            return list(ipaddress.summarize_address_range(*ends))
        return [ipaddress.IPv4Network(value, strict=False)]
    except ValueError:
        return []


def _drops(rule: Rule, part: ipaddress.IPv4Network, packets: Iterable[Asked]) -> bool:
    source = part[min(_SAMPLE, part.num_addresses - 1)]
    thought = (msgspec.structs.replace(packet, source=source) for packet in packets)
    return any(all(_holds(match, packet) is True for match in rule.matches) for packet in thought)


def _settled(outcome: _Outcome) -> _Outcome:
    """The end of a base chain is its policy."""
    if outcome.verdict == "return":
        return _Outcome(outcome.chain.policy or "accept", outcome.chain)
    return outcome


def _chain(walk: _Walk, chain: Chain, depth: int) -> list[_Outcome]:
    """All that may come of it; `return` is its end."""
    possible: list[_Outcome] = []
    for rule in chain.rules:
        walk.steps -= 1
        if walk.steps <= 0 or depth > MAX_DEPTH:
            return [*possible, _Outcome("unknown", chain, rule)]
        hit = _fits(rule.matches, walk.asked)
        if hit is False or not rule.verdict:
            continue
        ended = hit is True
        if rule.verdict in ("jump", "goto"):
            target = walk.chains.get((chain.engine, chain.family, chain.table, rule.target))
            inner = _chain(walk, target, depth + 1) if target is not None else [_Outcome("unknown", chain, rule)]
            possible += [o for o in inner if o.verdict != "return"]
            falls = any(o.verdict == "return" for o in inner)
            if falls and rule.verdict == "goto":
                possible.append(_Outcome("return", chain))
            ended = ended and (rule.verdict == "goto" or not falls)
        else:
            verdict = rule.verdict if rule.verdict != "queue" else "unknown"
            possible.append(_Outcome(verdict, chain, None if verdict == "return" else rule))
        if ended:
            return possible
    return [*possible, _Outcome("return", chain)]


def _fits(matches: Iterable[Match], asked: Asked) -> bool | None:
    """Whether all hold: one that does not decides, else one that cannot be judged."""
    answers = [_holds(match, asked) for match in matches]
    return False if False in answers else None if None in answers else True


def _holds(match: Match, asked: Asked) -> bool | None:
    if match.field == UNREAD:
        return None
    found = _any(match, asked)
    return found if found is None or not match.negated else not found


def _any(match: Match, asked: Asked) -> bool | None:
    if match.field in ("saddr", "daddr"):
        ip = asked.source if match.field == "saddr" else asked.destination
        return _one_of([_in(value, ip) for value in match.values])
    if match.field in ("sport", "dport"):
        if asked.proto not in ("udp", "tcp"):
            return False
        port = asked.sport if match.field == "sport" else asked.dport
        return None if port is None else _one_of([_in_ports(value, port) for value in match.values])
    told = {"iif": asked.iif, "oif": asked.oif, "family": str(asked.family), "state": asked.state}
    if match.field == "proto":
        return any(value in (asked.proto, "all") or _NUMBERS.get(value) == asked.proto for value in match.values)
    if match.field not in told:
        return None
    own = told[match.field]
    return any(own.startswith(v[:-1]) if v.endswith("*") else own == v for v in match.values)


_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp"}


def _one_of(answers: list[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers else False


def _in(value: str, ip: IPAddress) -> bool | None:
    """Whether an address is in `A/24` or `A-B`; None for what is neither."""
    try:
        first, dash, last = value.partition("-")
        if dash:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
            return low.version == ip.version and int(low) <= int(ip) <= int(high)
        return ip in ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def _in_ports(value: str, port: int) -> bool | None:
    first, dash, last = value.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        return None
    return int(first) <= port <= int(last or first)
