"""A pair on a terminal: the answer, both sides beside each other, every way with its reason, what would help."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from natscope.cli.pen import BROKEN, GOOD, LOOK, UNKNOWN, Pen
from natscope.cli.quantities import age
from natscope.model.finding import Finding, Fix
from natscope.model.pair import CandidatePath, Outcome, Prediction, Via
from natscope.model.pair_report import PairReport, PairSide
from natscope.model.tri import Tri

LABEL, MAX_COLUMN = 18, 30
VIA, RESULT = 26, 11
OLD_S = 86_400.0
NOTHING = "–"
"""A question that does not arise."""
_SIGNS = {"direct": GOOD, "relay": LOOK}
_VIAS = {
    Via.LAN: "Same network",
    Via.CGNAT: "One carrier's network",
    Via.V6: "IPv6",
    Via.V4: "IPv4, both send at once",
    Via.PORT_MAPPING: "IPv4, an open port",
    Via.PORT_GUESSING: "IPv4, guessing the port",
    Via.PEER_RELAY: "Another node as relay",
}
_RESULTS = {
    Outcome.DIRECT: ("✓ yes", GOOD),
    Outcome.NO: ("✗ no", BROKEN),
    Outcome.GUESS: ("! maybe", LOOK),
    Outcome.UNKNOWN: ("? unknown", UNKNOWN),
}
_LETS_IN = {
    "endpoint-independent": "everyone",
    "address-dependent": "hosts it wrote to",
    "address-and-port-dependent": "ports it wrote to",
}


def draw(report: PairReport, code: int, pen: Pen) -> list[str]:
    """The page; its first line is the answer."""
    indent = " " * pen.margin
    sign = _SIGNS.get(report.prediction.path, UNKNOWN)
    first, *rest = pen.wrap(f"{report.this.name} ↔ {report.peer.name}: {report.sentence}", indent, sign=sign)
    lines = [pen.ours(first).replace("↔", "<->" if pen.ascii_only else "↔"), *rest]
    lines += ["", *_sides(report.this, report.peer, pen)]
    lines += ["", *_ways(report.prediction, pen)]
    for finding in report.findings:
        lines += ["", *_finding(finding, pen)]
    if report.fixes:
        lines += ["", pen.paint("What makes it direct, by the same prediction", "bold")]
        lines += [line for fix in report.fixes for line in _fix(fix, pen)]
    missing = [*report.this.unknown, *report.peer.unknown]
    if missing and report.prediction.path != "direct":
        lines += ["", pen.paint("Not known", "bold")]
        lines += [line for words in missing for line in pen.wrap(words, "    ", first="  – ")]
    masked = [side.name for side in (report.this, report.peer) if side.masked]
    if masked:
        lines += ["", *pen.wrap(_masked(masked), indent, sign=UNKNOWN)]
    old = [side.name for side in (report.this, report.peer) if side.age_s is not None and side.age_s > OLD_S]
    if old:
        words = f"Old: {' and '.join(old)}. Networks change; measure again before you act on it."
        lines += ["", *pen.wrap(words, indent, sign=LOOK)]
    return [*lines, "", *pen.wrap(f"{_origin(report)} · exit {code}", "", role="faint")]


def _masked(names: list[str]) -> str:
    """What cannot be compared, and what would help."""
    are = "are" if len(names) > 1 else "is"
    return f"{' and '.join(names)} {are} masked: addresses of two reports cannot be compared; give both unmasked."


def _sides(this: PairSide, peer: PairSide, pen: Pen) -> Iterator[str]:
    """A row per question, a column per side."""
    column = min(MAX_COLUMN, max((pen.width - LABEL - 2) // 2, 12))
    names = pen.paint(pen.cell(this.name, column), "bold") + pen.paint(pen.clean(peer.name, column), "bold")
    yield f"  {'':{LABEL}}{names}"
    for label, one, other in zip(_LABELS, _answers(this), _answers(peer), strict=True):
        yield f"  {label:{LABEL}}{pen.cell(one, column)}{pen.clean(other, column)}".rstrip()


_LABELS = ("Public address", "Public port", "Lets in", "IPv6", "Opens a port", "Home relay")


def _answers(side: PairSide) -> tuple[str, ...]:
    if side.blurred:
        return ("not judged", *[NOTHING] * (len(_LABELS) - 1))
    if side.udp is Tri.NO:
        return ("no UDP", NOTHING, NOTHING, _word(side.ipv6), NOTHING, side.home or "unknown")
    own = "its own" if side.translated is Tri.NO else ""
    four = "masked" if side.masked else next((text for text in side.public if ":" not in text), "")
    port = {Tri.YES: "another for each peer", Tri.NO: "same for all peers"}.get(side.varies, "unknown")
    return (
        ", ".join(part for part in (four or "unknown", own) if part),
        port,
        _LETS_IN.get(side.lets_in, "unknown"),
        _word(side.ipv6),
        _word(side.opens),
        side.home or "unknown",
    )


def _word(value: Tri) -> str:
    return {Tri.YES: "yes", Tri.NO: "no"}.get(value, "unknown")


def _ways(prediction: Prediction, pen: Pen) -> Iterator[str]:
    """In the order in which a node would use them; the relay last."""
    yield pen.paint(f"  {'Way':{VIA}}{'Result':{RESULT}}Why", "bold")
    above = ""
    for (*_, address), group in itertools.groupby(prediction.candidates, key=_as_one):
        ways = list(group)
        name = f"{address}, {len(ways)} ports" if len(ways) > 1 else ways[0].endpoint
        yield from _way(ways[0], name, above, pen)
        above = f"{ways[0].reason} {ways[0].cause}"
    if prediction.relay:
        rtt = prediction.relay_rtt_ms
        told = f"about {rtt:.0f} ms" if rtt is not None else "round trip not known"
        sign = pen.paint(pen.cell("✓ yes", RESULT), GOOD)
        yield f"  {pen.cell(f'Relay {prediction.relay}', VIA)}{sign}{told}"


def _as_one(way: CandidatePath) -> tuple[Via, Outcome, str, str, str]:
    """Ports of one address of which the same is to be said are one row."""
    return way.via, way.result, way.reason, way.cause, way.endpoint.rpartition(":")[0].strip("[]")


def _way(way: CandidatePath, name: str, above: str, pen: Pen) -> list[str]:
    """`above` is the reason of the row above, which is not said twice; `name` is empty for a kind of way."""
    name = name or _VIAS.get(way.via, "Another way")
    result, role = _RESULTS[way.result]
    same = above == f"{way.reason} {way.cause}"
    words = "the same" if same else f"{way.reason}{f' ({way.cause})' if way.cause else ''}"
    lead = f"  {pen.cell(name, VIA)}{pen.paint(pen.cell(result, RESULT), role)}"
    if pen.width < VIA + RESULT + 30:
        return [lead.rstrip(), *pen.wrap(words, "      ")]
    first, *rest = pen.wrap(words, " " * (2 + VIA + RESULT))
    return [lead + first.lstrip(), *rest]


def _finding(finding: Finding, pen: Pen) -> list[str]:
    sign = BROKEN if finding.severity == "fail" else LOOK
    indent = " " * pen.margin
    lines = pen.wrap(f"{finding.title} {finding.detail}".rstrip(), indent, sign=sign)
    return [*lines, *pen.wrap(f"{finding.certainty} · {finding.id}", indent, role="faint")]


def _fix(fix: Fix, pen: Pen) -> list[str]:
    meta = " · ".join(part for part in (fix.who, fix.duration, f"undo: {fix.undo}" if fix.undo else "") if part)
    return [*pen.wrap(fix.do, "    ", first="  → "), *pen.wrap(meta, "    ", role="faint")]


def _origin(report: PairReport) -> str:
    return "; ".join(_from(side) for side in (report.this, report.peer))


def _from(side: PairSide) -> str:
    if side.by == "mesh":
        return f"{side.name}: as the mesh tells of it"
    by = "" if side.by == "natscope" else f" by {side.by}"
    return f"{side.name}: report{by}{f' {age(side.age_s)} old' if side.age_s is not None else ''}"
