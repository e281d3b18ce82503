"""Slow probes go on beyond the usual limit, up to their own; the last one waits for all; Ctrl-C keeps what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.host.api import Failure
from natscope.netcheck.progress import Progress
from natscope.netcheck.record import RunRecord
from natscope.plugins.loader import PROBES, Found, PluginModule, find
from tests.netcheck.lab import maps, measure, worlds

USUAL = ("relay_stun", "relay_https", "captive_portal", "interfaces")


def plugged(*names: str) -> Found:
    found = find(PROBES)
    more = tuple(PluginModule(name=name, qualified=f"tests.netcheck.{name}", builtin=False) for name in names)
    return Found((*found.modules, *more))


def run(*names: str, **options: Any) -> RunRecord:
    return measure(worlds(1, 0.01), maps(1), found=plugged(*names), only=(*USUAL, *names), **options)


def state(record: RunRecord, name: str) -> str:
    return next(p.state for p in record.probes if p.name == name)


def ticks(record: RunRecord) -> int:
    return sum(o.kind == "x.slow.tick" for o in record.observations)


def test_a_slow_probe_has_its_own_limit() -> None:
    record = run("slow_probe", limit_s=60.0)
    assert (state(record, "slow_probe"), ticks(record)) == ("ran", 30)
    assert record.duration_ms == pytest.approx(30_000, abs=50)
    assert not record.limit_reached


def test_without_one_the_usual_limit_holds() -> None:
    record = run("slow_probe")
    assert (state(record, "slow_probe"), ticks(record)) == ("cut", 4)
    assert record.limit_reached
    assert record.duration_ms < 5000


def test_its_limit_cuts_it_and_what_it_saw_is_kept() -> None:
    record = run("slow_probe", limit_s=10.0)
    assert (state(record, "slow_probe"), ticks(record)) == ("cut", 9)
    assert record.limit_reached
    assert record.duration_ms < 10_000


def test_other_probes_end_at_the_usual_limit_beside_a_slow_one() -> None:
    """An HTTPS check that hangs does not live as long as the slow probe."""
    world = worlds(1, 0.01)
    world.pages["https://r2a.relay.test:443/derp/latency-check"] = Failure.TIMEOUT
    only = (*USUAL, "slow_probe")
    record = measure(world, maps(2), found=plugged("slow_probe"), only=only, limit_s=60.0)
    https = next(p for p in record.probes if p.name == "relay_https")
    assert https.elapsed_ms < 5000
    assert state(record, "slow_probe") == "ran"


def test_an_interrupt_ends_it_at_once() -> None:
    steps: list[str] = []

    def told(progress: Progress) -> None:
        steps.append(progress.step)

    record = run("slow_probe", limit_s=60.0, stop_after_s=12.5, progress=told)
    assert record.interrupted
    assert (state(record, "slow_probe"), ticks(record)) == ("cut", 12)
    assert record.duration_ms == pytest.approx(12_500, abs=50)
    assert "second 11" in steps


def test_the_deadline_that_a_probe_sees_is_its_own() -> None:
    record = run("slow_probe", limit_s=60.0)
    seen = {o.data["deadline"] for o in record.observations if o.kind == "x.slow.tick"}
    assert len(seen) == 1
    assert seen.pop() > 1000.0 + 59


def test_the_last_one_waits_for_all_others() -> None:
    record = run("slow_probe", "last_probe", limit_s=60.0)
    begin = next(o for o in record.observations if o.kind == "x.last.begin")
    assert begin.sent_ms == pytest.approx(30_000, abs=50)
    assert state(record, "last_probe") == "ran"


def test_the_last_one_runs_in_a_usual_run_too() -> None:
    record = run("last_probe", limit_s=9.0)
    begin = next(o for o in record.observations if o.kind == "x.last.begin")
    others = [o.sent_ms for o in record.observations if o.kind != "x.last.begin" and o.sent_ms is not None]
    assert begin.sent_ms is not None
    assert begin.sent_ms >= max(others)
    assert not record.limit_reached
