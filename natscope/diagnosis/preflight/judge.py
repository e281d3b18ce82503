"""From a netcheck's report to a preflight: side, forecasts, openings, notices, changes, letter. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.preflight.forecast import filtered_by, forecast
from natscope.diagnosis.preflight.letter import letter
from natscope.diagnosis.preflight.notices import notices
from natscope.diagnosis.preflight.openings import openings
from natscope.diagnosis.preflight.peers import forecasts
from natscope.model.finding import Finding, Fix, Severity
from natscope.model.preflight import SCHEMA, Expected, Preflight
from natscope.model.report import Report
from natscope.model.tri import Tri

YOU = "you"
ALWAYS_GOOD = frozenset({"NS-V6-01"})
"""Findings that are no fault, but whose cure makes connections direct."""
NO_NETWORK = "this computer has no network"
SILENCE = "nothing came back over UDP, and nothing shows whose doing that is"


def judge(report: Report, *, relays: tuple[str, ...] = ()) -> Preflight:
    """`relays` are host names of the relay map, for the letter. The report carries its findings already."""
    this = side_of(report)
    peers = forecasts(this)
    verdict = forecast(report, this, peers)
    gates = openings(report)
    return Preflight(
        schema=SCHEMA,
        natscope=report.natscope,
        run_id=report.run_id,
        started_at=report.started_at,
        duration_ms=report.duration_ms,
        interrupted=report.interrupted,
        forecast=verdict,
        peers=peers,
        openings=gates,
        notices=notices(report),
        changes=tuple(_changes(report, needed=verdict.expected in (Expected.SOMETIMES, Expected.RELAYED))),
        letter=letter(report, verdict, gates, relays),
        findings=report.findings,
        relay_map=report.relay_map.source,
        cost=report.cost,
    )


def side_of(report: Report) -> Side:
    """This side; blurred where what was measured says nothing about the way out of this network."""
    side = from_report(report)
    if side.blurred:
        return side
    if Tri.YES is side.v4.absent.value is side.v6.absent.value:
        return replace(side, blurred=NO_NETWORK)
    if filtered := filtered_by(report):
        return replace(side, blurred=filtered)
    if side.udp.value is Tri.NO and side.udp.strength is Strength.ABSENCE:
        return replace(side, blurred=SILENCE)
    return side


def _changes(report: Report, *, needed: bool) -> Iterator[Fix]:
    """The cheapest thing that you can do about each finding, worst first; each once."""
    told: set[str] = set()
    for finding in sorted(report.findings, key=_weight):
        if finding.severity is Severity.INFO and not (needed and finding.id in ALWAYS_GOOD):
            continue
        fix = next((fix for fix in finding.fixes if fix.who == YOU), None)
        if fix is not None and (main := _main_words(fix)) not in told:
            told.add(main)
            yield fix


def _main_words(fix: Fix) -> str:
    """What is to be done without why: two causes may have one cure."""
    return re.split(r"[,:.]", fix.do)[0]


def _weight(finding: Finding) -> int:
    return (Severity.FAIL, Severity.WARN, Severity.INFO).index(finding.severity)
