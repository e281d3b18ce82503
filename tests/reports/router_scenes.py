"""Stored reports about routers that are full, change meanwhile, defend themselves, or tell their name."""

from __future__ import annotations

from typing import Any

from natscope.model.nat import PortAllocation
from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, NatFamilyReport, Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, PUBLIC, Builder, nat_report
from tests.reports.nat_scenes import with_nat
from tests.reports.surrounding_scenes import computer, finished, looked

SERVER = "198.51.100.3:3478"


def _relays(builder: Builder, varying: bool = False) -> None:
    for region, code, name, rtt in PLACES[1:5]:
        mapped = f"203.0.113.24:{7019 + region * 5431}" if varying else ""
        builder.relay(region, code, name, v4=rtt, mapped=mapped)


def _igd(builder: Builder, **told: str) -> str:
    data = {"protocol": "upnp", "interface": "eth0", "external": "203.0.113.24"} | told
    return builder.observe("portmap.service", Outcome.ANSWERED, family=4, target="192.168.1.1", bytes_sent=101,
                           bytes_received=310, data=data)  # fmt: skip


def random_source_port() -> Report:
    """A pfSense that never was told of static ports."""
    builder = Builder()
    _relays(builder, varying=True)
    name = _igd(builder, server="FreeBSD/14.0 UPnP/1.1 MiniUPnPd/2.3.3", name="pfSense router", model="pfSense")
    report = builder.report(udp=Tri.YES)
    return with_nat(report, port_allocation=PortAllocation.RANDOM, evidence=(*report.nat.v4.evidence, name))


def company_firewall() -> Report:
    """A Fortinet box that nobody has told of fixed ports."""
    builder = Builder()
    _relays(builder, varying=True)
    looked(builder)
    computer(builder, gateway_makers=["00:09:0f"])
    return finished(builder)


def table_full() -> Report:
    """This computer's own table of connections."""
    builder = Builder()
    _relays(builder)
    looked(builder)
    computer(builder, conntrack_count=65_512, conntrack_max=65_536)
    return finished(builder)


def _socket(builder: Builder, number: int, answered: bool) -> str:
    data: dict[str, Any] = {"order": number, "turn": 1, "tries": 1 if answered else 4}
    more: dict[str, Any] = {}
    if answered:
        data |= {"mapped": f"203.0.113.24:{31000 + 40 * number}", "try": 1}
        more = {"received_ms": 309.8, "rtt_ms": 9.8, "bytes_received": 32}
    outcome = Outcome.ANSWERED if answered else Outcome.NO_ANSWER
    return builder.observe("nat.port", outcome, target=SERVER, family=4, socket=f"192.168.1.20:{31000 + 40 * number}",
                           sent_ms=300.0, bytes_sent=40 * data["tries"], data=data, **more)  # fmt: skip


def new_sockets_silent() -> Report:
    """A router without room: seven of sixteen new sockets get through."""
    builder = Builder()
    _relays(builder)
    ids = [_socket(builder, number, number < 7) for number in range(16)]
    report = builder.report(udp=Tri.YES)
    return with_nat(report, port_samples=7, evidence=(*report.nat.v4.evidence, *ids))


def changed_meanwhile() -> Report:
    """The line was connected again: each relay sees another address from then on."""
    builder = Builder()
    ids: list[str] = []
    for region, code, name, rtt in PLACES[1:5]:
        ids += [
            builder.stun(region, 4, rtt, 0.0),
            builder.stun(region, 4, rtt + 0.4, 200.0, "198.51.100.88:41641"),
        ]
        builder.relay(region, code, name, v4=rtt, samples=0)
    words = "your public address or port changed during the run"
    fields = ("mapping", "mapping_varies", "several_addresses", "port_preservation", "filtering")
    four = NatFamilyReport(address_changed=Tri.YES, evidence=tuple(ids), reasons=dict.fromkeys(fields, words))
    return builder.report(udp=Tri.YES, nat=nat_report(four, builder.nat(6), four))


def taken_for_attack() -> Report:
    """After the call to our own address the relay's answers stop."""
    builder = Builder()
    _relays(builder)
    data = {"tries": 28, "calls": 12, "controls": 12, "controls_answered": 0, "shows": "", "stable": True}
    name = builder.observe(
        "nat.hairpin", Outcome.NO_ANSWER, target=PUBLIC[4], family=4, socket="192.168.1.20:31000", sent_ms=900.0,
        bytes_sent=1120, bytes_received=64, summary="nothing came round", data=data | {"server": SERVER},
    )  # fmt: skip
    report = builder.report(udp=Tri.YES)
    return with_nat(report, evidence=(*report.nat.v4.evidence, name))


def stale_port() -> Report:
    """`--source-port 41641` after a reconnection: only a fresh port is answered."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, https=rtt + 20.0)
    silent = tuple(o.id for o in builder.observations if o.kind == "stun.binding")
    for region, *_ in PLACES[1:3]:
        builder.observe(
            "udp.fresh-port", Outcome.ANSWERED, target=f"198.51.100.{region + 1}:3478", family=4, region_id=region,
            socket="192.168.1.20:50123", sent_ms=1600.0, received_ms=1610.0, rtt_ms=10.0, bytes_sent=120,
            bytes_received=96, summary="3 of 3 answers to port 50123, 0 to port 41641",
            data={"tries": 3, "answered": 3, "old_port": 41641, "old_tries": 3, "old_answered": 0,
                  "mapped": "203.0.113.24:50123"},
        )  # fmt: skip
    four = FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("192.168.1.20",), evidence=silent[:4])
    return builder.report(udp=Tri.YES, ipv4=four)


ROUTER_SCENES = (
    random_source_port, company_firewall, table_full, new_sockets_silent, changed_meanwhile, taken_for_attack,
    stale_port,
)  # fmt: skip
