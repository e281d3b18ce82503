"""The whole page in its order: the answer, where packets die, what to do, relays, tables, evidence."""

from __future__ import annotations

from natscope.model.report import SIMULATED, Report
from natscope.model.verdict import Direct
from natscope.plugins.report_format import RenderOptions
from natscope_reports._content.headline import spent, verdict_sign
from natscope_reports._content.peers import peers_table
from natscope_reports._content.tables import tables
from natscope_reports._html import stages
from natscope_reports._html.cards import cards
from natscope_reports._html.escape import element, spanned, text
from natscope_reports._html.picture import picture
from natscope_reports._html.relays import relays
from natscope_reports._html.style import POLICY, SHEET
from natscope_reports._html.tables import evidence, table
from natscope_reports._html.timeline import timeline
from natscope_reports._text.footer import again

_STYLES = {Direct.LIKELY: "ok", Direct.UNLIKELY: "look", Direct.NO: "bad"}
_AFTER_RELAYS = ("addresses", "router", "way", "names", "computer")


def page(report: Report, options: RenderOptions) -> str:
    """One self-contained file: no script, nothing loaded."""
    found = {content.anchor: content for content in tables(report)}
    parts = [
        _verdict(report, options),
        _way(report),
        cards(report),
        _peers(options),
        relays(report),
        *(table(found[anchor]) for anchor in _AFTER_RELAYS if anchor in found),
        timeline(report),
        *(table(found[anchor]) for anchor in ("not-measured",) if anchor in found),
        evidence(report),
    ]
    main = f"<main>\n{chr(10).join(p for p in parts if p)}\n</main>\n"
    return f"{_head(report)}{_header(report)}{main}{_footer(report, options)}"


def _head(report: Report) -> str:
    title = f"{report.host.name}: {report.verdict.sentence}" if report.host.name else report.verdict.sentence
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)} – natscope</title>\n<style>{SHEET}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#verdict">Skip to the verdict</a>\n'
    )


def _header(report: Report) -> str:
    at = report.started_at
    return (
        f"<header><b>natscope</b><span>host <b>{text(report.host.name or 'unnamed')}</b></span>"
        f'<time datetime="{text(at)}">{text(at[:16].replace("T", " "))} UTC</time>'
        f"{spanned(spent(report), 'dim')}</header>\n"
    )


def _verdict(report: Report, options: RenderOptions) -> str:
    style = _STYLES.get(report.verdict.direct, "none")
    told = [element("h1", text(report.verdict.sentence), id="v")]
    if report.verdict.explanation:
        told.append(element("p", text(report.verdict.explanation)))
    if report.interrupted:
        told.append(element("p", "Interrupted: what was not finished is missing.", class_="dim"))
    if options.exit_code is not None:
        told.append(element("p", f"exit code {options.exit_code}", class_="dim"))
    sign = f'<div class="sign" aria-hidden="true">{verdict_sign(report)}</div>'
    inner = f"{sign}<div>{''.join(told)}</div>"
    return element("section", inner, id="verdict", class_=f"verdict v-{style}", aria_labelledby="v")


def _way(report: Report) -> str:
    found = stages.way(report)
    if found is None:
        return ""
    caption = "Green: packets arrive. Red and dashed: they die at the box with the red border."
    return (
        f'<h2 id="way-picture">Where packets go</h2><figure>{picture(found)}<figcaption>{caption}</figcaption></figure>'
    )


def _peers(options: RenderOptions) -> str:
    found = peers_table(options.peers)
    return table(found) if found.rows else ""


def _footer(report: Report, options: RenderOptions) -> str:
    """With the command that measures the same thing again, but for a network that is not here."""
    command = "" if report.host.os == SIMULATED else again(report, options.again)
    told = f"To measure again: <code>{text(command)}</code>. " if command else ""
    return (
        f"<footer>{told}Made by natscope {text(report.natscope)}, schema {text(report.schema)}. This file loads and "
        "runs nothing.</footer>\n</body>\n</html>\n"
    )
