"""Which probe ran when: from its first packet to its last answer, beside the others."""

from __future__ import annotations

from dataclasses import dataclass

from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope_reports._html.escape import text
from natscope_reports._text.numbers import seconds

LEFT, RIGHT, ROW = 170, 660, 24
MAX_ROWS = 40


@dataclass(frozen=True, slots=True)
class Span:
    """One probe. Times in milliseconds since the start of the run."""

    name: str
    first: float
    last: float
    answered: int
    of: int


def spans(report: Report) -> list[Span]:
    """Probes that sent something, by their first packet."""
    by_probe: dict[str, list[Observation]] = {}
    for observation in report.observations:
        if observation.sent_ms is not None:
            by_probe.setdefault(observation.probe, []).append(observation)
    return sorted((_span(name, seen) for name, seen in by_probe.items()), key=lambda s: (s.first, s.name))


def _span(name: str, seen: list[Observation]) -> Span:
    times = [t for o in seen for t in (o.sent_ms, o.received_ms) if t is not None]
    answered = sum(o.outcome is Outcome.ANSWERED for o in seen)
    return Span(name, max(0.0, min(times)), max(times), answered, len(seen))


def timeline(report: Report) -> str:
    """The section; empty where nothing has a time."""
    found = spans(report)[:MAX_ROWS]
    whole = max([report.duration_ms, *(span.last for span in found)], default=0.0)
    if not found or whole <= 0:
        return ""
    height = 24 + ROW * len(found)
    rows = "".join(_row(number, span, whole) for number, span in enumerate(found))
    told = ", ".join(f"{s.name} from {seconds(s.first)} to {seconds(s.last)}" for s in found)
    return (
        f'<h2 id="time">How the {text(seconds(report.duration_ms))} were spent</h2><figure>'
        f'<svg viewBox="0 0 860 {height}" role="img" aria-labelledby="time-t time-d">'
        f'<title id="time-t">Timeline of probes</title><desc id="time-d">{text(told)}.</desc>'
        f"{_grid(whole, height)}{rows}</svg></figure>"
    )


def _grid(whole: float, height: int) -> str:
    lines = []
    for part in range(5):
        x = LEFT + (RIGHT - LEFT) * part / 4
        lines.append(
            f'<line class="l-grid" x1="{x:.0f}" x2="{x:.0f}" y1="14" y2="{height - 4}"/><text class="t-dim" x="{x:.0f}"'
            f' y="10" text-anchor="middle">{text(seconds(whole * part / 4))}</text>'
        )
    return "".join(lines)


def _row(number: int, span: Span, whole: float) -> str:
    y = 24 + ROW * number
    scale = (RIGHT - LEFT) / whole
    x, width = LEFT + span.first * scale, max(2.0, (span.last - span.first) * scale)
    style = "f-bar" if span.answered else "f-look"
    told = f"{span.answered} of {span.of} answered"
    return (
        f'<text x="{LEFT - 10}" y="{y + 11}" text-anchor="end">{text(span.name, 24)}</text>'
        f'<rect class="{style}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="13" rx="2"/>'
        f'<text class="t-dim" x="{RIGHT + 12}" y="{y + 11}">{text(told)}</text>'
    )
