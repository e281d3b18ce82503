"""The tables that Markdown has too, and the evidence: every observation with a name that findings link to."""

from __future__ import annotations

from natscope.model.report import Report
from natscope_reports._content.table import Cell, Table
from natscope_reports._html.escape import element, spanned, text
from natscope_reports._text.evidence import summary

_STYLES = {"good": "ok", "bad": "bad", "look": "look"}
_SIGNS = {"good": "✓ ", "bad": "✗ ", "look": "! "}
MAX_OBSERVATIONS = 5000


def table(content: Table) -> str:
    """Heading and table; the first cell of a row is its head."""
    heads = "".join(f'<th scope="col">{text(column)}</th>' for column in content.columns)
    rows = "".join(f"<tr>{''.join(_cell(n, cell) for n, cell in enumerate(row))}</tr>" for row in content.rows)
    caption = element("caption", text(content.note)) if content.note else ""
    notes = "".join(element("p", text(note), class_="dim") for note in content.notes)
    return (
        f'<h2 id="{content.anchor}">{text(content.title)}</h2><div class="scroll"><table>{caption}<thead><tr>{heads}'
        f"</tr></thead><tbody>{rows}</tbody></table></div>{notes}"
    )


def _cell(number: int, cell: Cell) -> str:
    inner = f"<code>{text(cell.text)}</code>" if cell.is_name and cell.text else text(cell.text)
    if cell.judgement in _STYLES:
        inner = spanned(f"{_SIGNS[cell.judgement]}{cell.text}", _STYLES[cell.judgement])
    return f'<th scope="row">{inner}</th>' if number == 0 else f"<td>{inner}</td>"


def evidence(report: Report) -> str:
    """Folded; all observations that findings cite, and the first of the rest."""
    cited = {name for finding in report.findings for name in finding.evidence}
    shown = [o for n, o in enumerate(report.observations) if n < MAX_OBSERVATIONS or o.id in cited]
    if not shown:
        return ""
    rows = "".join(
        f'<tr id="o-{text(o.id)}"><th scope="row"><code>{text(o.id)}</code></th><td>{text(o.kind)}</td>'
        f"<td><code>{text(o.target)}</code></td><td>{text(summary(o))}</td></tr>"
        for o in shown
    )
    rest = len(report.observations) - len(shown)
    more = element("p", f"{rest} more: the JSON report has them.") if rest else ""
    return (
        f'<h2 id="evidence">All evidence</h2><details><summary>{len(report.observations)} observations</summary>'
        '<div class="scroll"><table><thead><tr><th scope="col">Id</th><th scope="col">What</th>'
        '<th scope="col">Whom</th><th scope="col">Outcome</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{more}</details>"
    )
