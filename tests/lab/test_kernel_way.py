"""The way as the kernel shows it: hops by the error queue, lengths by real fragments, without any privilege."""

from __future__ import annotations

import pytest

from natscope.lab.kernel.bed import open_bed
from natscope.lab.scenario_values import read_scenario
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.lab.kernel_lab import require_lab

pytestmark = pytest.mark.kernel

MANY = """
title = "Several ways"
[sites.plain]
[sites.carrier]
nat = "cgnat"
lan = "100.64.0.0/10"
[sites.behind]
at = "carrier"
[sites.hole]
link = { mtu = 1280, tells_mtu = false }
[sites.told]
ipv6 = "firewall"
link = { mtu = 1400 }
[sites.pieces.nat]
drop_fragments = true
[sites.ports]
allow = { udp = ["53", "443"] }
[hosts.plain-host]
at = "plain"
[hosts.behind-host]
at = "behind"
[hosts.hole-host]
at = "hole"
[hosts.told-host]
at = "told"
[hosts.pieces-host]
at = "pieces"
[hosts.ports-host]
at = "ports"
[relays.relay1]
stun_also = [443]
[relays.relay2]
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    require_lab()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        return dict(open_bed().reports(read_scenario("ways", MANY)))


def lengths(report: Report) -> tuple[int | None, Tri, Tri, Tri]:
    path = report.path.v4
    return path.mtu, path.black_hole, path.fragments, path.wireguard


def test_layers(reports: dict[str, Report]) -> None:
    plain, behind = reports["plain-host"].nat.v4, reports["behind-host"].nat.v4
    assert [(hop.address, hop.place) for hop in behind.hops][1] == ("100.64.0.1", "shared")
    assert (plain.layers, behind.layers, plain.cgnat, behind.cgnat) == (1, 2, Tri.NO, Tri.YES)


def test_lengths(reports: dict[str, Report]) -> None:
    assert lengths(reports["plain-host"]) == (1500, Tri.NO, Tri.YES, Tri.YES)
    assert lengths(reports["hole-host"]) == (1280, Tri.YES, Tri.YES, Tri.NO)
    assert lengths(reports["pieces-host"]) == (1500, Tri.NO, Tri.NO, Tri.YES)


def test_routers_that_tell_are_believed_in_both_families(reports: dict[str, Report]) -> None:
    path = reports["told-host"].path
    for part in (path.v4, path.v6):
        assert (part.mtu, part.mtu_told, part.black_hole, part.wireguard) == (1400, 1400, Tri.NO, Tri.YES)


def test_other_ports(reports: dict[str, Report]) -> None:
    ports = {port.port: port.open for port in reports["ports-host"].path.udp_ports}
    assert ports[443] is Tri.YES
    assert ports[3478] is Tri.NO


def test_the_probes_came_to_their_end(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert {p.state for p in report.probes if p.name in ("nat_layers", "path_mtu", "udp_ports")} == {"ran"}
