"""What the router does, in plain words with the field's term behind; only what was measured stands here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from natscope.model.nat import Filtering, Mapping
from natscope.model.report import FamilyReport, MappingServiceReport, NatFamilyReport, NatReport, Report
from natscope.model.tri import Tri
from natscope.plugins.clean import clean
from natscope_reports._text.addresses import is_inside_address
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, Sheet
from natscope_reports._text.ports import port_rows, time_rows

LABEL, VALUE, MARK = 18, 20, 8
DESIGN_WIDTH = 80

Row = tuple[str, str, str, str]
"""Question, answer, judgement, term."""

_COLOURS = {"good": GOOD, "bad": BAD, "look": LOOK}
_MAPPING_TERMS = {
    Mapping.ADDRESS_DEPENDENT: "address-dependent",
    Mapping.ADDRESS_AND_PORT_DEPENDENT: "address-and-port-dependent",
    Mapping.PORT_DEPENDENT: "port-dependent",
}
_LETS_IN = {
    Filtering.ENDPOINT_INDEPENDENT: ("everyone", "good"),
    Filtering.ADDRESS_DEPENDENT: ("hosts you wrote to", "normal"),
    Filtering.ADDRESS_AND_PORT_DEPENDENT: ("ports you wrote to", "normal"),
}


def draw(sheet: Sheet, report: Report) -> None:
    """The section; left out when nothing about the router is known, and not even why."""
    found = list(rows(report))
    untold = _only_seen_from_inside(report)
    if not found and not untold:
        return
    layers = report.nat.layers
    sheet.heading(title(layers), f"{layers} between you and the internet" if layers else "")
    if untold:
        sheet.paragraph(
            f"not seen: {untold}", 2 + sheet.cells(f"{sheet.signs.skip} "), first=(f"  {sheet.signs.skip} ", FAINT)
        )
    for label, value, judgement, term in found:
        _row(sheet, label, value, judgement, term)
    if report.cross_check.says and report.cross_check.explanation:
        indent = 2 + sheet.cells(f"{sheet.signs.skip} ")
        words = f"{report.cross_check.tool}: {report.cross_check.explanation}"
        sheet.paragraph(words, indent, first=(f"  {sheet.signs.skip} ", FAINT))


def title(layers: int | None) -> str:
    """The heading, by how many translate."""
    return "Routers" if layers is not None and layers > 1 else "Router"


def _row(sheet: Sheet, label: str, value: str, judgement: str, term: str) -> None:
    """Four columns; an answer without a judgement may take that column too."""
    name = (sheet.fit(f"  {label}", LABEL), PLAIN)
    if sheet.cells(term) > sheet.width - LABEL - VALUE - MARK and sheet.width < DESIGN_WIDTH:
        term = ""  # columns go from the right
    if judgement:
        mark = (sheet.fit(judgement, MARK), _COLOURS.get(judgement, PLAIN))
        sheet.line(name, (sheet.fit(value, VALUE), PLAIN), mark, (term, FAINT))
    else:
        sheet.line(name, (sheet.fit(value, VALUE + MARK), PLAIN), (term, FAINT))


def rows(report: Report) -> Iterator[Row]:
    """Everything that is known, IPv4 (or what works) first."""
    if Tri.YES in (report.nat.v4.address_changed, report.nat.v6.address_changed):
        yield "Public address", "changed meanwhile", "bad", "during the run"
    if not _only_address_varies(report):
        yield from _mapping(report.nat, "Public port")
    v6 = report.nat.v6
    if report.nat.v4.mapping_varies.known and v6.mapping_varies.known and v6.mapping is not Mapping.NONE:
        yield from _mapping(v6, "Port over IPv6")
    yield from _ports(report)
    yield from _filtering(report)
    yield from _opens(report)
    yield from _pinhole(report)
    yield from time_rows(report)


def _mapping(nat: NatFamilyReport | NatReport, label: str) -> Iterator[Row]:
    mapping, varies = nat.mapping, nat.mapping_varies
    if mapping is Mapping.UNKNOWN and varies is Tri.NO:
        return  # equal, but before the router
    if mapping is Mapping.NONE:
        yield label, "your own", "good", "no translation"
    elif mapping is Mapping.ENDPOINT_INDEPENDENT or varies is Tri.NO:
        yield label, "same for all peers", "good", "endpoint-independent"
    elif varies is Tri.YES:
        yield label, "differs by peer", "bad", _MAPPING_TERMS.get(mapping, "address- or port-dependent")


def _filtering(report: Report) -> Iterator[Row]:
    """Whom it lets in, IPv6 only where that differs; who tested it; and the name that people search for."""
    four, six = report.nat.v4, report.nat.v6
    first = report.nat.filtering
    shown = six if four.filtering is Filtering.UNKNOWN else four
    if first in _LETS_IN:
        value, judgement = _LETS_IN[first]
        yield "Lets in", value, judgement, first
    if six.filtering in _LETS_IN and six.filtering is not first:
        value, judgement = _LETS_IN[six.filtering]
        yield "Lets in, IPv6", value, judgement, six.filtering
    if shown.filtering_by:
        yield "Tested by", "a relay", "", shown.filtering_by
    if shown.rfc3489_name:
        yield "Old name", shown.rfc3489_name, "", "RFC 3489"
    yield from _second_opinion(report)


def _second_opinion(report: Report) -> Iterator[Row]:
    """What another program says, and in a few words whether that goes together."""
    other = report.cross_check
    if other.says:
        term = {Tri.YES: "the same", Tri.NO: "differs, see below"}.get(other.agrees, "not comparable")
        yield other.tool, other.says, "", term


def _only_seen_from_inside(report: Report) -> str:
    """Why nothing is known of the router although relays answered: all of them see an address that stays inside."""
    sides: tuple[tuple[NatFamilyReport, FamilyReport], ...] = (
        (report.nat.v4, report.ipv4),
        (report.nat.v6, report.ipv6),
    )
    seen = [(nat, part) for nat, part in sides if part.endpoints]
    inside = all(
        nat.mapping is Mapping.UNKNOWN and all(is_inside_address(endpoint.address) for endpoint in part.endpoints)
        for nat, part in seen
    )
    return seen[0][0].reasons.get("mapping", "") if seen and inside else ""


def _only_address_varies(report: Report) -> bool:
    """Whether each public address showed a single port: then the port tells nothing of its own."""
    ports: dict[tuple[str, str], set[int]] = {}
    for endpoint in report.ipv4.endpoints:
        ports.setdefault((endpoint.local, endpoint.address), set()).add(endpoint.port)
    return report.nat.v4.several_addresses is Tri.YES and all(len(seen) == 1 for seen in ports.values())


def _ports(report: Report) -> Iterator[Row]:
    nat = report.nat
    if nat.mapping is Mapping.NONE:
        return
    if nat.several_addresses is Tri.YES:
        yield "Public address", "differs by peer", "bad", "several addresses"
    if nat.port_preservation is Tri.YES:
        yield "Port number", "kept as it is", "good", "port preservation"
    elif nat.port_preservation is Tri.NO and nat.mapping_varies is not Tri.YES:
        yield "Port number", "changed", "normal", "no port preservation"
    yield from port_rows(report)


_PROOFS = (
    ("proved", "good", "proved from outside"),
    ("unproved", "", "granted, not proved"),
    ("unreachable", "bad", "granted, nothing comes in"),
    ("refused", "bad", "refused"),
    (None, "", "there, not tried"),
)


def _why(proof: str | None, term: str, there: Sequence[tuple[str, MappingServiceReport]]) -> str:
    """A router's own word for its refusal, where it has one; the address that it opens, where that is useless."""
    such = [service for _, service in there if service.proof == proof]
    words = next((s.error.words for s in such if s.error is not None), "")
    opened = next((s.external.rpartition(":")[0] for s in such if s.external), "")
    if proof == "unreachable" and opened and is_inside_address(opened):
        return f"opens {opened}, not public"
    return f"says: {clean(words, 40)}" if words else term


def _opens(report: Report) -> Iterator[Row]:
    services = (
        ("PCP", report.port_mapping.pcp),
        ("NAT-PMP", report.port_mapping.nat_pmp),
        ("UPnP", report.port_mapping.upnp),
    )
    there = [(name, service) for name, service in services if service.state is Tri.YES]
    if there:
        for proof, judgement, term in _PROOFS:
            such = [name for name, service in there if service.proof == proof]
            if such:
                yield "Opens ports", ", ".join(such), judgement, _why(proof, term, there)
                return
    elif report.ipv4.works is Tri.YES and all(service.state is Tri.NO for _, service in services):
        asked = any(o.kind == "portmap.service" and o.family != 6 for o in report.observations)
        nobody = "" if asked else report.port_mapping.upnp.reason.partition(": ")[2]
        yield "Opens ports", "no router to ask" if nobody else "no", "", nobody or "no UPnP, NAT-PMP or PCP"


def _pinhole(report: Report) -> Iterator[Row]:
    """The IPv6 firewall, where its router opens it on demand."""
    service = report.port_mapping.pcp_v6
    if service.state is Tri.YES:
        for proof, judgement, term in _PROOFS:
            if service.proof == proof:
                yield "Opens, IPv6", "PCP", judgement, _why(proof, term, [("PCP", service)])
