"""Situations around the measurement: name servers, proxies, clocks, relays looked at node by node."""

from __future__ import annotations

from typing import Any

from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder

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
