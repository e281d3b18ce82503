"""The relay map that a netcheck would use: where from, how old, can it be read."""

from __future__ import annotations

from shlex import quote

from natscope.doctor.check import Check, Outcome, fail, ok, skip, warn
from natscope.doctor.checks._words import ago
from natscope.doctor.facts import DoctorFacts, MapFacts
from natscope.model.doctor import Group, Remedy

CHECK = Check("relay-map", Group.NATSCOPE, 60)
OLD_S = 30 * 86_400.0
_KINDS = {"cache": "copy kept", "file": "file", "tailscaled": "of tailscaled", "fetched": "fetched now"}


def judge(facts: DoctorFacts) -> Outcome:
    """What is at hand; whether its URL answers is asked only with --online."""
    found = facts.own.relay_map
    if found is None:
        return skip("the relay map was not looked for")
    if found.error and found.kind in ("file", "tailscaled"):
        command = "" if found.kind != "file" else f"natscope derp map lint {quote(found.source)}"
        return fail(f"relay map: {found.error}", "No relay can be asked with it.",
                    Remedy(do="Correct it, or use another: --derp-map.", command=command))  # fmt: skip
    if found.error:
        return warn(f"relay map: {found.error}", "", Remedy(do="Fetch it once.", command="natscope netcheck"))
    if found.kind == "stdin":
        return skip("a relay map on standard input is read by a netcheck alone")
    if found.kind == "none":
        return skip(f"no relay map is kept yet: a netcheck fetches {found.source}, --online tries it now")
    told = f"relay map: {found.regions} region{'s' if found.regions != 1 else ''}, {_words(found)}"
    if found.age_s is not None and found.age_s > OLD_S:
        return warn(told, "It is used only while its URL does not answer, and relays move.",
                    Remedy(do="Fetch it again.", command="natscope netcheck"))  # fmt: skip
    return ok(told)


def _words(found: MapFacts) -> str:
    age = f" {ago(found.age_s)}" if found.age_s is not None else ""
    if found.kind == "tailscaled":
        return "of tailscaled"
    return f"{_KINDS.get(found.kind, found.kind)}{age}, {found.source}"
