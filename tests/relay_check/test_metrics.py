"""Metrics of checks: names, states, what is unknown, and names of a map that would break the text."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from natscope.model.derp_check import DerpCheck, StepName, StepState
from natscope.relay_check.metrics import Totals, check_metrics
from natscope.web.metrics import prometheus_text
from tests.reports.derp_check_scenes import load

LINE = re.compile(r'natscope_derp_check_[a-z_0-9]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (?:NaN|-?[\d.e+-]+)')
AT = datetime(2026, 1, 1, tzinfo=UTC)


def text(check: DerpCheck, *, good: bool = True) -> str:
    totals = Totals()
    totals.add(check, good=good, at=AT)
    return prometheus_text(check_metrics(totals))


def test_before_the_first_check_is_over_there_are_counts_alone() -> None:
    lines = prometheus_text(check_metrics(Totals())).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "natscope_derp_check_runs_total 0",
        "natscope_derp_check_failures_total 0",
    ]


def test_every_line_has_the_form_and_every_name_its_type_once() -> None:
    for name in ("healthy", "region", "many", "nothing-answered", "drops"):
        lines = text(load(name)).splitlines()
        assert [line for line in lines if not line.startswith("#") and not LINE.fullmatch(line)] == []
        types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
        assert len(types) == len(set(types))
        samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
        assert len(samples) == len(set(samples))


def test_what_is_good_bad_and_unknown() -> None:
    shown = text(load("many"), good=False)
    assert re.search(r'_good\{.*node="1a".*\} 1\n', shown)
    assert re.search(r'_good\{.*node="5f".*\} NaN\n', shown)
    assert re.search(r'_good\{.*node="1a".*\} 0\n', text(load("drops")))
    assert "natscope_derp_check_runs_total 1\n" in shown
    assert "natscope_derp_check_failures_total 1\n" in shown
    assert f"natscope_derp_check_last_run_timestamp_seconds {int(AT.timestamp())}\n" in shown
    assert 'natscope_derp_check_findings{severity="fail"} 3\n' in shown


def test_each_step_is_in_one_state() -> None:
    check = load("expired")
    states = re.findall(r'_step\{.*node="1a".*step="tls",state="(.*)"\} (\d)', text(check))
    assert [state for state, value in states if value == "1"] == ["fail"]
    assert {state for state, _ in states} == {state.value for state in StepState}
    assert text(check).count("natscope_derp_check_step{") == 3 * len(StepName) * len(StepState)


def test_numbers_are_in_base_units() -> None:
    shown = text(load("region"))
    assert 'natscope_derp_check_packet_seconds{region_id="1",from="1a",to="1b"} 0.05\n' in shown
    assert 'natscope_derp_check_packet_loss_ratio{region_id="1",from="1a",to="1b"} 0\n' in shown
    assert re.search(r'_throughput_bytes_per_second\{region_id="1",from="1a",to="1a"\} 93\d{4}', shown)
    assert re.search(r'_connect_seconds\{.*address="203.0.113.2:443",part="tcp"\} 0.03\n', shown)
    assert re.search(r'_stun_rtt_seconds\{.*address="203.0.113.2:3478"\} 0.03\n', shown)
    assert re.search(r'_certificate_days_left\{.*node="1a".*\} 270\d\d', shown)
    assert re.search(r'_clock_offset_seconds\{.*node="2b".*\} -7\d', text(load("expired")))


def test_what_was_not_measured_is_absent() -> None:
    shown = text(load("nothing-answered"))
    for name in ("stun_rtt_seconds", "clock_offset_seconds", "certificate_days_left", "packet_seconds"):
        assert f"natscope_derp_check_{name}{{" not in shown


def test_hostile_names_stay_inside_their_label() -> None:
    check = load("healthy")
    for attack in ('a"} 1\nevil 1', "a\\", "\x1b[31m", "\u202e", "\ud800", "x" * 5000):
        node = msgspec.structs.replace(check.nodes[0], node=attack, host_name=attack, region_code=attack)
        shown = text(msgspec.structs.replace(check, nodes=(node,)))
        lines = [line for line in shown.splitlines() if not line.startswith("#")]
        assert [line for line in lines if not LINE.fullmatch(line)] == []
        assert max(map(len, lines)) < 1000
        shown.encode()
        assert shown.isprintable() or set(re.sub(r"[ -~…]", "", shown)) == {"\n"}
