"""Draws how a ping ended: the answer in one line, why it stayed relayed or silent, the sums. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from natscope.apps.mesh_peer import name_of, word_for
from natscope.cli.pen import BROKEN, GOOD, LOOK, UNKNOWN, Pen
from natscope.cli.quantities import age
from natscope.cli.status_parts import judged_by, then_here
from natscope.mesh.levels import NAMES, judge_levels
from natscope.mesh.source import NO_ANSWER
from natscope.model.finding import Certainty, Finding, Fix
from natscope.model.mesh_ping import PingOutcome, PingSummary, PingWay
from natscope.model.mesh_status import MeshNode
from natscope.model.pair import Blame, CandidatePath, Explanation, Via
from natscope.model.tri import Tri
from natscope.plugins.clean import cells

if TYPE_CHECKING:
    from natscope.apps.mesh_ping import PingRun
    from natscope.mesh.overview import ReportUse

MAX_TRIED = 6
LABEL, ENDPOINT, MIN_REASON = 8, 26, 30
_WAYS = {
    Via.LAN: "its own network",
    Via.CGNAT: "its carrier's network",
    Via.V4: "IPv4",
    Via.V6: "IPv6",
    Via.PORT_MAPPING: "an opened port",
    Via.PORT_GUESSING: "guessing the port",
    Via.PEER_RELAY: "a peer relay",
    Via.UNKNOWN: "another way",
}


def draw_end(
    run: PingRun, report: ReportUse | None, code: int, pen: Pen, verbosity: int = 0, *, again: str = ""
) -> Iterator[str]:
    """The answer first. `verbosity` -1: the answer and the sums alone; 1: every fix and every candidate.

    `again` are the options with which a command that is shown reaches the same daemon, with a blank before.
    """
    why = run.explanation(report) if run.wants_reasons else None
    sign, words = headline(run, why)
    yield from pen.wrap(words, sign=sign)
    if why is not None and verbosity >= 0:
        yield from _paragraph(_why(run, why, report, pen, verbosity, again))
    elif run.star is not None and verbosity >= 0:
        yield from _paragraph(_detour(run.explanation(report), pen, verbosity))
    if verbosity >= 0:
        yield from _paragraph(_found(run.findings(report), pen, verbosity))
    yield ""
    yield from sums(run.summary, run, code, pen)
    if run.summary.outcome is PingOutcome.RELAYED and verbosity >= 0:
        yield pen.clean(f"Next: natscope path {_word(run)}{again}  (every address, what came of it)")


def _paragraph(lines: Iterator[str]) -> Iterator[str]:
    """With a blank line before, if there is any."""
    for number, line in enumerate(lines):
        if not number:
            yield ""
        yield line


def _found(findings: Sequence[Finding], pen: Pen, verbosity: int) -> Iterator[str]:
    """What is wrong with the way itself, each with its cheapest fix."""
    for finding in findings:
        yield from pen.wrap(" ".join(filter(None, (finding.title, finding.detail))), sign=LOOK)
        yield from _remedies(finding.fixes, (finding.certainty, finding.id), pen, verbosity)


def headline(run: PingRun, why: Explanation | None) -> tuple[str, str]:
    """(sign, the answer): `Direct after …`, `Relayed: …`, `No answer: …`, `Answered: …`."""
    summary, name = run.summary, name_of(run.peer)
    if summary.outcome is PingOutcome.DIRECT:
        return GOOD, _direct(summary)
    if summary.outcome is PingOutcome.ANSWERED:
        return GOOD, f"Answered: {NAMES[run.plan.kind]} in {summary.min_ms or 0.0:.1f} ms; it tells no path"
    if summary.outcome is PingOutcome.NO_ANSWER:
        return BROKEN, f"No answer: {_silence(run, name)}"
    through = " through a peer relay" if summary.last_way is PingWay.PEER_RELAY else ""
    if summary.direct_after_s is not None:
        said = f"Relayed{through}: it was direct after {summary.direct_after_s:.1f} s, but not to the end."
    else:
        said = f"Relayed{through}: no direct path in {summary.lasted_s:.1f} s."
    return LOOK, f"{said}{_blame(why, name)}"


def _direct(summary: PingSummary) -> str:
    after = summary.direct_after_s or 0.0
    if summary.faster_ms is None:
        return f"Direct after {after:.1f} s{': the first pong came straight' if len(summary.paths) == 1 else ''}"
    than = "faster" if summary.faster_ms >= 0 else "slower"
    return f"Direct after {after:.1f} s, {abs(summary.faster_ms):.1f} ms {than} than through the relay"


def _blame(why: Explanation | None, name: str) -> str:
    if why is None:
        return ""
    side = {Blame.THIS: "your side", Blame.PEER: f"{name}'s side", Blame.BOTH: "both sides"}.get(why.blame, "")
    verb = "may be" if why.certainty is Certainty.POSSIBLE else "is"
    return f" The cause {verb} on {side}." if side else ""


def _silence(run: PingRun, name: str) -> str:
    """What the control server says of the peer comes first."""
    peer = run.peer
    refusal = next((s.answer.error for s in run.shots if s.answer.error not in ("", NO_ANSWER)), "")
    if peer.is_expired:
        since = f" {_ago(peer.key_expiry, run.utc)}" if peer.key_expiry is not None else ""
        return f"the key of {name} expired{since}, so nobody can reach it until it is logged in again"
    if peer.is_online is False:
        seen = f", last seen {_ago(peer.last_seen, run.utc)}" if peer.last_seen is not None else ""
        return f"{name} is not connected to the control server{seen}"
    if refusal:
        return f"{run.start.source} says: {refusal}"
    online = (
        "though the control server says that it is connected" if peer.is_online else "and nobody tells whether it is on"
    )
    pings = "1 ping" if len(run.shots) == 1 else f"{len(run.shots)} pings"
    return f"nothing came back from {name} to {pings}, {online}"


def _ago(at: datetime, now: datetime | None) -> str:
    return f"{age((now - at).total_seconds())} ago" if now is not None else f"{at:%Y-%m-%d %H:%M} UTC"


def _word(run: PingRun) -> str:
    return word_for(run.start.status, run.start.target)


def _why(
    run: PingRun, why: Explanation, report: ReportUse | None, pen: Pen, verbosity: int, again: str
) -> Iterator[str]:
    name = name_of(run.peer)
    if run.summary.outcome is PingOutcome.NO_ANSWER:
        if run.peer.is_online is not False and not run.peer.is_expired:
            levels = f"natscope ping {_word(run)} --levels{again}"
            level = f"{NAMES[run.plan.kind]} got no pong; {levels} shows which level fails first"
            yield from pen.wrap(level)
            if why.causes and why.blame is not Blame.UNKNOWN:
                yield from pen.wrap(why.sentence)
        yield from _fixes(why, pen, verbosity)
        if not why.fixes:
            yield from pen.wrap(_remedy(run, name), "    ", first="  → ")
        return
    yield from pen.wrap(why.sentence)
    width = max(LABEL, min(len(name), 16) + 2)
    for label, said in ((name, why.peer_side), ("you", why.this_side)):
        if said:
            yield from _labelled(label, said, width, pen)
    yield from _ways(why, width, pen, verbosity)
    yield ""
    yield from _fixes(why, pen, verbosity)
    for unknown in why.unknowable if verbosity > 0 else why.unknowable[:1]:
        yield from pen.wrap(f"not known from here: {unknown}", role="faint")
    if why.peer_command:
        yield from pen.wrap(f"to be certain, on {name}: {why.peer_command}")
        yield from pen.wrap(then_here(report))
    yield from _judged(f"natscope ping {_word(run)} --netcheck{again}", report, pen)
    for note in run.notes:
        yield from pen.wrap(note, role="faint")


def _detour(why: Explanation, pen: Pen, verbosity: int) -> Iterator[str]:
    """The way to the peer is as it should be, but the address is better reached otherwise."""
    yield from pen.wrap(why.sentence)
    yield from _fixes(why, pen, verbosity)


def _remedy(run: PingRun, name: str) -> str:
    """Where the engine knows none."""
    if run.peer.is_expired:
        return f"on {name}: sudo tailscale up --force-reauth; or its admin turns off that the key expires"
    return f"look on {name}: is it on, has it internet, is it logged in? tailscale status"


def _labelled(label: str, said: str, width: int, pen: Pen) -> Iterator[str]:
    yield from pen.wrap(said, " " * (width + 2), first=f"  {pen.cell(label, width)}")


def _ways(why: Explanation, width: int, pen: Pen, verbosity: int) -> Iterator[str]:
    """Which ways there are, and what came of each: `198.51.100.60:33217  no answer: …`."""
    rows = why.prediction.candidates if why.prediction is not None else ()
    shown = rows if verbosity > 0 else rows[:MAX_TRIED]
    names = [pen.clean(row.endpoint or _WAYS[row.via]) for row in shown]
    column = max((cells(name) for name in names if cells(name) < ENDPOINT), default=0) + 2
    for number, (row, name) in enumerate(zip(shown, names, strict=True)):
        lead = f"  {pen.cell('ways' if number == 0 else '', width)}{name}"
        indent = " " * (width + 2 + column)
        if cells(lead) + 2 > len(indent) or pen.prose - len(indent) < MIN_REASON:  # the reason stands below its way
            yield lead
            yield from pen.wrap(_came_of(row), " " * (width + 4), first=" " * (width + 4))
        else:
            yield from pen.wrap(_came_of(row), indent, first=lead + " " * (len(indent) - cells(lead)))
    if len(rows) > len(shown):
        yield from _labelled("", f"and {len(rows) - len(shown)} more", width, pen)


def _came_of(row: CandidatePath) -> str:
    tried = {Tri.YES: "answered", Tri.NO: "no answer"}.get(row.answered, "tried" if row.tried is Tri.YES else "")
    if tried and row.reason.startswith(tried):
        return row.reason
    return ": ".join(part for part in (tried, row.reason) if part) or "not known"


def _fixes(why: Explanation, pen: Pen, verbosity: int) -> Iterator[str]:
    yield from _remedies(why.fixes, (why.certainty or "", *why.causes), pen, verbosity)


def _remedies(fixes: Sequence[Fix], about: Sequence[str], pen: Pen, verbosity: int) -> Iterator[str]:
    """The cheapest; with `verbosity` all of them."""
    for fix in fixes if verbosity > 0 else fixes[:1]:
        yield from pen.wrap(fix.do, "    ", first="  → ")
        said = " · ".join(part for part in (fix.who, fix.duration, *about) if part)
        yield from pen.wrap(said, "    ", role="faint")


def _judged(again: str, use: ReportUse | None, pen: Pen) -> Iterator[str]:
    """On which netcheck of this side the reasons rest; `again` is the command that measures it."""
    if use is None:
        yield from pen.wrap(f"This side's network is not known: {again} measures it", sign=UNKNOWN)
        return
    yield from judged_by(use, pen, again)


def sums(summary: PingSummary, run: PingRun, code: int, pen: Pen) -> Iterator[str]:
    """Ping's own sums, the share of each path, the exit code."""
    parts = [f"{summary.sent} sent, {summary.received} received, {summary.loss:.0%} lost".replace("%", " %")]
    if summary.paths and summary.last_way is not PingWay.UNTOLD:
        parts.append("path: " + ", ".join(f"{path.path} {path.share:.0%}".replace("%", " %") for path in summary.paths))
    yield from _joined(parts, pen)
    last = ["interrupted"] if run.interrupted else []
    if summary.min_ms is not None:
        times = (summary.min_ms, summary.avg_ms, summary.median_ms, summary.max_ms, summary.stddev_ms)
        told = "/".join(f"{time:.1f}" for time in times if time is not None)
        last.insert(0, f"min/avg/median/max/stddev {told} ms")
    yield from _joined([*last, f"exit {code}"], pen)


def _joined(parts: Sequence[str], pen: Pen) -> Iterator[str]:
    """`a · b · c`, on the next line what does not fit."""
    line = ""
    for part in map(pen.clean, parts):
        longer = line + pen.ours(" · ") + part if line else part
        if line and cells(longer) > pen.prose:
            yield line
            line = part
        else:
            line = longer
    yield line


def draw_stopped(run: PingRun, code: int, pen: Pen) -> Iterator[str]:
    """Somebody stopped it while the first ping was under way."""
    yield from pen.wrap(f"Not known: stopped before {name_of(run.peer)} answered the first ping", sign=UNKNOWN)
    yield ""
    yield pen.ours(f"interrupted · exit {code}")


def draw_levels(
    run: PingRun, report: ReportUse | None, code: int, pen: Pen, verbosity: int = 0, *, again: str = ""
) -> Iterator[str]:
    """Which level fails first, and what to do. With a `report`: also why the first one is relayed, if it is."""
    verdict = judge_levels(tuple(run.levels), run.peer)
    peer: MeshNode = run.peer
    if verdict.failed is None:
        summary = run.summary
        way = {PingOutcome.DIRECT: "direct", PingOutcome.RELAYED: f"relayed through {peer.relay}"}.get(
            summary.outcome, ""
        )
        yield from pen.wrap(f"{verdict.sentence}{f', {way}' if way else ''}", sign=GOOD)
        if summary.outcome is PingOutcome.RELAYED and report is None:
            yield from pen.wrap(f"why it is relayed: natscope ping {_word(run)}{again}", role="faint")
    else:
        yield from pen.wrap(verdict.sentence, sign=BROKEN)
        if all(result.pong is None for result in run.levels):
            away = _silence(run, name_of(peer)) if peer.is_expired or peer.is_online is False else ""
            if away:
                yield from pen.wrap(f"{away}: that is why")
        if verdict.fix:
            yield from pen.wrap(verdict.fix, "    ", first="  → ")
    if report is not None and run.summary.outcome is PingOutcome.RELAYED and verbosity >= 0:
        yield from _paragraph(_why(run, run.explanation(report), report, pen, verbosity, again))
    yield ""
    answered = sum(result.pong is not None for result in run.levels)
    stopped = " · interrupted" if run.interrupted else ""
    yield pen.ours(f"{answered} of {len(run.levels)} levels answered{stopped} · exit {code}")
