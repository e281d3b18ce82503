"""What of the surroundings matters to a mesh VPN before it is there: tunnels, proxies, names, addresses, rules."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.diagnosis.words import enumerated
from natscope.model.preflight import Notice
from natscope.model.report import Report
from natscope.model.report_dns import NameServerState
from natscope.model.tri import Tri

OK, LOOK, BAD, UNKNOWN = "ok", "look", "bad", "unknown"
TUNNEL_MTU, OVERHEAD = 1280, 80
"""The usual tunnel, and what WireGuard in UDP in IPv6 adds to a packet."""


def notices(report: Report) -> tuple[Notice, ...]:
    """One for each subject, good ones too; what was not looked at says so."""
    return (
        _tunnel(report), *_proxies(report), _resolver(report), *_names(report), _collision(report), _mtu(report),
        _firewall(report),
    )  # fmt: skip


def _tunnel(report: Report) -> Notice:
    around = report.surroundings
    if around.hijacked is Tri.NO:
        return Notice(about="tunnel", state=OK, says="no VPN or proxy program carries this computer's packets")
    if around.hijacked is Tri.UNKNOWN:
        return Notice(about="tunnel", state=UNKNOWN, says=f"other VPNs: {around.hijacked_reason}")
    causes = tuple(f.id for f in report.findings if f.id in ("NS-ENV-01", "NS-ENV-02"))
    return Notice(about="tunnel", state=BAD, says=around.hijacked_reason, causes=causes)


def _proxies(report: Report) -> Iterator[Notice]:
    """Proxies that are set, and somebody who opens TLS or answers in the place of sites."""
    web = report.web
    proxies = web.proxies if web is not None else ()
    if web is None:
        yield Notice(about="proxy", state=UNKNOWN, says="proxies were not looked for")
    elif not proxies:
        yield Notice(about="proxy", state=OK, says="no proxy is set")
    else:
        told = enumerated([f"{proxy.url or proxy.kind} ({proxy.where})" for proxy in proxies])
        way = {Tri.YES: ", and relays answer through it", Tri.NO: ", and no relay answers through it"}
        state = BAD if web.relay_by_proxy is Tri.NO else LOOK
        says = f"a proxy is set: {told}{way.get(web.relay_by_proxy, '')}"
        yield Notice(about="proxy", state=state, says=says, causes=_of(report, "NS-ENV-04"))
    if report.captive_portal is Tri.YES:
        yield Notice(about="portal", state=BAD, says="this network wants you to log in first",
                     causes=_of(report, "NS-ENV-06"))  # fmt: skip
    if web is not None and web.intercepted is Tri.YES:
        by = f" ({web.issuer})" if web.issuer else ""
        yield Notice(about="tls", state=BAD, says=f"somebody on the way opens TLS{by}; relays' clients refuse that",
                     causes=_of(report, "NS-ENV-05"))  # fmt: skip


def _resolver(report: Report) -> Notice:
    dns = report.dns
    if dns is None:
        return Notice(about="resolver", state=UNKNOWN, says="name servers were not asked")
    if not dns.servers:
        return Notice(about="resolver", state=UNKNOWN, says=f"name servers: {dns.reason or 'none is known'}")
    told = enumerated([server.address for server in dns.servers if not server.behind_stub])
    answering = [server for server in dns.servers if server.state is NameServerState.ANSWERS]
    bad = [
        server.address
        for server in dns.servers
        if server.state not in (NameServerState.ANSWERS, NameServerState.UNKNOWN)
    ]
    if not answering:
        state = BAD if bad else UNKNOWN
        return Notice(
            about="resolver", state=state, says=f"no name server answers ({told})", causes=_of(report, "NS-CTL-10")
        )
    if bad:
        return Notice(about="resolver", state=LOOK, says=f"the name server {enumerated(bad)} does not answer",
                      causes=_of(report, "NS-CTL-10"))  # fmt: skip
    return Notice(about="resolver", state=OK, says=f"name servers answer ({told})")


def _names(report: Report) -> Iterator[Notice]:
    """Answers that are wrong: relays and peers would be sought at the wrong place."""
    dns = report.dns
    if dns is None:
        return
    wrong = {
        "names that do not exist get an address": dns.invented,
        "names of relays lead to addresses that cannot be theirs": dns.forged,
        "a search domain answers for any name": dns.search_trap,
    }
    for says, holds in wrong.items():
        if holds is Tri.YES:
            yield Notice(about="resolver", state=BAD, says=says, causes=_of(report, "NS-CTL-09"))


def _collision(report: Report) -> Notice:
    shared = report.surroundings.shared_space
    causes = _of(report, "NS-HOST-02")
    if shared.used is Tri.NO:
        return Notice(about="collision", state=OK, says="nothing here uses 100.64.0.0/10, the mesh's own range")
    if shared.used is Tri.UNKNOWN:
        return Notice(
            about="collision", state=UNKNOWN, says=f"100.64.0.0/10: {shared.reasons.get('used', 'not looked at')}"
        )
    told = enumerated(list(shared.uses), 3)
    says = f"100.64.0.0/10 is used here: {told}; a mesh VPN's rules may drop answers from there"
    return Notice(about="collision", state=LOOK, says=says, causes=causes)


def _mtu(report: Report) -> Notice:
    """What was measured beats what the interface says."""
    causes = _of(report, "NS-PERF-01")
    told = {"IPv4": report.path.v4, "IPv6": report.path.v6}
    tight = [name for name, path in told.items() if path.wireguard is Tri.NO]
    if tight:
        says = f"MTU: packets of a tunnel of {TUNNEL_MTU} bytes do not fit: {enumerated(tight)}"
        return Notice(about="mtu", state=BAD, says=says, causes=causes)
    if any(path.wireguard is Tri.YES for path in told.values()):
        return Notice(about="mtu", state=OK, says=f"MTU: packets of a tunnel of {TUNNEL_MTU} bytes fit")
    uplinks = {i.name: i.mtu for i in report.interfaces if i.default_route and i.mtu is not None}
    small = [f"{name} ({mtu})" for name, mtu in uplinks.items() if mtu < TUNNEL_MTU + OVERHEAD]
    if small:
        says = f"MTU: {enumerated(small)} is too small for whole packets of a tunnel"
        return Notice(about="mtu", state=LOOK, says=says, causes=causes)
    if uplinks:
        return Notice(
            about="mtu", state=OK, says="MTU of the uplink is large enough; the way behind it was not measured"
        )
    return Notice(about="mtu", state=UNKNOWN, says="MTU: the longest packet was not measured")


def _firewall(report: Report) -> Notice:
    """Of this computer; unasked packets matter to peers that write first."""
    firewall = report.surroundings.firewall
    if firewall.readable is not Tri.YES:
        return Notice(about="firewall", state=UNKNOWN, says=f"this computer's own rules: {firewall.reason}")
    if firewall.answers in ("drop", "reject"):
        return Notice(about="firewall", state=BAD, says="this computer's own rules drop answers over UDP",
                      causes=_of(report, "NS-HOST-01"))  # fmt: skip
    if firewall.unasked in ("drop", "reject"):
        return Notice(about="firewall", state=LOOK, causes=_of(report, "NS-HOST-01"),
                      says="this computer's own rules drop what nobody asked for, also at port 41641")  # fmt: skip
    return Notice(about="firewall", state=OK, says="this computer's own rules let a mesh VPN's packets in")


def _of(report: Report, *ids: str) -> tuple[str, ...]:
    """Those that the netcheck found."""
    return tuple(finding.id for finding in report.findings if finding.id in ids)
