"""A picture of where packets die, only where one explains it: UDP that is dropped beside TCP that is not."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.report import Report
from natscope.plugins.clean import cells
from natscope_reports._text.ink import BAD, FAINT, GOOD, PLAIN, Sheet
from natscope_reports._text.numbers import milliseconds

NOTE_AT, RELAY_MAX = 46, 8


def draw(sheet: Sheet, report: Report) -> None:
    """Two lines, when UDP is certainly blocked and the home relay answers over HTTPS; nothing on narrow pages."""
    home = next((r for r in report.relays if r.region_id == report.preferred_relay.region_id), None)
    blocked = any(f.id == "NS-UDP-01" and f.certainty is Certainty.CERTAIN for f in report.findings)
    if not blocked or home is None or home.latency_ms.https is None or sheet.width < 70:
        return
    dash, corner = ("-", "`") if sheet.options.ascii_only else ("─", "└")
    signs, relay = sheet.signs, home.region_code or str(home.region_id)
    sheet.blank()
    sheet.line(
        (f"  you {dash * 4} UDP {dash * 4} ", PLAIN),
        (sheet.fit(signs.fail, NOTE_AT - 20), BAD),
        ("nothing comes back", FAINT),
    )
    way = f"      {corner}{dash * 3} TCP {dash * 8} relay {sheet.clean(relay, RELAY_MAX)} "
    note = milliseconds(home.latency_ms.https)
    sheet.line((way, PLAIN), (sheet.fit(signs.ok, NOTE_AT - cells(way)), GOOD), (note, FAINT))
