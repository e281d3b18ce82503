"""Whom a run would contact, from the map and the probes' declarations alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from natscope.errors import PluginError
from natscope.model.endpoint import Family
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.plan import make_plan
from natscope.netcheck.selection import choose_modules, load_all, reason_to_skip
from natscope.plugins.loader import Found
from natscope.plugins.probe import Scope


@dataclass(frozen=True, slots=True)
class Target:
    """One host as one probe would contact it. `packets`, `bytes` (sent, payload) and `seconds` are upper bounds.

    `always` is False for contacts that happen only when something else fails. `port` is None for ICMP.
    """

    probe: str
    host: str
    port: int | None
    protocol: str
    packets: int
    bytes: int
    seconds: float
    why: str
    always: bool


def targets_of(
    loaded_map: LoadedMap,
    options: NetcheckOptions,
    found: Found,
    capabilities: frozenset[str],
    warn: Callable[[PluginError], None],
) -> tuple[Target, ...]:
    """Each host a run with these options would contact, probe by probe. Nothing is sent. Raises `UserError`."""
    families: tuple[Family, ...] = tuple(f for f in (4, 6) if f in options.families)
    plan = make_plan(loaded_map.relay_map, None, options, History())
    scope = Scope(loaded_map, options, families, plan)
    listed: list[Target] = []
    for item in load_all(choose_modules(found, options), warn):
        probe = item.probe
        if reason_to_skip(probe, scope, options, capabilities) is None:
            listed += [
                Target(
                    probe=probe.name,
                    host=contact.host,
                    port=contact.port,
                    protocol=contact.protocol,
                    packets=contact.packets,
                    bytes=contact.bytes,
                    seconds=contact.seconds,
                    why=contact.why,
                    always=contact.always,
                )
                for contact in probe.contacts(scope)
            ]
    return tuple(listed)
