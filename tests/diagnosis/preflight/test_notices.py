"""The surroundings: one notice for each subject, bad ones with their cause, unknown ones with their reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.diagnosis.preflight.notices import notices
from natscope.model.preflight import Notice
from natscope.model.report import Report
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.report_path import PathFamilyReport, PathReport
from natscope.model.report_surroundings import FirewallReport, SharedSpaceReport, SurroundingsReport
from natscope.model.report_web import ProxySetting, WebReport
from natscope.model.tri import Tri
from tests.diagnosis.judging import scene
from tests.reports.scenes import names

SUBJECTS = ("tunnel", "proxy", "resolver", "collision", "mtu", "firewall")


def told(report: Report, about: str) -> Notice:
    return next(notice for notice in notices(report) if notice.about == about)


def around(**fields: Any) -> Report:
    return scene("healthy", surroundings=SurroundingsReport(**fields))


def web(**fields: Any) -> Report:
    return scene("healthy", web=WebReport(**fields))


def names_of(*states: NameServerState, **fields: Any) -> Report:
    found = tuple(NameServerReport(address=f"192.0.2.{number}:53", state=state) for number, state in enumerate(states))
    return scene("healthy", dns=DnsReport(servers=found, **fields))


def path(**fields: Any) -> Report:
    return scene("healthy", path=PathReport(v4=PathFamilyReport(**fields)))


def mtu(value: int) -> Report:
    report = scene("healthy")
    changed = tuple(msgspec.structs.replace(i, mtu=value) if i.default_route else i for i in report.interfaces)
    return msgspec.structs.replace(report, interfaces=changed)


SQUID = ProxySetting(where="HTTPS_PROXY", kind="http", url="http://192.0.2.9:3128", followed=True)
FILTER = FirewallReport(readable=Tri.YES, answers="accept", unasked="accept")
CASES = [
    (around(hijacked=Tri.NO), "tunnel", "ok", "no VPN or proxy program"),
    (around(), "tunnel", "unknown", "not looked at"),
    (scene("proxy-tunnel"), "tunnel", "bad", "proxy program"),
    (scene("vpn-tunnel"), "tunnel", "bad", "VPN"),
    (web(), "proxy", "ok", "no proxy is set"),
    (scene("healthy", web=None), "proxy", "unknown", "not looked for"),
    (web(proxies=(SQUID,)), "proxy", "look", "http://192.0.2.9:3128 (HTTPS_PROXY)"),
    (web(proxies=(SQUID,), relay_by_proxy=Tri.YES), "proxy", "look", "and relays answer through it"),
    (web(proxies=(SQUID,), relay_by_proxy=Tri.NO), "proxy", "bad", "and no relay answers through it"),
    (scene("captive-portal"), "portal", "bad", "log in first"),
    (scene("tls-opened"), "tls", "bad", "opens TLS"),
    (scene("healthy", dns=None), "resolver", "unknown", "not asked"),
    (names_of(), "resolver", "unknown", "none is known"),
    (names_of(NameServerState.ANSWERS), "resolver", "ok", "answer (192.0.2.0:53)"),
    (names_of(NameServerState.ANSWERS, NameServerState.SILENT), "resolver", "look", "192.0.2.1:53 does not answer"),
    (names_of(NameServerState.SILENT), "resolver", "bad", "no name server answers"),
    (names_of(NameServerState.UNKNOWN), "resolver", "unknown", "no name server answers"),
    (around(), "collision", "unknown", "100.64.0.0/10"),
    (around(shared_space=SharedSpaceReport(used=Tri.NO)), "collision", "ok", "nothing here uses"),
    (around(shared_space=SharedSpaceReport(used=Tri.YES, uses=("gateway 100.64.0.1",))), "collision", "look",
     "gateway 100.64.0.1"),
    (path(wireguard=Tri.YES), "mtu", "ok", "1280 bytes fit"),
    (path(wireguard=Tri.NO), "mtu", "bad", "do not fit: IPv4"),
    (mtu(1500), "mtu", "ok", "was not measured"),
    (mtu(1359), "mtu", "look", "(1359) is too small"),
    (mtu(1360), "mtu", "ok", "was not measured"),
    (scene("healthy", interfaces=()), "mtu", "unknown", "not measured"),
    (around(firewall=FirewallReport(readable=Tri.NO, reason="only root may")), "firewall", "unknown", "only root may"),
    (around(firewall=FILTER), "firewall", "ok", "let a mesh VPN's packets in"),
    (around(firewall=msgspec.structs.replace(FILTER, unasked="drop")), "firewall", "look", "41641"),
    (around(firewall=msgspec.structs.replace(FILTER, answers="drop")), "firewall", "bad", "drop answers"),
]  # fmt: skip


@pytest.mark.parametrize(("report", "about", "state", "says"), CASES, ids=[f"{c[1]}-{c[2]}" for c in CASES])
def test_a_notice(report: Report, about: str, state: str, says: str) -> None:
    found = told(report, about)
    assert found.state == state, found
    assert says in found.says


def test_wrong_answers_are_told_beside_servers_that_answer() -> None:
    report = names_of(NameServerState.ANSWERS, invented=Tri.YES, forged=Tri.YES, search_trap=Tri.YES)
    states = [notice.state for notice in notices(report) if notice.about == "resolver"]
    assert states == ["ok", "bad", "bad", "bad"]


@pytest.mark.parametrize("name", names())
def test_every_subject_is_told_of(name: str) -> None:
    report = scene(name)
    found = notices(report)
    assert [about for about in SUBJECTS if about not in {notice.about for notice in found}] == []
    ids = {finding.id for finding in report.findings}
    assert all(set(notice.causes) <= ids for notice in found), "only causes that the netcheck found"
    assert all(notice.says for notice in found)
