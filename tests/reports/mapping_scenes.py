"""Stored reports about opening a port on the router: proved, refused, unreachable, wrong, lost, late, off, …"""

from __future__ import annotations

import ipaddress
from typing import Any

from natscope.host.api import DefaultRoute, LinkFacts
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble_port_mapping import port_mapping_report
from tests.reports.builder import PLACES, PUBLIC, Builder
from tests.reports.path_scenes import with_layers

GATEWAY = "192.168.1.1"
LINKS = LinkFacts(default_routes=(DefaultRoute(4, "eth0", ipaddress.ip_address(GATEWAY)),))
OUTSIDE = PUBLIC[4].rpartition(":")[0]
OPENED = f"{OUTSIDE}:38461"
CLOSED: dict[str, Any] = {"outcome": Outcome.ICMP_ERROR, "summary": "port unreachable", "kind": "closed"}


def _relays(builder: Builder, *, varies: bool = False) -> None:
    for region, code, name, rtt in PLACES[1:5]:
        mapped = f"{OUTSIDE}:{7019 + region * 5431}" if varies else ""
        builder.relay(region, code, name, v4=rtt, mapped=mapped)


def _service(builder: Builder, protocol: str, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> None:
    fields: dict[str, Any] = {n: more.pop(n) for n in ("error", "summary", "source", "rtt_ms") if n in more}
    if outcome is Outcome.ANSWERED:
        fields.setdefault("rtt_ms", 2.4)
        fields |= {"sent_ms": 3.0, "received_ms": 3.0 + float(fields["rtt_ms"])}
        more.setdefault("elsewhere", "")
    data = {"protocol": protocol, "interface": "eth0", **more}
    builder.observe("portmap.service", outcome, target=GATEWAY, family=4, bytes_sent=24, data=data, **fields)


def _map(builder: Builder, protocol: str, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> None:
    fields = {name: more.pop(name) for name in ("error", "summary") if name in more}
    data = {"protocol": protocol, "interface": "eth0", "internal_port": 38461, **more}
    builder.observe("portmap.map", outcome, target=GATEWAY, family=4, bytes_sent=60, data=data, **fields)


def _granted(builder: Builder, protocol: str, external: str = OPENED, **more: Any) -> None:
    data: dict[str, Any] = {
        "external": external,
        "external_port": 38461,
        "lifetime_s": 120,
        "differences": [],
        "notes": [],
    }
    _map(builder, protocol, **(data | {"summary": f"granted {external} for 120 s"} | more))


def _proof(builder: Builder, protocol: str, outcome: Outcome, summary: str, error: str = "") -> None:
    data = {"protocol": protocol, "interface": "eth0", "external": OPENED}
    builder.observe(
        "portmap.proof", outcome, target="198.51.100.3:3478", family=4, bytes_sent=120, summary=summary, error=error,
        data=data,
    )  # fmt: skip


def _report(builder: Builder, **changes: Any) -> Report:
    group = port_mapping_report(LINKS, builder.observations)
    return builder.report(udp=Tri.YES, port_mapping=group, not_measured=(), **changes)


def mapping_proved() -> Report:
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", external=OUTSIDE, epoch_s=5210)
    _service(builder, "pcp", epoch_s=5210)
    _service(builder, "upnp", external=OUTSIDE, server="Debian/6.1 UPnP/1.1 MiniUPnPd/2.3.1")
    for protocol in ("nat-pmp", "pcp", "upnp"):
        _granted(builder, protocol, read_back=protocol == "upnp")
        _proof(builder, protocol, Outcome.ANSWERED, "a packet came in from 198.51.100.3:3479")
    return _report(builder)


def mapping_unreachable() -> Report:
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", external="100.71.8.2", epoch_s=5210)
    _granted(builder, "nat-pmp", external="100.71.8.2:38461", epoch_s=5210)
    words = "100.71.8.2 is not a public address: nobody outside can send there"
    _proof(builder, "nat-pmp", Outcome.WRONG, words, "inside-address")
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", **CLOSED)
    return _report(builder)


def mapping_wrong_entry() -> Report:
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", **CLOSED)
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", external=OUTSIDE)
    _granted(builder, "upnp", read_back=True, differences=["it leads to 192.168.1.99 instead of 192.168.1.20"])
    _proof(builder, "upnp", Outcome.NO_ANSWER, "5 packets were sent to it and none came in")
    return _report(builder)


def mapping_refused() -> Report:
    builder = Builder()
    _relays(builder)
    refused: dict[str, Any] = {"outcome": Outcome.REFUSED, "error": "2", "kind": "refused"}
    _service(builder, "nat-pmp", summary="not authorized, or refused", **refused)
    _service(builder, "pcp", summary="not authorized", **refused)
    _service(builder, "upnp", external=OUTSIDE)
    _map(builder, "upnp", Outcome.REFUSED, error="718", summary="ConflictInMappingEntry", kind="refused")
    return _report(builder)


def mapping_permanent() -> Report:
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", **CLOSED)
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", external=OUTSIDE)
    _map(builder, "upnp", Outcome.REFUSED, error="725", summary="OnlyPermanentLeasesSupported", kind="refused")
    return _report(builder)


def mapping_lost() -> Report:
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", external=OUTSIDE, epoch_s=88_210)
    _granted(builder, "nat-pmp", epoch_s=1, restarted=True)
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", **CLOSED)
    return _report(builder)


def mapping_elsewhere() -> Report:
    builder = Builder()
    _relays(builder)
    other = "192.168.1.2:5351"
    _service(builder, "nat-pmp", external=OUTSIDE, epoch_s=5210, elsewhere=other, source=other)
    _granted(builder, "nat-pmp", epoch_s=5210)
    _proof(builder, "nat-pmp", Outcome.ANSWERED, "a packet came in from 198.51.100.3:3479")
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", **CLOSED)
    return _report(builder)


def mapping_late() -> Report:
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", external=OUTSIDE, epoch_s=5210, rtt_ms=842.0)
    _granted(builder, "nat-pmp", epoch_s=5211)
    _proof(builder, "nat-pmp", Outcome.ANSWERED, "a packet came in from 198.51.100.3:3479")
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", **CLOSED)
    return _report(builder)


def no_port_mapping() -> Report:
    builder = Builder()
    _relays(builder, varies=True)
    for protocol in ("nat-pmp", "pcp", "upnp"):
        _service(builder, protocol, **CLOSED)
    hops = [("192.168.1.1", "private", Tri.YES), ("203.0.113.1", "public", Tri.NO)]
    by = "the addresses of the routers on the way"
    nat = with_layers(builder, hops, layers=1, layers_by=by, cgnat=Tri.NO, double_nat=Tri.NO)
    return _report(builder, nat=nat)


def multicast_filtered() -> Report:
    """The router answers searches to its own address, and nobody those to the group."""
    builder = Builder()
    _relays(builder)
    _service(builder, "nat-pmp", **CLOSED)
    _service(builder, "pcp", **CLOSED)
    _service(builder, "upnp", external=OUTSIDE, server="Debian/6.1 UPnP/1.1 MiniUPnPd/2.3.1")
    _granted(builder, "upnp", read_back=True)
    _proof(builder, "upnp", Outcome.ANSWERED, "a packet came in from 198.51.100.3:3479")
    data = {"interface": "eth0", "searches": 9, "gateway_answers": 5}
    words = "searches to the group were not answered"
    builder.observe("portmap.multicast", Outcome.NO_ANSWER, target=GATEWAY, family=4, summary=words, data=data)
    return _report(builder)


MAPPING_SCENES = (
    multicast_filtered,
    mapping_proved, mapping_unreachable, mapping_wrong_entry, mapping_refused, mapping_permanent, mapping_lost,
    mapping_elsewhere, mapping_late, no_port_mapping,
)  # fmt: skip
