"""Observations, records and link facts as a run would have left them."""

from __future__ import annotations

import ipaddress
from typing import Any

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.netcheck.assemble import assemble
from natscope.netcheck.link_record import IdentityRecord, LinkRecord
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.record import RunRecord
from tests.netcheck.fake_host import LINKS
from tests.netcheck.lab import loaded, region, v4, v6

IDENTITY = IdentityRecord(name="host", os="Debian", kernel="6.1", architecture="x86_64", python="3.11")
COUNTER = iter(range(1, 1_000_000))


def seen(kind: str, outcome: Outcome, number: int = 1, family: int = 4, **fields: Any) -> Observation:
    """An observation about region `number`."""
    target = f"{v4(number)}:3478" if family == 4 else f"[{v6(number)}]:3478"
    values: dict[str, Any] = {"target": target, "family": family, "region_id": number, "node": f"{number}a"} | fields
    return Observation(id=f"o{next(COUNTER)}", kind=kind, probe="test", outcome=outcome, **values)


def stun(number: int, rtt_ms: float | None, family: int = 4, **fields: Any) -> Observation:
    if rtt_ms is None:
        return seen("stun.binding", fields.pop("outcome", Outcome.NO_ANSWER), number, family, bytes_sent=40, **fields)
    mapped = "203.0.113.7:41641" if family == 4 else "[2001:db8:1::20]:41641"
    local = "192.168.1.20:41641" if family == 4 else "[2001:db8:1::20]:41641"
    values = {"socket": local, "rtt_ms": rtt_ms, "sent_ms": 1.0, "received_ms": 1.0 + rtt_ms, "bytes_sent": 40} | fields
    values.setdefault("data", {"mapped": mapped})
    return seen("stun.binding", Outcome.ANSWERED, number, family, **values)


def https(number: int, outcome: Outcome = Outcome.ANSWERED, family: int = 4, **fields: Any) -> Observation:
    target = f"{v4(number)}:443" if family == 4 else f"[{v6(number)}]:443"
    if outcome is Outcome.ANSWERED:
        fields.setdefault("rtt_ms", 30.0)
    return seen("https.latency", outcome, number, family, target=target, **fields)


def ping(number: int, family: int = 4, outcome: Outcome = Outcome.ANSWERED) -> Observation:
    return seen("icmp.echo", outcome, number, family, target=v4(number) if family == 4 else v6(number))


def refusal(number: int, error: str = "refused", family: int = 4) -> Observation:
    return https(number, Outcome.REFUSED, family, error=error)


def status(number: int, family: int = 4) -> Observation:
    return https(number, Outcome.REFUSED, family, error="http-status")


def stray(number: int) -> Observation:
    """A datagram with an unknown transaction id from the address of region `number`."""
    data = {"counts": {"unknown-transaction": 1}, "sources": {"unknown-transaction": [f"{v4(number)}:3478"]}}
    return Observation(
        id=f"o{next(COUNTER)}", kind="stun.dropped", probe="test", outcome=Outcome.WRONG, family=4, data=data
    )


def record(*observations: Observation, regions: int = 3, **fields: Any) -> RunRecord:
    values: dict[str, Any] = {
        "natscope": "0.1",
        "run_id": "0011223344556677",
        "started_at": "2026-11-24T12:00:00Z",
        "duration_ms": 300.0,
        "options": NetcheckOptions(),
        "identity": IDENTITY,
        "loaded_map": loaded(*(region(n) for n in range(1, regions + 1))),
        "links": LinkRecord.of(LINKS),
        "observations": observations,
    }
    return RunRecord(**(values | fields))


def report(*observations: Observation, **fields: Any) -> Report:
    return assemble(record(*observations, **fields))


def links(*addresses: str, routes: tuple[int, ...] = (), **fields: Any) -> LinkFacts:
    parsed = tuple(ipaddress.ip_address(a) for a in addresses)
    gateways = {4: ipaddress.ip_address("192.168.1.1"), 6: ipaddress.ip_address("fe80::1")}
    return LinkFacts(
        interfaces=(Interface("eth0", 2, "ethernet", True, 1500, parsed),),
        default_routes=tuple(DefaultRoute(family, "eth0", gateways[family]) for family in (4, 6) if family in routes),
        **({"os_ipv6": True, "os_ipv4": True} | fields),
    )
