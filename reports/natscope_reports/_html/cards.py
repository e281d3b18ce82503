"""Findings as cards: problem, the cheapest fix on a green band, who and how long, evidence folded."""

from __future__ import annotations

from natscope.model.finding import Finding, Fix, Severity
from natscope.model.report import Report
from natscope_reports._content.headline import finding_sign
from natscope_reports._content.telling import would_tell
from natscope_reports._html.escape import element, spanned, text
from natscope_reports._text.numbers import counted

SHOWN = 3
_STYLES = {Severity.FAIL: "bad", Severity.WARN: "look"}
_WORDS = {Severity.FAIL: "problem", Severity.WARN: "warning", Severity.INFO: "to know"}


def cards(report: Report) -> str:
    """All findings; the first three open, the rest folded."""
    if not report.findings:
        return ""
    made = [_card(number, finding) for number, finding in enumerate(report.findings, start=1)]
    rest = made[SHOWN:]
    folded = ""
    if rest:
        folded = f'<details><summary>{len(rest)} more</summary><div class="cards">{"".join(rest)}</div></details>'
    title = "What to do, worst problem first" if any(f.fixes for f in report.findings) else "What is worth knowing"
    return f'<h2 id="fix">{title}</h2><div class="cards">{"".join(made[:SHOWN])}</div>{folded}'


def _card(number: int, finding: Finding) -> str:
    style = _STYLES.get(finding.severity, "dim")
    tag = spanned(f"{finding_sign(finding)} {_WORDS.get(finding.severity, finding.severity)}", f"tag {style}")
    parts = [f'<h3 id="f{number}">{tag} {text(finding.title)}</h3>']
    if finding.detail:
        parts.append(element("p", text(finding.detail)))
    parts += [_fix(fix, first=place == 0) for place, fix in enumerate(finding.fixes[:1])]
    if not finding.fixes:
        parts.append(element("p", "There is nothing to do.", class_="dim"))
    if finding.missing:
        parts.append(element("p", text(would_tell(finding))))
    parts.append(
        f'<div class="meta">{spanned(finding.certainty, "")}<span><code>{text(finding.id)}</code></span></div>'
    )
    if len(finding.fixes) > 1:
        more = "".join(_fix(fix, first=False) for fix in finding.fixes[1:])
        parts.append(f"<details><summary>{counted(len(finding.fixes) - 1, 'more way')}</summary>{more}</details>")
    if finding.evidence:
        told = ", ".join(f'<a href="#o-{text(each)}">{text(each)}</a>' for each in finding.evidence)
        parts.append(f"<details><summary>Evidence</summary><p>{told}</p></details>")
    return element("article", "".join(parts), class_=f"card c-{style}", aria_labelledby=f"f{number}")


def _fix(fix: Fix, *, first: bool) -> str:
    told = [fix.who, fix.duration, f"undo: {fix.undo}" if fix.undo else ""]
    meta = "".join(spanned(words, "") for words in told if words)
    check = f"<span>check: <code>{text(fix.verify)}</code></span>" if fix.verify else ""
    do = f"<b>{text(fix.do)}</b>" if first else text(fix.do)
    return f'<p class="fix">{do}</p><div class="meta">{meta}{check}</div>'
