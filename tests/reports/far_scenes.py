"""Reports from where no relay is near."""

from __future__ import annotations

from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder


def far_relays() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v4=rtt + 140, mapped=f"198.51.100.207:{7019 + region * 5431}")
    return builder.report(udp=Tri.YES)


def far_relays_cone() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:5]:
        builder.relay(region, code, name, v4=rtt + 140, mapped="203.0.113.24:41641")
    return builder.report(udp=Tri.YES)


FAR_SCENES = (far_relays, far_relays_cone)
