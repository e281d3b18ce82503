"""How a step stands in a table: its sign with a word, and what there is to say of it.

What could not be checked, was not reached or not asked for is never drawn as a failure.
"""

from __future__ import annotations

from dataclasses import dataclass

from natscope.model.derp_check import DerpCheck, NodeReport, PassageReport, StepName, StepReport, StepState
from natscope.model.tri import Tri
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, Sheet, Span
from natscope_reports._text.numbers import milliseconds, rate

NOT_REACHED = "not reached"
LEAD = 7
"""Cells before the words of a judged step: `✓ ok   `, `[FAIL] `."""
SHORT_LEAD = 5
"""Of one that was not judged: `? `, `[??] `; both alphabets break lines at the same words."""

LABELS = {
    StepName.NAME: "Name and address",
    StepName.CONNECT: "TCP connect",
    StepName.TLS: "TLS certificate",
    StepName.UPGRADE: "Becomes a relay (101)",
    StepName.ADMISSION: "Lets clients in",
    StepName.SAME_SERVER: "Same server each time",
    StepName.RELAY: "Two clients, both ways",
    StepName.MESH: "Other nodes of region",
    StepName.STUN: "STUN",
    StepName.CLOCK: "Clock",
    StepName.PORT80: "Port 80, login pages",
}
SIZES, TIME, STREAM = "{} bytes", "through it, median", "throughput, at least"


@dataclass(frozen=True, slots=True)
class Cell:
    """Sign and word in `lead`, then `text`, which may be wrapped; `room` is what the lead takes in any alphabet."""

    lead: Span
    text: str
    room: int
    style: str = PLAIN


def of_step(sheet: Sheet, step: StepReport) -> Cell:
    """One step."""
    return of_state(sheet, step.state, step.says)


def of_state(sheet: Sheet, state: StepState, says: str) -> Cell:
    """A state with its words."""
    signs = sheet.signs
    judged = {
        StepState.OK: (signs.ok, "ok", GOOD),
        StepState.WARN: (signs.warn, "warn", LOOK),
        StepState.FAIL: (signs.fail, "fail", BAD),
    }
    if state in judged:
        sign, word, colour = judged[state]
        return Cell((sign if sheet.options.ascii_only else f"{sign} {word}", colour), says, LEAD)
    if state is StepState.UNKNOWN:
        return Cell((signs.unknown, LOOK), says or "unknown", SHORT_LEAD)
    words = says or (NOT_REACHED if state is StepState.NOT_REACHED else "not asked")
    return Cell((signs.skip, FAINT), words, SHORT_LEAD, FAINT)


def fact(text: str) -> Cell:
    """A number that nobody judges."""
    return Cell(("", PLAIN), text, LEAD)


def rows(sheet: Sheet, check: DerpCheck) -> list[tuple[str, list[Cell]]]:
    """Every row of the table with relays as columns: its label, a cell a node."""
    found: list[tuple[str, list[Cell]]] = []
    for name in StepName:
        found.append((label(check, name), [of_step(sheet, node.step(name)) for node in check.nodes]))
        if name is StepName.RELAY and any(own_passages(check, node) for node in check.nodes):
            found += _meeting_rows(sheet, check)
    return found


def label(check: DerpCheck, name: StepName) -> str:
    """With the port where all nodes have the same one."""
    if name is StepName.STUN:
        ports = {stun.address.rpartition(":")[2] for node in check.nodes for stun in node.stun}
        return f"STUN, UDP {ports.pop()}" if len(ports) == 1 else "STUN, UDP"
    return LABELS[name]


def own_passages(check: DerpCheck, node: NodeReport) -> list[PassageReport]:
    """Between two clients on that node."""
    return [p for p in check.passages if (p.region_id, p.sender, p.receiver) == (node.region_id, node.node, node.node)]


def _meeting_rows(sheet: Sheet, check: DerpCheck) -> list[tuple[str, list[Cell]]]:
    sizes = sorted({row.bytes for passage in check.passages for row in passage.sizes})
    columns = [_meeting(sheet, node, own_passages(check, node)) for node in check.nodes]
    labels = ["  " + SIZES.format(", ".join(map(str, sizes))), f"  {TIME}", f"  {STREAM}"]
    return [(text, [column[number] for column in columns]) for number, text in enumerate(labels)]


def _meeting(sheet: Sheet, node: NodeReport, passages: list[PassageReport]) -> tuple[Cell, Cell, Cell]:
    """Sizes and order, time, throughput of one node."""
    step = node.step(StepName.RELAY)
    met = [p for p in passages if p.works is Tri.YES]
    if not met:
        state = step.state if step.state is StepState.NOT_ASKED else StepState.NOT_REACHED
        absent = of_state(sheet, state, step.says if state is StepState.NOT_ASKED else "")
        return absent, absent, absent
    times = [p.time_ms for p in met if p.time_ms is not None]
    rates = [p.stream_bytes_per_s for p in met if p.stream_bytes_per_s is not None]
    unknown = of_state(sheet, StepState.UNKNOWN, "not measured")
    return (
        _sizes(sheet, step, met),
        fact(milliseconds(sum(times) / len(times))) if times else unknown,
        fact(rate(min(rates))) if rates else unknown,
    )


def _sizes(sheet: Sheet, step: StepReport, met: list[PassageReport]) -> Cell:
    counts: dict[int, tuple[int, int]] = {}
    for row in (row for passage in met for row in passage.sizes):
        sent, arrived = counts.get(row.bytes, (0, 0))
        counts[row.bytes] = (sent + row.sent, arrived + row.arrived)
    if all(sent == arrived for sent, arrived in counts.values()):
        if any(p.in_order is Tri.NO for p in met):
            return of_state(sheet, StepState.WARN, "out of order")
        return of_state(sheet, StepState.OK, "in order")
    state = step.state if step.state in (StepState.FAIL, StepState.WARN) else StepState.UNKNOWN
    return of_state(sheet, state, ", ".join(f"{arrived} of {sent}" for _, (sent, arrived) in sorted(counts.items())))
