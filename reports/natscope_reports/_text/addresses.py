"""Where this computer is seen from outside, one line a family."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from natscope.model.address_space import is_inside
from natscope.model.endpoint import Family
from natscope.model.nat import Mapping
from natscope.model.report import FamilyReport, Report, SeenEndpoint
from natscope.model.tri import Tri
from natscope_reports._text.ink import FAINT, NAME, PLAIN, Sheet, wrap

LABEL, VALUE = 11, 25
MAX_ADDRESSES = 3
WILDCARDS = frozenset({"0.0.0.0", "::", ""})
STATE_WORDS = {"absent": "none", "link-local-only": "none", "broken": "no answer", "works": "works"}


def draw(sheet: Sheet, report: Report) -> None:
    """The section."""
    sheet.heading("Addresses")
    families: tuple[tuple[Family, FamilyReport], ...] = ((4, report.ipv4), (6, report.ipv6))
    for family, part in families:
        label = f"IPv{family}"
        for value, note in rows(sheet, report, family, part):
            row(sheet, label, value, note)
            label = ""
    if report.host.shared_address_space is Tri.YES:
        note = "in 100.64.0.0/10 (carrier or mesh VPN)"
        row(sheet, "Host", ", ".join(report.host.shared_addresses[:2]), note)


def rows(sheet: Sheet, report: Report, family: Family, part: FamilyReport) -> Iterable[tuple[str, str]]:
    """Public address and where it comes from; several addresses get a line each, several ports share one."""
    by_address: dict[str, list[SeenEndpoint]] = {}
    for endpoint in sorted(part.endpoints, key=lambda e: (e.address, e.port)):
        by_address.setdefault(endpoint.address, []).append(endpoint)
    if not by_address:
        return [_without_address(report, family, part)]
    found = [_seen(report, family, part, endpoints) for endpoints in by_address.values()]
    rest = len(found) - MAX_ADDRESSES
    if rest > 0 and not sheet.verbose:
        return [*found[:MAX_ADDRESSES], (f"and {rest} more", "-v")]
    return found


def row(sheet: Sheet, label: str, value: str, note: str) -> None:
    """Label, value, and a faint note that wraps under itself, or goes below a value that is too long."""
    lead = sheet.fit(f"  {label}", LABEL)
    indent = LABEL + VALUE
    value = sheet.clean(value, sheet.width - LABEL)
    short = sheet.cells(value) < VALUE
    lines = list(wrap(sheet.clean(note), max(sheet.prose - indent, 16)))
    if sheet.width < indent + 16 or not short:
        lines, indent = list(wrap(sheet.clean(note), sheet.prose - LABEL)), LABEL
        sheet.line((lead, PLAIN), (value, NAME))
    else:
        first = lines.pop(0) if lines else ""
        sheet.line((lead, PLAIN), (sheet.fit(value, VALUE), NAME), (first, FAINT))
    for line in lines:
        sheet.line((" " * indent, PLAIN), (line, FAINT))


def _without_address(report: Report, family: Family, part: FamilyReport) -> tuple[str, str]:
    """A word for a family without a public address, and why it has none."""
    if part.works is Tri.YES and not _asked_over_udp(report, family):
        nat = report.nat.v4 if family == 4 else report.nat.v6
        return "not asked over UDP", nat.reasons.get("mapping", "")
    return _state(part), part.reason or (f"from {part.local[0]}" if part.local else "")


def _asked_over_udp(report: Report, family: Family) -> bool:
    return any(o.kind == "stun.binding" and o.family == family for o in report.observations)


def _state(part: FamilyReport) -> str:
    if part.os_support is Tri.NO:
        return "off"
    if part.works is Tri.YES:
        return "no UDP answer"
    return STATE_WORDS.get(part.state, "unknown")


def _seen(report: Report, family: Family, part: FamilyReport, endpoints: list[SeenEndpoint]) -> tuple[str, str]:
    """One public address with its port or ports, and the socket behind it."""
    address, local = endpoints[0].address, endpoints[0].local
    ports = sorted({endpoint.port for endpoint in endpoints})
    shown = f"[{address}]" if family == 6 else address
    host, _, port = local.rpartition(":")
    host = host.strip("[]")
    if host in WILDCARDS and part.local:
        host = part.local[0]
    translated = address != host and address not in part.local
    nat = report.nat.v4 if family == 4 else report.nat.v6
    if not translated and nat.mapping is not Mapping.NONE and is_inside_address(address):
        note = "answers come back; seen from inside only"
    elif not translated:
        note = "answers come back; no translation"
    elif not host:  # another program's report does not say from where
        note = ""
    else:
        note = f"from {f'[{host}]' if family == 6 else host}:{port}{_interface(report, host)}"
    if len(ports) > 1:
        return f"{shown}, {len(ports)} ports", note
    return (address if family == 6 and not translated else f"{shown}:{ports[0]}"), note


def is_inside_address(text: str) -> bool:
    """Whether it is an address that nobody on the internet sees: private, shared, loopback or link-local."""
    try:
        return is_inside(ipaddress.ip_address(text))
    except ValueError:  # a relay's word is foreign text
        return False


def _interface(report: Report, host: str) -> str:
    """` on eth0`, where an interface holds the address."""
    found = (i.name for i in report.interfaces if any(a.partition("/")[0] == host for a in i.addresses))
    name = next(found, "")
    return f" on {name}" if name else ""
