"""Draws the list of probes and what one probe observed."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from natscope.cli.render import Console
from natscope.model.observation import Observation
from natscope.plugins.clean import clean
from natscope.plugins.probe import DEFAULT, QUICK

if TYPE_CHECKING:
    from natscope.apps.probe import ProbeInfo, ProbeRun

NAME_CELLS = 16
INDENT = "                   "


def list_as_json_text(probes: Sequence[ProbeInfo]) -> str:
    """One object with all probes."""
    rows = [
        {
            "name": p.name,
            "title": p.title,
            "question": p.question,
            "profile": p.profile,
            "flag": p.flag,
            "packets": p.packets,
            "seconds": p.seconds,
            "package": p.package,
        }
        for p in probes
    ]
    return json.dumps({"schema": "natscope.probes/1", "probes": rows}, indent=2, ensure_ascii=False) + "\n"


def list_as_text(probes: Sequence[ProbeInfo], console: Console) -> str:
    """A paragraph a probe: its name, its question, what it costs at most, and what makes it run."""
    lines = []
    for p in probes:
        asks = clean(p.question or p.title, 400, ascii_only=console.ascii_only)
        cost = f"at most {p.packets} packets, {p.seconds:g} s" if p.packets else "sends nothing"
        wanted = f"; {_wanted(p)}"
        first, *rest = textwrap.wrap(f"{asks} ({cost}{wanted})", max(40, console.width - NAME_CELLS - 3))
        lines.append(f"{clean(p.name, NAME_CELLS):<{NAME_CELLS}}   {first}")
        lines += [INDENT + line for line in rest]
    return "\n".join(lines) + "\n"


def _wanted(p: ProbeInfo) -> str:
    """What makes it run: a profile, or its flag, which `--full` sets too but for one."""
    if not p.flag:
        return f"profile {p.profile}"
    return (
        f"{'all of it' if p.profile in (QUICK, DEFAULT) else 'only'} with {p.flag}{' or --full' if p.profile else ''}"
    )


def as_json_text(found: ProbeRun) -> str:
    """One object: how the probe ended and what it observed."""
    outcome, record = found.outcome, found.record
    document = {
        "schema": "natscope.probe/1",
        "natscope": record.natscope,
        "started_at": record.started_at,
        **msgspec.to_builtins(outcome),
        "interrupted": record.interrupted,
        "relay_map": record.loaded_map.source,
        "observations": msgspec.to_builtins(found.observations),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_text(found: ProbeRun, console: Console) -> str:
    """A line a observation, in the order of time, and how the probe ended."""
    outcome = found.outcome
    lines = list(_observations(found.observations, console))
    if console.verbosity > 0:
        others = [o for o in found.record.observations if o.probe != outcome.name]
        lines += ["", "of other probes:", *_observations(others, console)]
    cost = f"{outcome.packets_sent} packets, {outcome.elapsed_ms / 1000:.1f} s"
    reason = f": {clean(outcome.reason, 200, ascii_only=console.ascii_only)}" if outcome.reason else ""
    flag = f" ({outcome.flag})" if outcome.flag and outcome.state == "skipped" else ""
    if not found.observations and outcome.state == "ran":
        lines.append("it had nothing to observe here")
    if console.verbosity >= 0 or outcome.state != "ran":
        lines.append(f"{outcome.name}: {outcome.state}{reason}{flag}, {cost}")
    return "\n".join(lines) + "\n"


def _observations(observations: Sequence[Observation], console: Console) -> Iterator[str]:
    for o in sorted(observations, key=lambda o: (o.sent_ms is None, o.sent_ms or 0.0)):
        when = f"{o.sent_ms / 1000:8.3f} s" if o.sent_ms is not None else " " * 10
        parts = [when, f"{o.kind:<14}", o.outcome.value]
        parts += [o.target] if o.target else []
        parts += [f"{o.rtt_ms:.1f} ms"] if o.rtt_ms is not None else []
        text = "  ".join(parts)
        said = o.summary or _data(o.data)
        yield clean(f"{text}  {said}".rstrip(), 400, ascii_only=console.ascii_only)


def _data(data: dict[str, Any]) -> str:
    """The plain values of an observation as words."""
    return ", ".join(f"{name} {value}" for name, value in data.items() if isinstance(value, str | int | float | bool))
