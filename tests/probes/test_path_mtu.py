"""Lengths of packets: full ways, black holes, routers that tell, lost pieces; loss makes no black hole."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.model.report import Report
from natscope.model.report_path import PathFamilyReport
from natscope.model.tri import Tri
from natscope.wire.stun.message import decode
from natscope_probes._asker import SHORTEST_FILLED, filled_request
from natscope_probes.path_mtu import MOST_PACKETS, PROBE, QUICK_S
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("relay_stun", "path_mtu")


def report_of(wanted: Scenario, **options: Any) -> Report:
    report = probed(wanted, *ONLY, **options)
    spent = next(p for p in report.probes if p.name == "path_mtu")
    if options.get("profile") != "full":
        assert spent.packets_sent <= 2 * MOST_PACKETS
        assert spent.elapsed_ms <= QUICK_S * 1000
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.bytes_sent <= PROBE.budget.bytes
    assert spent.elapsed_ms <= PROBE.budget.seconds * 1000
    return report


def v4(wanted: Scenario, **options: Any) -> PathFamilyReport:
    return report_of(wanted, **options).path.v4


def known(path: PathFamilyReport) -> tuple[int | None, str, str, str]:
    return path.mtu, path.black_hole.value, path.fragments.value, path.wireguard.value


def test_a_wide_way_takes_three_packets() -> None:
    report = report_of(load_scenario("port-restricted"))
    assert known(report.path.v4) == (1500, "no", "yes", "yes")
    assert report.path.v4.mtu_exact
    assert next(p.packets_sent for p in report.probes if p.name == "path_mtu") == 3
    assert report.path.v6.reasons["mtu"].endswith("no relay answered over IPv6")


def test_a_black_hole_is_found_without_any_icmp() -> None:
    path = v4(load_scenario("mtu-black-hole"))
    assert known(path) == (1280, "yes", "yes", "no")
    assert not path.mtu_exact


def test_the_full_profile_finds_the_exact_length() -> None:
    path = v4(scenario("[sites.home]\nlink = { mtu = 1404, tells_mtu = false }\n"), profile="full", timeout_s=30.0)
    assert (path.mtu, path.mtu_exact, path.black_hole) == (1404, True, Tri.YES)
    assert path.wireguard is Tri.YES


def test_a_router_that_tells_is_no_black_hole() -> None:
    path = v4(scenario("[sites.home]\nlink = { mtu = 1400 }\n"))
    assert (path.mtu, path.mtu_exact, path.mtu_told) == (1400, True, 1400)
    assert (path.black_hole, path.wireguard) == (Tri.NO, Tri.YES)


def test_lost_pieces_are_told_from_a_black_hole() -> None:
    assert known(v4(load_scenario("fragments-dropped"))) == (1500, "no", "no", "yes")


def test_ipv6_has_its_own_numbers() -> None:
    path = report_of(scenario('[sites.home]\nipv6 = "firewall"\nlink = { mtu = 1350 }\n')).path
    assert (path.v6.mtu, path.v6.mtu_told, path.v6.wireguard) == (1348, 1350, Tri.NO)
    assert (path.v4.mtu, path.v4.wireguard) == (1348, Tri.YES)


def test_the_interface_itself_may_be_narrow() -> None:
    path = v4(scenario("[sites.home]\n", host="link = { mtu = 1280 }\n"))
    assert (path.mtu, path.wireguard, path.black_hole) == (1280, Tri.NO, Tri.NO)


def test_without_udp_nothing_is_tried() -> None:
    report = report_of(load_scenario("udp-blocked"))
    assert report.path.v4.mtu is None
    assert "no relay answered" in report.path.v4.reasons["black_hole"]


def test_a_run_that_is_cut_says_so_and_leaves_nothing() -> None:
    report = probed(load_scenario("mtu-black-hole"), *ONLY, timeout_s=0.6)
    outcome = next(p for p in report.probes if p.name == "path_mtu")
    assert outcome.state in ("ran", "cut")
    assert report.path.v4.black_hole is Tri.UNKNOWN
    assert report.path.v4.reasons["black_hole"]
    assert [o for o in report.observations if o.kind == "path.size"]


@pytest.mark.parametrize("loss", [0.02, 0.1])
def test_loss_makes_no_black_hole_and_no_lost_pieces(loss: float) -> None:
    told = [v4(lossy("port-restricted", loss), seed=seed) for seed in range(1, 41)]
    assert {path.black_hole for path in told} <= {Tri.NO, Tri.UNKNOWN}
    assert {path.fragments for path in told} <= {Tri.YES, Tri.UNKNOWN}
    assert sum(path.mtu == 1500 for path in told) >= 36


@pytest.mark.parametrize("loss", [0.02, 0.1])
def test_loss_hides_no_black_hole(loss: float) -> None:
    told = [v4(lossy("mtu-black-hole", loss), seed=seed) for seed in range(1, 21)]
    assert {path.black_hole for path in told} <= {Tri.YES, Tri.UNKNOWN}
    assert sum(path.black_hole is Tri.YES for path in told) >= 15


@pytest.mark.parametrize("size", [SHORTEST_FILLED, 1312, 1472])
def test_a_filled_request_is_what_relays_answer(size: int) -> None:
    data = filled_request(bytes(12), size)
    message = decode(data)
    assert len(data) == size
    assert message.fingerprint_ok
    assert message.software == "tailnode"
