"""More than three relays: one row a relay, one sign a step; what is wrong stands in the findings below it."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.derp_check import DerpCheck, NodeReport, StepName, StepState
from natscope_reports._derp_check.cells import LABELS, own_passages
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, STRONG, Sheet, Span
from natscope_reports._text.numbers import counted, milliseconds

HEADS = {
    StepName.NAME: "name",
    StepName.CONNECT: "tcp",
    StepName.TLS: "tls",
    StepName.UPGRADE: "101",
    StepName.ADMISSION: "in",
    StepName.SAME_SERVER: "same",
    StepName.RELAY: "meet",
    StepName.MESH: "mesh",
    StepName.STUN: "stun",
    StepName.CLOCK: "time",
    StepName.PORT80: "80",
}
LEGEND = (
    "name and address", "tcp connect", "tls certificate", "101: becomes a relay", "in: lets clients in",
    "same: one server each time", "meet: two clients, both ways", "mesh: other nodes of the region", "time: its clock",
    "80: login page check",
)  # fmt: skip
STEP = 5
TIME = 10
SHORTEST_NAME, LONGEST_NAME = 8, 24
GOOD_SHOWN = 12
"""Relays without trouble that are shown; the others are counted."""

_COLOURS = {StepState.OK: GOOD, StepState.WARN: LOOK, StepState.FAIL: BAD, StepState.UNKNOWN: LOOK}
_ORDER = (StepState.FAIL, StepState.WARN, StepState.UNKNOWN)


def draw(sheet: Sheet, check: DerpCheck) -> None:
    """The table after an empty line; on a narrow terminal a line a relay with its worst step."""
    sheet.blank()
    troubled = [node for node in check.nodes if worst(node) is not None]
    good = [node for node in check.nodes if worst(node) is None]
    kept = len(good) if sheet.verbose else max(GOOD_SHOWN - len(troubled), 3)
    shown = [node for node in check.nodes if node in troubled or node in good[:kept]]
    room = sheet.width - 2 - STEP * len(HEADS) - TIME
    if room < SHORTEST_NAME:
        _list(sheet, shown)
    else:
        _grid(sheet, check, shown, min(room, LONGEST_NAME))
    hidden = len(check.nodes) - len(shown)
    if hidden:
        sheet.line((f"  and {counted(hidden, 'more relay')} without trouble: -v", FAINT))


def worst(node: NodeReport) -> StepName | None:
    """The step that is worst, the earliest of several; None where all is well."""
    for state in _ORDER:
        for step in node.steps:
            if step.state is state:
                return step.name
    return None


def _grid(sheet: Sheet, check: DerpCheck, nodes: Sequence[NodeReport], room: int) -> None:
    names = [_name(node) for node in nodes]
    width = min(max(map(sheet.cells, [*names, "RELAY"])) + 1, room)
    heads: list[Span] = [(sheet.fit("  RELAY", width + 2), FAINT)]
    heads += [(f"{head:<{STEP}}", FAINT) for head in HEADS.values()]
    sheet.line(*heads, (f"{'median':>{TIME - 1}}", FAINT))
    for node, name in zip(nodes, names, strict=True):
        spans: list[Span] = [("  ", PLAIN), (sheet.fit(name, width), STRONG)]
        spans += [_sign(sheet, node.step(step).state) for step in HEADS]
        times = [p.time_ms for p in own_passages(check, node) if p.time_ms is not None]
        time = milliseconds(sum(times) / len(times)) if times else sheet.signs.skip
        sheet.line(*spans, (f"{time:>{TIME - 1}}", PLAIN))
    sheet.blank()
    sheet.paragraph(sheet.dots(*LEGEND, f"{sheet.signs.skip} not asked or not reached"), 2, FAINT, spare=2)


def _name(node: NodeReport) -> str:
    return node.node if not node.region_code or node.region_code in node.node else f"{node.node} {node.region_code}"


def _sign(sheet: Sheet, state: StepState) -> Span:
    signs = sheet.signs
    words = {StepState.OK: signs.ok, StepState.WARN: signs.warn, StepState.FAIL: signs.fail}
    if sheet.options.ascii_only:
        words = {StepState.OK: "ok", StepState.WARN: "warn", StepState.FAIL: "FAIL"}
    word = words.get(state, "?" if state is StepState.UNKNOWN else signs.skip)
    return f"{word:<{STEP}}", _COLOURS.get(state, FAINT)


def _list(sheet: Sheet, nodes: Sequence[NodeReport]) -> None:
    signs = sheet.signs
    known = {StepState.WARN: signs.warn, StepState.FAIL: signs.fail, StepState.UNKNOWN: signs.unknown}
    for node in nodes:
        name = worst(node)
        state = StepState.OK if name is None else node.step(name).state
        sign = known.get(state, signs.ok)
        says = "" if name is None else ", ".join(filter(None, (LABELS[name], node.step(name).says or state.value)))
        words = f"{node.node}: {says}" if says else f"{node.node}: ok"
        spare = max(len("[FAIL]") - len(sign), 0)
        sheet.paragraph(words, len(sign) + 3, first=(f"  {sign}", _COLOURS[state]), spare=spare)
