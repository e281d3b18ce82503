"""The way to relays over TCP: proxies, announced login pages, and what the look at each relay found."""

from __future__ import annotations

from natscope.model.report import Report
from natscope.model.report_web import NodeCheck, RelayStep, WebReport
from natscope.model.tri import Tri
from natscope_reports._text.addresses import row
from natscope_reports._text.ink import BAD, FAINT, GOOD, PLAIN, Sheet
from natscope_reports._text.numbers import milliseconds

NODE, FAMILY = 10, 6
_STEPS = {
    RelayStep.NAME: "name",
    RelayStep.CONNECT: "TCP",
    RelayStep.TLS: "TLS",
    RelayStep.CERTIFICATE: "certificate",
    RelayStep.HTTP: "HTTP",
}


def draw(sheet: Sheet, report: Report) -> None:
    """The sections, each only where there is something to say."""
    web = report.web
    if web is None:
        return
    _proxies(sheet, web)
    _nodes(sheet, web)


def _proxies(sheet: Sheet, web: WebReport) -> None:
    if not web.proxies and not web.portal_urls:
        return
    sheet.heading("Proxies")
    for proxy in web.proxies:
        note = _verdict(web) if proxy.followed and proxy.url == web.proxy_url else proxy.reason
        row(sheet, proxy.kind, proxy.url or proxy.where, f"{proxy.where}: {note}" if note else proxy.where)
    for url in web.portal_urls:
        row(sheet, "login", url, "announced by the network, not opened")


def _verdict(web: WebReport) -> str:
    if web.relay_by_proxy is Tri.YES:
        return f"a relay answers behind it in {milliseconds(web.relay_by_proxy_ms or 0.0)}"
    if web.proxy_status is not None:
        return f"it refuses (HTTP {web.proxy_status})"
    if web.proxy is Tri.YES:
        return "it lets through, but no relay answers behind it"
    return web.reasons.get("proxy", "") or ("it does not let through" if web.proxy is Tri.NO else "")


def _nodes(sheet: Sheet, web: WebReport) -> None:
    """All of them with `-v`; without, the findings say what is wrong."""
    if not web.nodes or not sheet.verbose:
        return
    good = sum(node.reached is RelayStep.ANSWERED and _upgrades(node) for node in web.nodes)
    sheet.heading("Relays one by one", f"{good:,} of {len(web.nodes):,} sound")
    for node in web.nodes:
        _node(sheet, node)


def _node(sheet: Sheet, node: NodeCheck) -> None:
    good = node.failed_at is None and _upgrades(node)
    sign, style = (sheet.signs.ok, GOOD) if good else (sheet.signs.fail, BAD)
    lead = sheet.fit(node.node, NODE) + sheet.fit(f"IPv{node.family}", FAMILY)
    sheet.line((f"  {sign} ", style), (lead, PLAIN), (_sound(sheet, node) if good else _broken(sheet, node), FAINT))


def _sound(sheet: Sheet, node: NodeCheck) -> str:
    left = f"certificate for {node.days_left:.0f} days" if node.days_left is not None else ""
    times = milliseconds(node.request_ms) if node.request_ms is not None else ""
    port80 = f"port 80 {node.port80}" if node.port80 and node.port80 != "answers" else ""
    return sheet.dots(times, node.tls_version, left, port80)


def _upgrades(node: NodeCheck) -> bool:
    """Whether it becomes a relay connection, or was not asked to."""
    return node.upgrade in (None, 101)


def _broken(sheet: Sheet, node: NodeCheck) -> str:
    if node.failed_at is None:
        return sheet.dots("upgrade", f"HTTP {node.upgrade} instead of 101")
    return sheet.dots(_STEPS.get(node.failed_at, ""), node.message or node.error)
