"""A scenario as a tree, for a terminal or as SVG: who stands behind whom, with addresses and what is special."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from natscope.lab.scenario import INTERNET, DnsManner, Scenario, ScenarioHost, ScenarioRelay, Site, SiteIpv6
from natscope.lab.scenario_relays import Certificate, Port, Port80, StunManner
from natscope.machines.nat.egress import ALL_PORTS, EVERYTHING, Egress
from natscope.machines.portmap_router.config import Manner, ServiceConfig
from natscope.plugins.clean import clean
from natscope.sim.link import LinkSpec
from natscope.sim.policer import PolicerSpec

_ROW, _INDENT, _BOX, _MARGIN, _LETTER = 34, 28, 24, 16, 7.3
_COLOURS = {"site": "#f4d58d", "host": "#8ecae6", "relay": "#b7e4c7", "internet": "#e0e0e0", "server": "#d0bfff"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One node of the tree; `depth` counts from 0, `last` says whether it ends its branch."""

    depth: int
    kind: str
    name: str
    words: str
    last: bool
    open_above: tuple[bool, ...]


def tree(scenario: Scenario) -> tuple[Leaf, ...]:
    """The nodes from the internet down, relays and servers first."""
    words = "" if scenario.dns is DnsManner.ANSWER else f"name server: {scenario.dns}"
    return Leaf(0, "internet", INTERNET, words, True, ()), *_below(scenario, INTERNET, ())


def _below(scenario: Scenario, site: str, above: tuple[bool, ...]) -> Iterator[Leaf]:
    children: list[tuple[str, str, str]] = []
    children += [("relay", r.name, _relay_words(r)) for r in scenario.relays.values() if r.at == site]
    if site == INTERNET:
        children += [
            ("server", s.name, f"{s.kind}  {s.addresses[0]}  {s.addresses[1]}") for s in scenario.servers.values()
        ]
    children += [("site", s.name, _site_words(s)) for s in scenario.sites.values() if s.at == site]
    children += [("host", h.name, _host_words(h, site)) for h in scenario.hosts.values() if _is_at(h, site)]
    for number, (kind, name, words) in enumerate(children, start=1):
        last = number == len(children)
        yield Leaf(len(above) + 1, kind, name, words, last, above)
        if kind == "site":
            yield from _below(scenario, name, (*above, not last))


def _is_at(host: ScenarioHost, site: str) -> bool:
    return any(interface.at == site for interface in host.interfaces)


def draw_tree(scenario: Scenario, *, ascii_only: bool = False) -> str:
    """For a terminal, a line for each node."""
    tee, corner, bar = ("|- ", "`- ", "|  ") if ascii_only else ("├─ ", "└─ ", "│  ")
    lines = [clean(scenario.title), *([clean(scenario.about)] if scenario.about else []), ""]
    for leaf in tree(scenario):
        stems = "".join(bar if is_open else "   " for is_open in leaf.open_above)
        branch = "" if leaf.depth == 0 else corner if leaf.last else tee
        lines.append(f"{stems}{branch}{leaf.name}  {leaf.words}".rstrip())
    return "\n".join(lines) + "\n"


def draw_svg(scenario: Scenario) -> str:
    """The same tree as a picture of its own, without scripts or foreign parts."""
    leaves = tree(scenario)
    width = _MARGIN * 2 + max(_INDENT * leaf.depth + _width(leaf) for leaf in leaves)
    height = _MARGIN * 2 + _ROW * (len(leaves) + 1)
    title = escape(clean(scenario.title))
    size = f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="12">',
        f"<title>{title}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_MARGIN}" y="{_MARGIN + 14}" font-weight="bold">{title}</text>',
        *_wires(leaves),
        *(_box(leaf, row) for row, leaf in enumerate(leaves)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _wires(leaves: tuple[Leaf, ...]) -> Iterator[str]:
    rows = [0]
    for row, leaf in enumerate(leaves[1:], start=1):
        rows[leaf.depth :] = [row]
        x, top, y = _x(leaf.depth - 1) + 10, _y(rows[leaf.depth - 1]) + _BOX, _y(row) + _BOX // 2
        yield f'<path d="M{x} {top}V{y}H{_x(leaf.depth)}" fill="none" stroke="#555"/>'


def _box(leaf: Leaf, row: int) -> str:
    x, y = _x(leaf.depth), _y(row)
    text = escape(f"{leaf.name}  {leaf.words}".rstrip())
    return (
        f'<rect x="{x}" y="{y}" width="{_width(leaf):.0f}" height="{_BOX}" rx="4" fill="{_COLOURS[leaf.kind]}"/>'
        f'<text x="{x + 8}" y="{y + 16}" xml:space="preserve">{text}</text>'
    )


def _x(depth: int) -> int:
    return _MARGIN + _INDENT * depth


def _y(row: int) -> int:
    return _MARGIN + _ROW * (row + 1)


def _width(leaf: Leaf) -> float:
    return 16 + _LETTER * len(f"{leaf.name}  {leaf.words}".rstrip())


def _site_words(site: Site) -> str:
    outside = " ".join(str(ip) for ip in site.external[:2]) or str(site.wan)
    more = f" and {len(site.external) - 2} more" if len(site.external) > 2 else ""
    kind = f"kernel {site.kernel_nat}" if site.kernel_nat is not None else site.kind
    facts = [f"[{kind}]", f"{outside}{more}"]
    if site.lan is not None:
        facts.append(f"over {site.lan}")
    if site.ipv6 is not SiteIpv6.NONE:
        facts.append(f"IPv6 {site.ipv6} {site.prefix}")
    if site.nat is not None and site.nat.egress != EVERYTHING:
        facts.append(f"lets out {_egress_words(site.nat.egress)}")
    if site.nat_6 is not None and site.nat_6.egress != EVERYTHING:
        facts.append(f"lets out {_egress_words(site.nat_6.egress)} over IPv6")
    if site.nat is not None and site.nat.udp_capacity is not None:
        facts.append(f"keeps {site.nat.udp_capacity} UDP flows")
    if site.resolver:
        facts.append("answers look-ups")
    if site.hardware:
        facts.append(f"hardware {site.hardware}")
    if site.nat is not None and site.nat.shuts_out_s:
        facts.append(f"shuts out who calls it for {site.nat.shuts_out_s:g} s")
    if site.portal is not None:
        facts.append(f"login page: {site.portal}")
    if site.mapping_service is not None:
        facts.append(_service_words(site.mapping_service))
    if site.carries:
        facts.append(f"takes {', '.join(map(str, site.carries))}")
    return "  ".join((*facts, *_link_words(site.link, site.back)))


def _service_words(service: ServiceConfig) -> str:
    manner = "" if service.manner is Manner.OPEN else f" ({service.manner})"
    return f"opens ports by {', '.join(service.protocols)}{manner}"


def _egress_words(egress: Egress) -> str:
    parts = []
    for name, ranges in (("UDP", egress.udp), ("TCP", egress.tcp)):
        if ranges == ALL_PORTS:
            parts.append(name)
        elif ranges:
            parts.append(f"{name} {','.join(str(a) if a == b else f'{a}-{b}' for a, b in ranges)}")
    parts += ["pings"] if egress.icmp else []
    return ", ".join(parts) or "nothing"


def _host_words(host: ScenarioHost, site: str) -> str:
    here = next(interface for interface in host.interfaces if interface.at == site)
    facts = [str(ip) for ip in (here.ipv4, here.ipv6) if ip is not None]
    if here is not host.interfaces[0]:
        facts.append("(second choice)")
    if host.clock_wrong_by_s:
        facts.append(f"clock wrong by {host.clock_wrong_by_s:g} s")
    facts += [f"firmware: {host.firmware}"] if host.firmware else []
    facts += [f"own rules: {host.rules}"] if host.rules is not None else []
    facts += [f"UDP port {port} is taken" for port in host.taken]
    if host.stuck_to:
        facts.append(f"a stuck row towards {host.stuck_to}")
    return "  ".join(facts)


def _relay_words(relay: ScenarioRelay) -> str:
    facts = [str(relay.ipv4), f"{(relay.link.latency_s + relay.back.latency_s) * 1000:g} ms there and back"]
    for name, port in (("UDP", relay.udp), ("TCP", relay.tcp)):
        if port is not Port.OPEN:
            facts.append(f"{name} {port}")
    if relay.certificate is not Certificate.RIGHT:
        facts.append(f"certificate {relay.certificate}")
    if relay.port80 is not Port80.CHALLENGE:
        facts.append(f"port 80: {relay.port80}")
    if relay.stun is not StunManner.RIGHT:
        facts.append("tells its bridge's address" if relay.stun is StunManner.BRIDGED else "lies about addresses")
    return "  ".join(facts)


def _link_words(link: LinkSpec, back: LinkSpec) -> list[str]:
    facts = []
    for name, text in (("loss", "{:.0%} lost"), ("reordering", "{:.0%} overtaken"), ("duplication", "{:.0%} doubled")):
        chance = max(getattr(link, name), getattr(back, name))
        if chance:
            facts.append(text.format(chance))
    if min(link.mtu, back.mtu) != 1500:
        facts.append(f"MTU {min(link.mtu, back.mtu)}{'' if link.tells_mtu else ', silently'}")
    if link.rate_bps is not None:
        facts.append(f"{link.rate_bps / 1e6:g} Mbit/s")
    if link.ipv6_latency_s is not None:
        facts.append(f"IPv6 {(link.latency_of(6) + back.latency_of(6)) * 1000:g} ms there and back")
    if link.meddler is not None and link.meddler.resets:
        facts.append(f"resets TLS to {', '.join(link.meddler.resets)}")
    for way, spec in (("out", link), ("in", back)):
        ports = () if spec.meddler is None else spec.meddler.dead_ports
        facts += [f"UDP {way} to port {port} lost" for port in ports]
    facts += [_limit_words(name, policer) for name, policer in _policers(link, back)]
    return facts


def _policers(link: LinkSpec, back: LinkSpec) -> list[tuple[str, PolicerSpec]]:
    if link.udp_policer == back.udp_policer:
        return [] if link.udp_policer is None else [("UDP", link.udp_policer)]
    both = (("UDP out", link.udp_policer), ("UDP in", back.udp_policer))
    return [(name, policer) for name, policer in both if policer is not None]


def _limit_words(name: str, policer: PolicerSpec) -> str:
    if policer.bits_per_s is not None:
        return f"{name} at most {policer.bits_per_s / 1e6:g} Mbit/s"
    return f"{name} at most {policer.packets_per_s:g} packets/s"
