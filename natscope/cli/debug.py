"""`--debug`: what the program did, on standard error."""

from __future__ import annotations

import sys

from natscope.apps.config_values import to_toml
from natscope.apps.netcheck import NetcheckRun
from natscope.cli.session import Session
from natscope.model.observation import Observation, ProbeOutcome
from natscope.version import VERSION


def explain_run(result: NetcheckRun, session: Session) -> None:
    """Settings that differ from their default, the map, each probe with its times, each observation in a line."""
    note = session.console.note
    note(f"debug: natscope {VERSION}, Python {sys.version.split()[0]}, {len(sys.modules)} modules loaded")
    for name, origin in session.config.origins.items():
        if origin.layer != "default":
            note(f"debug: setting {name} = {to_toml(session.config.values[name])} from {origin}")
    relay_map = result.report.relay_map
    note(f"debug: map {relay_map.source} ({relay_map.kind}): {relay_map.regions} regions, {relay_map.nodes} nodes")
    for outcome in result.report.probes:
        note(f"debug: probe {_probe(outcome)}")
    for observation in result.report.observations:
        note(f"debug: {_observation(observation)}")


def _probe(outcome: ProbeOutcome) -> str:
    """`relay_stun ran 1500 ms, 38 packets, 1520 B out, 1140 B in`."""
    reason = f": {outcome.reason}" if outcome.reason else ""
    traffic = f"{outcome.packets_sent} packets, {outcome.bytes_sent} B out, {outcome.bytes_received} B in"
    return f"{outcome.name} {outcome.state} {outcome.elapsed_ms:.0f} ms, {traffic}{reason}"


def _observation(seen: Observation) -> str:
    """`o7 stun.binding 127.0.0.1:3478 answered in 10.2 ms from 127.0.0.1:44869`."""
    parts = [seen.id, seen.kind, seen.target, str(seen.outcome)]
    if seen.rtt_ms is not None:
        parts.append(f"in {seen.rtt_ms:.1f} ms")
    if seen.sent_ms is not None:
        parts.append(f"sent at {seen.sent_ms:.0f} ms")
    if seen.socket:
        parts.append(f"through {seen.socket}")
    parts += [seen.error, seen.summary]
    return " ".join(part for part in parts if part)
