"""The last lines: time, cost, counts, exit code, the next command."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.report import SIMULATED, NotMeasured, Report
from natscope_reports._text import footer
from tests.reports.drawing import lines, scene


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("healthy", "1.4 s · 72 packets, 5 kB · nothing to fix · exit 0"),
        ("udp-blocked", "5.0 s (limit) · 36 packets, 1 kB · 1 problem, 5 not measured · exit 0"),
        ("dead-relay", "3.0 s · 20 packets, 1 kB · 1 warning, 2 not measured · exit 0"),
        ("no-relay-answered", "5.0 s (limit) · 12 packets, 480 B · no finding · exit 0"),
    ],
)
def test_the_last_line(name: str, line: str) -> None:
    assert lines(footer.draw, scene(name), exit_code=0) == [line]


def test_no_exit_code_no_exit_word() -> None:
    assert lines(footer.draw, scene("healthy")) == ["1.4 s · 72 packets, 5 kB · nothing to fix"]


def from_map(name: str, **changes: Any) -> Report:
    report = scene(name)
    return msgspec.structs.replace(report, relay_map=msgspec.structs.replace(report.relay_map, **changes))


FLAGGED = (NotMeasured(what="a", reason="b", flag=""), NotMeasured(what="c", reason="d", flag="--https"))


@pytest.mark.parametrize(
    ("report", "command"),
    [
        (scene("healthy"), ""),
        (scene("healthy", not_measured=FLAGGED), "natscope netcheck --derp-map derp.json --https"),
        (scene("map-problems"), "natscope derp map lint derp.yaml"),
        (from_map("map-problems", source="a map; rm -rf.yaml"), "natscope derp map lint 'a map; rm -rf.yaml'"),
        (scene("captive-portal"), "natscope netcheck --derp-map derp.json"),
        (from_map("captive-portal", kind="localapi", source="tailscaled"), "natscope netcheck"),
        (from_map("captive-portal", kind="url", source="https://m/", vendor=True), "natscope netcheck"),
        (from_map("captive-portal", kind="url", source="https://m/"), "natscope netcheck --derp-map https://m/"),
    ],
)
def test_the_next_command_can_be_copied(report: Report, command: str) -> None:
    assert footer.next_command(report) == command


def test_the_options_of_the_run_are_repeated() -> None:
    report = scene("healthy", not_measured=FLAGGED)
    assert footer.next_command(report, " -4") == "natscope netcheck --derp-map derp.json -4 --https"
    assert footer.next_command(report, " --derp-map x -4") == "natscope netcheck --derp-map x -4 --https"
    assert lines(footer.draw, report, again=" -6")[-1] == "Next: natscope netcheck --derp-map derp.json -6 --https"


def test_nobody_can_go_on_in_a_simulation() -> None:
    report = scene("captive-portal")
    host = msgspec.structs.replace(report.host, os=SIMULATED)
    assert footer.next_command(msgspec.structs.replace(report, host=host)) == ""


def test_the_command_of_the_caller_wins() -> None:
    drawn = lines(footer.draw, scene("captive-portal"), next_command="natscope netcheck -v")
    assert drawn[-1] == "Next: natscope netcheck -v"


def test_a_long_command_stays_whole_on_a_narrow_page() -> None:
    command = f"natscope netcheck --derp-map /{'long/' * 30}map.json"
    drawn = lines(footer.draw, scene("captive-portal"), next_command=command, width=60)
    assert drawn[-1] == f"Next: {command}"
