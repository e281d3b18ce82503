"""Name servers, one line each: only where something is wrong with them or their answers, or with `-v`."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.report import Report
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.tri import Tri
from natscope_reports._text.addresses import row
from natscope_reports._text.ink import Sheet
from natscope_reports._text.numbers import milliseconds

_TROUBLES = {
    "forged": "relays' names lead astray",
    "invented": "names that do not exist get an address",
    "ipv6_withheld": "IPv6 addresses are kept back",
    "search_trap": "a search domain answers any name",
}
SYSTEM_FAILS = "look-ups by the system fail, although a name server answers when it is asked itself"
_STATES = {
    NameServerState.ANSWERS: "answers",
    NameServerState.SILENT: "silent",
    NameServerState.FAILS: "fails",
    NameServerState.REFUSES: "refuses",
    NameServerState.UNREACHABLE: "unreachable",
}


def draw(sheet: Sheet, report: Report) -> None:
    """The section."""
    names = report.dns
    if names is None or not names.servers or not (sheet.verbose or has_trouble(names)):
        return
    sheet.heading("Name servers")
    for server, state, note in told(names):
        row(sheet, state, server.address.removesuffix(":53").strip("[]"), note)
    for words in troubles(names):
        sheet.paragraph(words, 4, first=(f"  {sheet.signs.warn} ", ""))
    if sheet.verbose:
        _more(sheet, names)


def told(names: DnsReport) -> Iterator[tuple[NameServerReport, str, str]]:
    """Each server with a word for its state, and its time or the reason."""
    for server in names.servers:
        yield server, _state(server), _note(server)


def troubles(names: DnsReport) -> Iterator[str]:
    """What is wrong with the answers, a clause each."""
    yield from (words for field, words in _TROUBLES.items() if getattr(names, field) is Tri.YES)
    if names.system is Tri.NO:
        yield SYSTEM_FAILS


def has_trouble(names: DnsReport) -> bool:
    """Whether a server or an answer is not as it should be."""
    useless = any(s.state not in (NameServerState.ANSWERS, NameServerState.UNKNOWN) for s in names.servers)
    return useless or names.system is Tri.NO or any(getattr(names, field) is Tri.YES for field in _TROUBLES)


def _state(server: NameServerReport) -> str:
    return _STATES.get(server.state, "unknown")


def _note(server: NameServerReport) -> str:
    told = milliseconds(server.latency_ms) if server.latency_ms is not None else server.reason
    return f"{told}, asked by a local stub" if server.behind_stub else told


def _more(sheet: Sheet, names: DnsReport) -> None:
    if names.search:
        row(sheet, "search", ", ".join(names.search), "")
    if names.magic_dns is not Tri.UNKNOWN:
        row(sheet, "mesh VPN", "100.100.100.100", "answers" if names.magic_dns is Tri.YES else "does not answer")
