"""What a node offers to carry for others."""

from __future__ import annotations

import ipaddress

import msgspec

from natscope.doctor.check import Outcome, skip
from natscope.doctor.checks._words import listed, no_daemon
from natscope.doctor.facts import DoctorFacts

_EVERYTHING = ("0.0.0.0/0", "::/0")


class Offer(msgspec.Struct, frozen=True):
    """`words` for people, `families` of its routes."""

    words: str
    families: frozenset[int]


def offers(facts: DoctorFacts) -> Offer | Outcome:
    """Routes and exit node, or a skip where it offers none or does not tell."""
    missing = no_daemon(facts)
    if missing is not None:
        return missing
    prefs = facts.daemon.prefs
    if prefs is None:
        return skip(f"whether it offers routes: {facts.daemon.prefs_reason or 'not told'}")
    if not prefs.advertised:
        return skip("this node offers no routes and no exit, so nothing is needed")
    routes = [prefix for prefix in prefs.advertised if prefix not in _EVERYTHING]
    words = [f"route{'s' if len(routes) > 1 else ''} {listed(routes)}"] if routes else []
    words += ["an exit node"] if prefs.offers_exit_node else []
    families = {family for prefix in prefs.advertised if (family := _family(prefix))}
    return Offer(" and ".join(words), frozenset(families))


def _family(prefix: str) -> int:
    try:
        return ipaddress.ip_network(prefix, strict=False).version
    except ValueError:
        return 0
