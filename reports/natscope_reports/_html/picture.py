"""The picture: boxes for computer, routers, relay and peer; green lines arrive, a red dashed one dies at its box."""

from __future__ import annotations

from natscope.model.tri import Tri
from natscope_reports._html.escape import text
from natscope_reports._html.stages import Stage, Way
from natscope_reports._text.numbers import milliseconds

BOX_W, BOX_H, GAP, TOP = 160, 64, 44, 92
RIGHT_W = 160
WIDE = 24
"""Characters that fit a box."""


def picture(way: Way) -> str:
    """An SVG with its story in words."""
    last_x = 10 + (len(way.stages) - 1) * (BOX_W + GAP)
    right = max(last_x + BOX_W + 230, 620)
    width = right + RIGHT_W + 10
    parts = [_box(10 + number * (BOX_W + GAP), stage) for number, stage in enumerate(way.stages)]
    parts += [_link(10 + number * (BOX_W + GAP)) for number in range(len(way.stages) - 1)]
    edge = last_x + BOX_W
    if way.relay_ms is not None:
        parts.append(_relay(way, edge, right))
    parts.append(_peer(way, right))
    parts.append(_last_line(way, edge, right))
    return (
        f'<svg viewBox="0 0 {width} 262" role="img" aria-labelledby="way-t way-d">'
        f'<title id="way-t">The way between a peer and this computer</title><desc id="way-d">{text(story(way))}</desc>'
        f"{''.join(parts)}</svg>"
    )


def story(way: Way) -> str:
    """The same in words, for those who do not see it."""
    stations = ", then ".join(f"{stage.name}{f' ({stage.does})' if stage.does else ''}" for stage in way.stages)
    relay = ""
    if way.relay_ms is not None:
        how = "UDP" if way.over_udp else "HTTPS only"
        relay = f" The relay {way.relay} answers over {how} in {milliseconds(way.relay_ms)}."
    at = next((stage.name for stage in way.stages if stage.stops), "")
    end = {
        Tri.YES: " A peer's packets arrive.",
        Tri.NO: f" A peer's packets die{f' at {at}' if at else ''}.",
    }.get(way.peer, " Whether a peer's packets arrive is not known.")
    return f"From here: {stations}.{relay}{end}"


def _box(x: int, stage: Stage) -> str:
    middle = x + BOX_W // 2
    style = "box-bad" if stage.stops else "box"
    does = "t-bad" if stage.stops else "t-ok"
    sign = "✗ " if stage.stops else "✓ "
    return (
        f'<rect class="{style}" x="{x}" y="{TOP}" width="{BOX_W}" height="{BOX_H}" rx="8"/>'
        f"{_words(middle, TOP + (27 if stage.address else 37), stage.name, 't-b')}"
        f"{_words(middle, TOP + 47, stage.address, 't-dim')}"
        f"{_words(middle, TOP + BOX_H + 20, sign + stage.does if stage.does else '', does, 30)}"
    )


def _words(x: int, y: int, words: str, style: str, width: int = WIDE, anchor: str = "middle") -> str:
    return f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{text(words, width)}</text>' if words else ""


def _link(x: int) -> str:
    y = TOP + 32
    return f'<line class="l-ok" x1="{x + BOX_W}" y1="{y}" x2="{x + BOX_W + GAP}" y2="{y}"/>'


def _relay(way: Way, edge: int, right: int) -> str:
    assert way.relay_ms is not None
    middle = (edge + right) // 2
    told = f"{milliseconds(way.relay_ms)}{'' if way.over_udp else ' over HTTPS'}"
    return (
        f'<rect class="box" x="{right}" y="18" width="{RIGHT_W}" height="54" rx="8"/>'
        f"{_words(right + RIGHT_W // 2, 41, f'relay {way.relay}', 't-b')}"
        f"{_words(right + RIGHT_W // 2, 59, 'the detour', 't-dim')}"
        f'<path class="l-ok" d="M{edge} {TOP + 20} C{middle} {TOP + 10} {middle} 50 {right - 2} 46"/>'
        f'<path class="f-ok" d="M{right} 45 l-9 -4 v10z"/>{_words(middle, 44, told, "t-ok")}'
        f'<path class="l-ok" d="M{right + RIGHT_W // 2} 72 V186"/>'
        f'<path class="f-ok" d="M{right + RIGHT_W // 2} 189 l-5 -9 h10z"/>'
        f"{_words(right + RIGHT_W // 2 + 10, 134, 'relayed', 't-ok', anchor='start')}"
    )


def _peer(way: Way, right: int) -> str:
    return (
        f'<rect class="box" x="{right}" y="190" width="{RIGHT_W}" height="54" rx="8"/>'
        f"{_words(right + RIGHT_W // 2, 222, 'a peer', 't-b')}"
    )


def _last_line(way: Way, edge: int, right: int) -> str:
    """Between the peer and the last box: arrives, dies, or is not known."""
    y, middle = TOP + 46, (edge + right) // 2
    curve = f"M{right} 214 C{middle} 210 {middle} {y + 20} {edge + 12} {y + 2}"
    if way.peer is Tri.YES:
        return (
            f'<path class="l-ok" d="{curve}"/><path class="f-ok" d="M{edge} {y} l10 -4 v10z"/>'
            f"{_words(middle, 236, 'direct: likely', 't-ok')}"
        )
    if way.peer is Tri.NO:
        return (
            f'<path class="l-bad" d="{curve}"/>{_words(edge + 14, y + 8, "✗", "t-bad")}'
            f"{_words(middle, 236, 'direct: dies here', 't-bad')}"
        )
    return f'<path class="l-dim" d="{curve}"/>{_words(middle, 236, "direct: not known", "t-look")}'
