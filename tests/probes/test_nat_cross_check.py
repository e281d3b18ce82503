"""The second opinion: only where it was asked for, only at a server that honours CHANGE-REQUEST; any output is read."""

from __future__ import annotations

import json

import pytest

from natscope.netcheck.options import CROSS_CHECK_S, NetcheckOptions, with_limit
from natscope_probes.nat_cross_check import NOT_ASKED, PROBE, _read
from tests.probes.nat_scenarios import measured, scenario


def test_it_runs_only_when_it_was_asked_for() -> None:
    seen = measured(scenario("port-restricted"), "relay_stun", "nat_servers")
    assert seen.of("nat.second-opinion") == []
    assert PROBE.flag == "--cross-check"
    assert NOT_ASKED


def test_a_simulated_computer_has_no_programs_and_says_so() -> None:
    seen = measured(scenario("port-restricted"), "relay_stun", "nat_cross_check", cross_check=True)
    outcome = next(p for p in seen.report.probes if p.name == "nat_cross_check")
    assert (outcome.state, outcome.reason) == ("skipped", "this system offers no programs")
    assert seen.report.cross_check.says == ""


def test_it_has_time_of_its_own() -> None:
    assert with_limit(NetcheckOptions(cross_check=True)).limit_s == 5.0 + CROSS_CHECK_S
    assert with_limit(NetcheckOptions(only=("nat_cross_check",))).limit_s == 5.0 + CROSS_CHECK_S
    assert with_limit(NetcheckOptions()).limit_s == 0.0
    full = with_limit(NetcheckOptions(profile="full")).limit_s
    assert with_limit(NetcheckOptions(profile="full", cross_check=True)).limit_s == full + CROSS_CHECK_S


@pytest.mark.parametrize(
    ("output", "read"),
    [
        (b'{"says": "Full Cone", "external": "203.0.113.7"}\n', ("Full Cone", "203.0.113.7")),
        (b"", ("", "")),
        (b"Traceback (most recent call last):", ("", "")),
        (b"[1, 2]", ("", "")),
        (b"[" * 4000, ("", "")),
        (b"\xff\xfe", ("", "")),
        (json.dumps({"says": "x" * 500}).encode(), ("x" * 80, "")),
    ],
)
def test_whatever_it_prints_is_read(output: bytes, read: tuple[str, str]) -> None:
    assert _read(output) == read
