"""What `iptables-save -c` prints, as rules. Source: iptables-save(8), iptables(8), iptables-extensions(8).

A condition that is not understood becomes one that may hold or not. Lines that are no rules are left out.
"""

from __future__ import annotations

import re
import shlex

from natscope.model.packet_filter import UNREAD, Chain, Match, Rule, RuleSet

MAX_BYTES = 8 * 1024 * 1024
MAX_RULES = 5_000
_PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
_HOOKS = {"INPUT": "input", "OUTPUT": "output", "FORWARD": "forward", "PREROUTING": "prerouting",
          "POSTROUTING": "postrouting"}  # fmt: skip
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "reject", "RETURN": "return", "QUEUE": "queue",
             "NFQUEUE": "queue"}  # fmt: skip
_NO_VERDICT = frozenset(
    {"LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TRACE", "TCPMSS", "CHECKSUM", "AUDIT", "TOS", "DSCP", "SET", "CT"}
)
"""Targets after which the next rule is looked at."""
_LEAVING = frozenset({"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP", "TPROXY"})
_COUNTED = re.compile(r"\[(\d{1,20}):\d{1,20}\]")
_FIELDS = {"-i": "iif", "-o": "oif", "-s": "saddr", "-d": "daddr", "-p": "proto", "--sport": "sport",
           "--dport": "dport", "--sports": "sport", "--dports": "dport", "--source-port": "sport",
           "--destination-port": "dport", "--ctstate": "state", "--state": "state"}  # fmt: skip
_SAYS_NOTHING = frozenset({"udp", "tcp", "multiport", "conntrack", "state", "comment"})
"""Modules (`-m`) whose own options say everything."""
_ONE_ARGUMENT_UNREAD = re.compile(r"--[a-z0-9-]+")


def decode(text: str, *, family: int, legacy: bool = False) -> RuleSet:
    """The rules of one family. Never raises: what is no rule is left out."""
    chains: dict[tuple[str, str], tuple[str, list[Rule]]] = {}
    table, kept, left_out = "", 0, 0
    for line in text[:MAX_BYTES].splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":") and table:
            name, _, rest = line[1:].partition(" ")
            policy = rest.split(" ", 1)[0].lower()
            chains[table, name] = ("" if policy == "-" else policy, [])
        elif "-A " in line and table:
            found = _rule(line)
            if found is None or (table, found[0]) not in chains:
                continue
            if kept >= MAX_RULES:
                left_out += 1
                continue
            kept += 1
            chains[table, found[0]][1].append(found[1])
    engine = "iptables-legacy" if legacy else "iptables"
    made = (
        _chain(engine, "ip" if family == 4 else "ip6", table, name, policy, rules)
        for (table, name), (policy, rules) in chains.items()
    )
    return RuleSet(tuple(made), left_out)


def _chain(engine: str, family: str, table: str, name: str, policy: str, rules: list[Rule]) -> Chain:
    hook = _HOOKS.get(name, "") if policy else ""
    return Chain(engine, family, table, name, hook, _PRIORITIES.get(table, 0), policy, tuple(rules))


def _rule(line: str) -> tuple[str, Rule] | None:
    """The chain's name and the rule."""
    counted = _COUNTED.match(line)
    text = line[counted.end() :].strip() if counted else line.strip()
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    if len(words) < 2 or words[0] != "-A":
        return None
    matches, verdict, target = _read(words[2:])
    packets = int(counted[1]) if counted else None
    return words[1], Rule(tuple(matches), verdict, target, packets, text.partition(" ")[2].partition(" ")[2])


def _read(words: list[str]) -> tuple[list[Match], str, str]:
    matches: list[Match] = []
    verdict = target = ""
    negated, index = False, 0
    while index < len(words):
        word, argument = words[index], words[index + 1] if index + 1 < len(words) else ""
        index += 1
        if word == "!":
            negated = True
            continue
        if word in ("-j", "-g"):
            verdict, target = _verdict(argument, goto=word == "-g")
            break  # what follows are options of the target
        if word == "--comment":
            index += 1
        elif word == "-m":
            index += 1
            if argument not in _SAYS_NOTHING:
                matches.append(Match(UNREAD, (argument,)))
        elif word in _FIELDS:
            index += 1
            matches.append(_match(_FIELDS[word], argument, negated))
        else:
            matches.append(Match(UNREAD, (word,)))
            index += bool(_ONE_ARGUMENT_UNREAD.fullmatch(word) and argument and argument[0] not in "-!")
        negated = False
    return matches, verdict, target


def _match(field: str, argument: str, negated: bool) -> Match:
    values = tuple(argument.split(","))
    if field in ("sport", "dport"):
        values = tuple(value.replace(":", "-") for value in values)
    elif field in ("iif", "oif"):
        values = (argument.removesuffix("+") + "*" if argument.endswith("+") else argument,)
    elif field in ("state", "proto"):
        values = tuple(value.lower() for value in values)
    return Match(field, values, negated)


def _verdict(name: str, *, goto: bool) -> tuple[str, str]:
    if name in _VERDICTS:
        return _VERDICTS[name], ""
    if name in _NO_VERDICT:
        return "", ""
    if name in _LEAVING:
        return "accept", ""
    return ("goto" if goto else "jump"), name
