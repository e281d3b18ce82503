"""Stored reports about mapping and filtering, and about relays that do not tell what they saw."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.nat import Filtering, Mapping
from natscope.model.observation import Outcome
from natscope.model.report import RelayError, Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, PUBLIC, Builder, six_works

OWN = {4: "192.168.1.20:50505", 6: "[2001:db8:42::1c9e]:50505"}
"""The fresh socket of the NAT probes."""


def _asked(builder: Builder, target: str, mapped: str, sent: float, family: int = 4) -> str:
    return builder.observe(
        "nat.mapping",
        Outcome.ANSWERED,
        target=target,
        family=family,
        socket=OWN[family],
        sent_ms=sent,
        received_ms=sent + 9.8,
        rtt_ms=9.8,
        bytes_sent=40,
        bytes_received=32,
        data={"tries": 1, "mapped": mapped},
    )


def _unseen(builder: Builder, way: str, arrived: int, family: int = 4) -> str:
    target = "198.51.100.3:3478" if family == 4 else "[2001:db8:1::2]:3478"
    data: dict[str, Any] = {"method": "helper", "way": way, "sent": 5, "arrived": arrived, "confirmed": 5, "tries": 13}
    return builder.observe(
        "nat.unseen",
        Outcome.ANSWERED if arrived else Outcome.NO_ANSWER,
        target=target,
        family=family,
        region_id=2,
        socket=OWN[family],
        bytes_sent=800 if way == "other-port" else 0,
        data=data | {"controlled": True, "lossy": False, "mapped": [PUBLIC[family]]},
    )


def with_nat(report: Report, family: int = 4, **changes: Any) -> Report:
    """The report with more known of one family's router."""
    name = f"v{family}"
    part = getattr(report.nat, name)
    reasons = {field: words for field, words in part.reasons.items() if field not in changes}
    part = msgspec.structs.replace(part, reasons=reasons, **changes)
    repeated = {f: v for f, v in changes.items() if f in report.nat.__struct_fields__} if family == 4 else {}
    return msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, **{name: part}, **repeated))


def _relays(builder: Builder, count: int = 4, **more: Any) -> None:
    for region, code, name, rtt in PLACES[1 : count + 1]:
        builder.relay(region, code, name, v4=rtt, **more)


def port_restricted() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt, v6=rtt - 0.3, ask=(4, 6))
    ids = (_unseen(builder, "other-port", 0), _unseen(builder, "other-address", 0))
    six = (_unseen(builder, "other-port", 0, 6), _unseen(builder, "other-address", 1, 6))
    report = builder.report(
        udp=Tri.YES, ipv6=six_works(builder), captive_portal=Tri.NO, captive_portal_reason="", not_measured=()
    )
    report = with_nat(
        report,
        filtering=Filtering.ADDRESS_AND_PORT_DEPENDENT,
        filtering_by="198.51.100.3:3478",
        rfc3489_name="port-restricted cone",
        address_changed=Tri.NO,
        evidence=(*report.nat.v4.evidence, *ids),
    )
    return with_nat(
        report,
        6,
        filtering=Filtering.ENDPOINT_INDEPENDENT,
        filtering_by="[2001:db8:1::2]:3478",
        rfc3489_name="open internet",
        evidence=(*report.nat.v6.evidence, *six),
    )


def full_cone() -> Report:
    builder = Builder()
    _relays(builder)
    ids = (_unseen(builder, "other-port", 1), _unseen(builder, "other-address", 1))
    report = builder.report(udp=Tri.YES, captive_portal=Tri.NO, captive_portal_reason="", not_measured=())
    return with_nat(
        report,
        filtering=Filtering.ENDPOINT_INDEPENDENT,
        filtering_by="198.51.100.3:3478",
        rfc3489_name="full cone",
        address_changed=Tri.NO,
        evidence=(*report.nat.v4.evidence, *ids),
    )


def address_dependent() -> Report:
    """Two ports of one server see one port, another server another one."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt, mapped=f"203.0.113.24:{7019 + region * 5431}")
    ids = (
        _asked(builder, "198.51.100.3:3478", "203.0.113.24:9001", 400.0),
        _asked(builder, "198.51.100.3:3479", "203.0.113.24:9001", 400.0),
        _asked(builder, "198.51.100.4:3478", "203.0.113.24:9002", 400.0),
    )
    report = builder.report(udp=Tri.YES)
    return with_nat(report, mapping=Mapping.ADDRESS_DEPENDENT, rfc3489_name="symmetric", evidence=ids)


def lying_relay() -> Report:
    """The last relay tells everybody the same endpoint."""
    builder = Builder()
    _relays(builder, 3)
    region, code, name, rtt = PLACES[4]
    builder.relay(region, code, name, v4=rtt, mapped="192.0.2.66:666")
    first = next(o.id for o in builder.observations if o.data.get("mapped") == "192.0.2.66:666")
    again = builder.observe(
        "nat.server",
        Outcome.ANSWERED,
        target=f"198.51.100.{region + 1}:3478",
        family=4,
        region_id=region,
        socket=OWN[4],
        sent_ms=300.0,
        received_ms=321.3,
        bytes_sent=92,
        bytes_received=32,
        data={"tries": 1, "mapped": "192.0.2.66:666"},
    )
    del builder.seen[4, "192.0.2.66:666"]
    words = "it tells two sockets the same address and port, 192.0.2.66:666, so it did not see them"
    error = RelayError(code="lies", message=words, node=f"{region}a", evidence=(first, again))
    report = builder.report(udp=Tri.YES, captive_portal=Tri.NO, captive_portal_reason="")
    relays = tuple(msgspec.structs.replace(r, error=error) if r.region_id == region else r for r in report.relays)
    return msgspec.structs.replace(report, relays=relays)


NAT_SCENES = (port_restricted, full_cone, address_dependent, lying_relay)
