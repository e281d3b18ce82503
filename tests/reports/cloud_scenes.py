"""Stored reports of machines in a cloud, and of a computer whose port is taken."""

from __future__ import annotations

from natscope.model.nat import Filtering
from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder
from tests.reports.nat_scenes import with_nat
from tests.reports.surrounding_scenes import computer, finished, looked


def _machine(mapped: str = "", varying: bool = False) -> Builder:
    builder = Builder()
    builder.local[4] = "10.0.4.17:41641"
    for region, code, name, rtt in PLACES[1:5]:
        told = f"{mapped}:{7019 + region * 5431}" if varying else f"{mapped}:41641"
        builder.relay(region, code, name, v4=rtt, mapped=told)
    looked(builder, source="10.0.4.17", gateway="10.0.4.1", addresses=["10.0.4.17"])
    computer(builder, cloud="AWS")
    return builder


def cloud_machine() -> Report:
    """One to one, and a security group that lets answers in."""
    builder = _machine("203.0.113.80")
    data = {"method": "helper", "sent": 5, "arrived": 0, "confirmed": 5, "tries": 13, "controlled": True}
    ids = [
        builder.observe("nat.unseen", Outcome.NO_ANSWER, target="198.51.100.3:3478", family=4, region_id=2,
                        socket="10.0.4.17:50505", bytes_sent=0, data=data | {"way": way})
        for way in ("other-port", "other-address")
    ]  # fmt: skip
    report = finished(builder)
    return with_nat(
        report,
        filtering=Filtering.ADDRESS_AND_PORT_DEPENDENT,
        filtering_by="198.51.100.3:3478",
        rfc3489_name="port-restricted cone",
        evidence=(*report.nat.v4.evidence, *ids),
    )


def cloud_gateway() -> Report:
    """A private subnet behind a NAT gateway."""
    return finished(_machine("203.0.113.81", varying=True))


def port_taken() -> Report:
    """`--source-port 41641` beside a running agent."""
    builder = Builder()
    words = "UDP port 41641 is taken by another program"
    asked = {"asked_port": 41641}
    for family in (4, 6):
        builder.observe(
            "udp.socket", Outcome.LOCAL_ERROR, family=family, error="address-in-use", summary=words, data=asked
        )
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, https=rtt + 20.0, ask=())
    four = FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("192.168.1.20",), evidence=("o3",))
    return builder.report(udp=Tri.UNKNOWN, udp_reason=f"nothing could be sent: {words}", ipv4=four)


CLOUD_SCENES = (cloud_machine, cloud_gateway, port_taken)
