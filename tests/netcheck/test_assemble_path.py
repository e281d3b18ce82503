"""Lengths, pieces, ports and prefixes from observations; silence without enough controls stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.report_path import PathFamilyReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_path import nat64, path_family, path_report, udp_ports
from tests.netcheck.observed import seen, stun

YES, SILENT, TOLD, LOCAL = Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.ICMP_ERROR, Outcome.LOCAL_ERROR


def sized(size: int, outcome: Outcome, times: int = 1, *, purpose: str = "full", **more: Any) -> list[Observation]:
    whole = purpose != "pieces"
    data = {"size": size, "whole": whole, "purpose": purpose, "interface_mtu": 1500} | more
    error = "message-too-long" if outcome is LOCAL else ""
    return [seen("path.size", outcome, data=data, bytes_sent=size, error=error) for _ in range(times)]


def controls(answered: int, silent: int = 0) -> list[Observation]:
    return sized(68, YES, answered, purpose="control") + sized(68, SILENT, silent, purpose="control")


def known(path: PathFamilyReport) -> tuple[Any, ...]:
    return path.mtu, path.black_hole.value, path.fragments.value, path.wireguard.value


FULL = sized(1500, YES)


def pieces(outcome: Outcome, times: int = 1) -> list[Observation]:
    return sized(1700, outcome, times, purpose="pieces")


def wireguard(outcome: Outcome, times: int = 1) -> list[Observation]:
    return sized(1340, outcome, times, purpose="wireguard")


@pytest.mark.parametrize(
    ("observations", "truth"),
    [
        ([*FULL, *pieces(YES)], (1500, "no", "yes", "yes")),
        ([*FULL, *pieces(SILENT, 6), *controls(5)], (1500, "no", "no", "yes")),
        ([*FULL, *pieces(SILENT, 6), *controls(2)], (1500, "no", "unknown", "yes")),
        ([*FULL, *pieces(SILENT, 3), *controls(5)], (1500, "no", "unknown", "yes")),
        ([*FULL, *pieces(SILENT, 6), *controls(4, 5)], (1500, "no", "unknown", "yes")),
        (
            [*sized(1280, YES, purpose="least"), *wireguard(SILENT, 6), *sized(1500, SILENT, 6), *controls(5)],
            (1280, "yes", "unknown", "no"),
        ),
        (
            [*wireguard(YES), *sized(1500, SILENT, 6), *controls(5)],
            (1340, "yes", "unknown", "yes"),
        ),
        ([*wireguard(YES), *sized(1500, SILENT, 4), *controls(3)], (1340, "unknown", "unknown", "yes")),
        ([*sized(1500, TOLD, told_mtu=1400), *sized(1400, YES, purpose="told")], (1400, "no", "unknown", "yes")),
        ([*sized(1500, TOLD, told_mtu=1300), *sized(1300, YES, purpose="told")], (1300, "no", "unknown", "no")),
        ([*sized(1500, TOLD, told_mtu=0)], (None, "no", "unknown", "unknown")),
        ([*sized(1500, LOCAL)], (None, "no", "unknown", "unknown")),
        ([*sized(1500, SILENT, 6)], (None, "unknown", "unknown", "unknown")),
        ([*sized(1280, YES)], (1280, "no", "unknown", "no")),
    ],
)  # fmt: skip
def test_what_follows_from_lengths(observations: list[Observation], truth: tuple[Any, ...]) -> None:
    path = path_family(4, observations)
    assert known(path) == truth
    for field, value in zip(("mtu", "black_hole", "fragments", "wireguard"), truth, strict=True):
        assert (field in path.reasons) == (value in (None, "unknown"))


def test_exact_and_told() -> None:
    assert path_family(4, FULL).mtu_exact
    told = path_family(4, [*sized(1500, TOLD, told_mtu=1400), *sized(1400, YES, purpose="told")])
    assert (told.mtu_exact, told.mtu_told) == (True, 1400)
    near = [*sized(1404, YES, purpose="search"), *sized(1408, SILENT, 6, purpose="search"), *controls(5)]
    assert path_family(4, near).mtu_exact
    far = [*sized(1280, YES, purpose="least"), *sized(1500, SILENT, 6), *controls(5)]
    assert not path_family(4, far).mtu_exact


def test_a_family_that_was_not_tried_says_why() -> None:
    assert path_family(6, FULL).reasons["mtu"] == "the probe path_mtu did not run"
    cut = ProbeOutcome(name="path_mtu", title="", state="cut", reason="interrupted")
    assert path_family(4, [], [cut]).reasons["fragments"] == "interrupted"
    ran = ProbeOutcome(name="path_mtu", title="", state="ran")
    assert "no relay answered over IPv4" in path_family(4, [], [ran]).reasons["mtu"]


def port(number: int, outcome: Outcome, relay: int = 1) -> Observation:
    return seen("udp.port", outcome, relay, target=f"198.51.100.{relay * 8}:{number}", bytes_sent=40)


def told_ports(*observations: Observation) -> dict[int, str]:
    return {p.port: p.open.value for p in udp_ports(observations)[0]}


def test_ports() -> None:
    silent = [stun(1, None) for _ in range(4)]
    assert told_ports(*silent, port(443, YES)) == {443: "yes", 3478: "no"}
    assert told_ports(*silent, port(443, Outcome.REFUSED)) == {443: "yes", 3478: "no"}
    assert told_ports(*silent, port(53, Outcome.REFUSED)) == {53: "unknown", 3478: "unknown"}
    assert told_ports(*silent, port(443, YES, relay=2)) == {443: "yes", 3478: "unknown"}
    assert told_ports(*silent[:2], port(443, YES)) == {443: "yes", 3478: "unknown"}
    assert told_ports(*silent, port(443, SILENT)) == {443: "unknown", 3478: "unknown"}
    fresh = [seen("udp.fresh-port", outcome, target="198.51.100.8:3478", family=4) for outcome in (SILENT, YES)]
    assert told_ports(*silent, *fresh, port(443, Outcome.REFUSED)) == {443: "yes", 3478: "yes"}
    assert told_ports(*silent, fresh[0], port(443, YES)) == {443: "yes", 3478: "no"}
    assert told_ports(stun(1, 20.0)) == {3478: "yes"}
    assert told_ports() == {}
    assert udp_ports([])[1] == "the probe udp_ports did not run"


def test_the_whole_group_of_nothing() -> None:
    report = path_report([], None, [])
    assert report.nat64.state is Tri.UNKNOWN
    assert nat64([], None).reason == "the probe nat64 did not run"
    assert set(report.v4.reasons) == {"mtu", "black_hole", "fragments", "wireguard", "ecn", "dscp"}
