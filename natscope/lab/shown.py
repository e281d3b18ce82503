"""Which scenarios show which cause, by the truths of their hosts and pairs, and the causes that no scenario can show.

A cause without a scenario is held by recorded facts alone: the stored reports, or scenes of two nodes, that it names
itself (`Cause.fires`).
"""

from __future__ import annotations

from collections.abc import Iterable

from natscope.lab.scenario import Scenario

_TRIED = "it takes pings between two nodes that got lost, and a scenario's netchecks send none"
_TOLD = "a node's daemon tells it, and a scenario's netcheck asks none"
ONLY_RECORDED: dict[str, str] = {
    "NS-CTL-02": _TOLD,
    "NS-CTL-05": _TOLD,
    "NS-CTL-07": _TOLD,
    "NS-CTL-08": _TOLD,
    "NS-ENV-12": _TOLD,
    "NS-LAN-01": _TRIED,
    "NS-LAN-02": _TRIED,
    "NS-MAP-07": _TOLD,
    "NS-PERF-02": _TOLD,
    "NS-PERF-04": _TOLD,
    "NS-PERF-05": _TOLD,
    "NS-PERF-06": _TOLD,
    "NS-PERF-07": _TOLD,
}
"""Causes that no scenario shows, and why."""


def shown_by(scenarios: Iterable[Scenario]) -> dict[str, tuple[str, ...]]:
    """Each cause that is a finding of a host's or a pair's truth, with the names of these scenarios in their order."""
    found: dict[str, dict[str, None]] = {}
    for scenario in scenarios:
        own = [truth.findings for truth in scenario.truth.values()]
        for causes in (*own, *(pair.findings for pair in scenario.pairs)):
            for cause in causes:
                found.setdefault(cause, {})[scenario.name] = None
    return {cause: tuple(names) for cause, names in sorted(found.items())}
