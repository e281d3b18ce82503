"""Situations around the measurement: name servers, proxies, clocks, relays looked at node by node."""

from __future__ import annotations

from typing import Any

from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.report_web import NodeCheck, ProxySetting, RelayStep, WebReport
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder, six_works

SERVER = "192.168.1.1:53"


def _asked(builder: Builder, name: str, kind: str, purpose: str, **fields: Any) -> str:
    outcome = fields.pop("outcome", Outcome.ANSWERED)
    data = {"name": name, "type": kind, "purpose": purpose, "tries": fields.pop("tries", 1)}
    data |= {"code": fields.pop("code", "NOERROR"), "addresses": fields.pop("addresses", [])}
    return builder.observe("dns.query", outcome, target=SERVER, family=4, data=data, **fields)


def _healthy(builder: Builder) -> None:
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)


def names_invented() -> Report:
    """The provider's name server leads names that do not exist to its own page."""
    builder = Builder()
    _healthy(builder)
    right = _asked(builder, "relay1.example.net", "A", "relay", addresses=["198.51.100.2"], rtt_ms=4.1)
    wrong = _asked(builder, "natscope-1.example.com", "A", "missing", addresses=["203.0.113.99"], rtt_ms=3.9)
    server = NameServerReport(address=SERVER, state=NameServerState.ANSWERS, latency_ms=4.0, evidence=(right, wrong))
    return builder.report(
        udp=Tri.YES,
        dns=DnsReport(
            state=NameServerState.ANSWERS,
            servers=(server,),
            invented=Tri.YES,
            invented_addresses=("203.0.113.99",),
            forged=Tri.NO,
            differ=Tri.NO,
            ipv6_withheld=Tri.NO,
            search_trap=Tri.NO,
            evidence={"invented": (wrong,), "forged": (right,)},
        ),
    )


def names_forged() -> Report:
    """A proxy's name server gives relays addresses of its own."""
    builder = Builder()
    _healthy(builder)
    wrong = _asked(builder, "relay1.example.net", "A", "relay", addresses=["198.18.0.7"], rtt_ms=0.6)
    server = NameServerReport(address=SERVER, state=NameServerState.ANSWERS, latency_ms=0.6, evidence=(wrong,))
    return builder.report(
        udp=Tri.YES,
        dns=DnsReport(
            state=NameServerState.ANSWERS,
            servers=(server,),
            invented=Tri.NO,
            forged=Tri.YES,
            forged_addresses=("198.18.0.7",),
            differ=Tri.YES,
            ipv6_withheld=Tri.YES,
            search_trap=Tri.YES,
            search=("corp.example",),
            search_traps=("corp.example",),
            evidence={"forged": (wrong,)},
        ),
    )


def name_server_silent() -> Report:
    """The only name server never answers; the map has addresses, so relays are reached all the same."""
    builder = Builder()
    _healthy(builder)
    silent = tuple(
        _asked(builder, f"relay{n}.example.net", kind, "relay", outcome=Outcome.NO_ANSWER, error="timeout", tries=3)
        for n in (1, 2)
        for kind in ("A", "AAAA")
    )
    server = NameServerReport(
        address=SERVER, state=NameServerState.SILENT, reason="no answer to 12 packets", evidence=silent
    )
    reasons = {"invented": "no server judged a name that cannot exist"}
    return builder.report(
        udp=Tri.YES,
        duration_ms=1620.0,
        dns=DnsReport(
            state=NameServerState.SILENT, reason="no name server answers", servers=(server,), reasons=reasons
        ),
    )


PROXY = "http://192.168.1.2:3128"
_SETTING = ProxySetting(where="HTTPS_PROXY", kind="http", url=PROXY, followed=True)


def _blocked(builder: Builder) -> tuple[str, ...]:
    """Nothing comes back, over UDP or TCP."""
    for region, code, name, _ in PLACES[:3]:
        words = ("no-answer", "no answer to 4 STUN requests")
        builder.relay(region, code, name, error=words, https_outcome=Outcome.NO_ANSWER)
    return tuple(o.id for o in builder.observations if o.kind == "https.latency")


def _through(builder: Builder, outcome: Outcome, **fields: Any) -> tuple[str, ...]:
    return tuple(
        builder.observe(
            "proxy.connect",
            outcome,
            target=f"198.51.100.{region + 1}:443",
            region_id=region,
            node=f"{region}a",
            data={"proxy": PROXY, **fields},
        )
        for region in (1, 2)
    )


def proxy_only() -> Report:
    """Nothing gets out but through the HTTP proxy; a relay answers behind it."""
    builder = Builder()
    asked = _blocked(builder)
    behind = _through(builder, Outcome.ANSWERED, proxy_status=200, step="http")
    return builder.report(
        udp=Tri.NO,
        udp_reason="3 hosts gave no answer over UDP, while TCP or ICMP to the same host was answered",
        duration_ms=4500.0,
        web=WebReport(
            proxies=(_SETTING, ProxySetting(where="GNOME", kind="pac", url="http://wpad.test/x.pac", followed=False)),
            proxy=Tri.YES,
            proxy_url=PROXY,
            relay_by_proxy=Tri.YES,
            relay_by_proxy_ms=31.5,
            direct=Tri.NO,
            evidence={"proxy": behind, "relay_by_proxy": behind, "direct": asked},
        ),
    )


def proxy_password() -> Report:
    """The only way out wants a password."""
    builder = Builder()
    asked = _blocked(builder)
    said = _through(builder, Outcome.REFUSED, proxy_status=407, step="connect")
    return builder.report(
        udp=Tri.UNKNOWN,
        udp_reason="3 hosts answered neither over UDP nor over TCP or ping",
        duration_ms=4500.0,
        web=WebReport(
            proxies=(_SETTING,),
            proxy=Tri.NO,
            proxy_status=407,
            proxy_url=PROXY,
            relay_by_proxy=Tri.NO,
            reasons={"direct": "no relay answered, and nothing else could be a control"},
            evidence={"proxy": said, "direct": asked},
        ),
    )


def clock_wrong() -> Report:
    """This computer's clock is a week behind, and relays' certificates are refused."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:3]:
        words = ("certificate", "the certificate is not valid before 2026-11-24")
        builder.relay(region, code, name, v4=rtt, error=words, https_outcome=Outcome.WRONG)
    told = tuple(
        builder.observe("captive.challenge", Outcome.ANSWERED, target=f"http://relay{n}.example.net/generate_204")
        for n in (1, 2)
    )
    web = WebReport(direct=Tri.YES, clock=Tri.NO, clock_off_s=604_801.0, evidence={"clock": told})
    return builder.report(udp=Tri.YES, captive_portal=Tri.NO, captive_portal_reason="", web=web)


def _node(builder: Builder, region: int, family: int = 4, **fields: Any) -> NodeCheck:
    good = "failed_at" not in fields
    outcome = Outcome.ANSWERED if good else Outcome.REFUSED
    target = f"198.51.100.{region + 1}:443" if family == 4 else f"[2001:db8:1::{region:x}]:443"
    name = builder.observe("relay.check", outcome, target=target, family=family, region_id=region, node=f"{region}a")
    values: dict[str, Any] = {"reached": RelayStep.ANSWERED if good else fields["failed_at"], "evidence": (name,)}
    if good:
        values |= {"connect_ms": 10.2, "tls_ms": 11.0, "request_ms": 10.4, "status": 200, "tls_version": "TLSv1.3"}
        values |= {"issuer": "R11", "names": (f"relay{region}.example.net",), "days_left": 61.5, "port80": "answers"}
        values |= {"public_issuer": Tri.YES, "clock_off_s": -0.4}
    return NodeCheck(region_id=region, node=f"{region}a", family=family, target=target, **(values | fields))


def relays_one_by_one() -> Report:
    """Every relay looked at: one speaks plain HTTP, one is filtered by name, one is closed over IPv6."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v4=rtt, v6=rtt - 0.3, ask=(4, 6))
    refused: dict[str, Any] = {
        "failed_at": RelayStep.CONNECT,
        "error": "refused",
        "message": "the connection was refused",
    }
    plain: dict[str, Any] = {"failed_at": RelayStep.TLS, "error": "plain-http", "message": "the port speaks plain HTTP"}
    filtered: dict[str, Any] = {
        "failed_at": RelayStep.TLS,
        "error": "name-filtered",
        "message": "reset for the relay's name",
    }
    nodes = (
        _node(builder, 1),
        _node(builder, 1, 6),
        _node(builder, 2),
        _node(builder, 2, 6, **refused),
        _node(builder, 3, **plain),
        _node(builder, 4, **filtered),
    )
    clock = tuple(name for node in nodes[:3] for name in node.evidence)
    web = WebReport(
        direct=Tri.YES, clock=Tri.YES, clock_off_s=-0.4, intercepted=Tri.NO, nodes=nodes, evidence={"clock": clock}
    )
    return builder.report(udp=Tri.YES, ipv6=six_works(builder), web=web)


def upgrade_eaten() -> Report:
    """Every relay looked at: a web server before one of them takes out what asks for the upgrade."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:3]:
        builder.relay(region, code, name, v4=rtt)
    nodes = (
        _node(builder, 1, upgrade=101), _node(builder, 2, upgrade=426, upgrade_left_out=426),
        _node(builder, 3, upgrade=101),
    )  # fmt: skip
    clock = tuple(name for node in nodes for name in node.evidence)
    web = WebReport(
        direct=Tri.YES, clock=Tri.YES, clock_off_s=-0.4, intercepted=Tri.NO, nodes=nodes, evidence={"clock": clock}
    )
    return builder.report(udp=Tri.YES, web=web)


def tls_opened() -> Report:
    """An inspecting firewall shows certificates of its own for every relay, the pinned one too."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:3]:
        words = ("certificate", "the certificate comes from an issuer that this computer does not trust")
        builder.relay(region, code, name, v4=rtt, error=words, https_outcome=Outcome.WRONG)
    wrong: dict[str, Any] = {
        "failed_at": RelayStep.CERTIFICATE,
        "issuer": "Example Inspection CA",
        "public_issuer": Tri.NO,
    }
    nodes = (
        _node(builder, 1, error="certificate-pin-mismatch", pinned=True, **wrong),
        _node(builder, 2, error="certificate-unknown-issuer", **wrong),
    )
    web = WebReport(
        direct=Tri.YES,
        intercepted=Tri.YES,
        issuer="Example Inspection CA",
        nodes=nodes,
        evidence={"intercepted": tuple(name for node in nodes for name in node.evidence)},
    )
    return builder.report(udp=Tri.YES, web=web)


def https_closed() -> Report:
    """A relay answers STUN, and refuses connections; the others take them."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt, https=rtt + 1.2)
    words = ("https-refused", "HTTPS: the connection was refused")
    builder.relay(8, "hkg", "Hong Kong", v4=184.4, error=words, https_outcome=Outcome.REFUSED)
    return builder.report(udp=Tri.YES)


NAME_AND_WEB_SCENES = (
    names_invented,
    names_forged,
    name_server_silent,
    proxy_only,
    proxy_password,
    clock_wrong,
    https_closed,
    relays_one_by_one,
    upgrade_eaten,
    tls_opened,
)
