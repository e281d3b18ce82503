"""Relays: the fastest first, a bar on one scale; silent ones stay in the table with their reason."""

from __future__ import annotations

from natscope.model.report import RelayReport, Report
from natscope_reports._html.escape import spanned, text
from natscope_reports._text.latency_columns import reached
from natscope_reports._text.numbers import milliseconds
from natscope_reports._text.relays import label

BAR = 300


def relays(report: Report) -> str:
    """The section; empty where no relay was to be measured."""
    measured = sorted((r for r in report.relays if r.measured), key=_speed)
    if not measured:
        return ""
    full = max((reached(relay) or 0.0 for relay in measured), default=0.0)
    answered = sum(reached(relay) is not None for relay in measured)
    scale = f"; a full bar is {milliseconds(full)}" if full else ""
    rows = "".join(_row(report, relay, full) for relay in measured)
    return (
        f'<h2 id="relays">Relays</h2><div class="scroll"><table><caption>{answered} of {len(measured)} answered{scale}'
        '</caption><thead><tr><th scope="col">Relay</th><th scope="col" class="bars">Round trip</th>'
        '<th scope="col" class="num">Median</th><th scope="col">By</th><th scope="col" class="num">Jitter</th>'
        f'<th scope="col" class="num">UDP lost</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _speed(relay: RelayReport) -> tuple[bool, float, int]:
    value = reached(relay)
    return (value is None, value or 0.0, relay.region_id)


def _row(report: Report, relay: RelayReport, full: float) -> str:
    home = relay.region_id == report.preferred_relay.region_id
    tag = f" {spanned('home relay', 'tag ok')}" if home else ""
    name = f'<th scope="row"><code>{text(label(relay))}</code> {text(relay.region_name)}{tag}</th>'
    time = reached(relay)
    told = relay.error.message if relay.error else ("" if time is not None else "not asked")
    why = spanned(told, "bad" if relay.error else "dim")
    bar = why if time is None else f"{_bar(time, full)}{why}"
    cells = [
        milliseconds(time) if time is not None else "–",
        _by(relay),
        milliseconds(relay.jitter_ms) if relay.jitter_ms is not None else "–",
        f"{relay.loss * 100:.0f} %" if relay.loss is not None else "–",
    ]
    styles = ("num", "", "num", "num")
    rest = "".join(
        f'<td class="{style}">{text(cell)}</td>' if style else f"<td>{text(cell)}</td>"
        for cell, style in zip(cells, styles, strict=True)
    )
    return f'<tr>{name}<td class="bars">{bar}</td>{rest}</tr>'


def _by(relay: RelayReport) -> str:
    """By what the round trip that is shown was measured."""
    times = relay.latency_ms
    kinds = (
        ("UDP, IPv4", times.stun_v4),
        ("UDP, IPv6", times.stun_v6),
        ("HTTPS", times.https),
    )
    shown = reached(relay)
    return next((name for name, value in kinds if value is not None and value == shown), "–")


def _bar(time: float, full: float) -> str:
    width = max(2.0, min(time / full, 1.0) * BAR) if full > 0 else 2.0
    return (
        f'<svg viewBox="0 0 {BAR} 12" aria-hidden="true" focusable="false"><rect class="f-line" x="0" y="5.5"'
        f' width="{BAR}" height="1"/><rect class="f-bar" x="0" y="1" width="{width:.1f}" height="10" rx="2"/></svg>'
    )
