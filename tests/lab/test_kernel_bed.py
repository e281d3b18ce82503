"""The kernel bed measures: the product's own netcheck on hosts of a lab, against what the scenario says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from natscope.errors import CannotMeasure
from natscope.lab.kernel.bed import open_bed, standing
from natscope.lab.scenario_values import read_scenario
from natscope.model.tri import Tri
from tests.lab.kernel_lab import require_lab

pytestmark = pytest.mark.kernel

TWO = """
title = "Two routers"
[sites.home]
nat = "port-restricted"
[sites.work]
nat = "symmetric-random"
[sites.blocked]
[sites.blocked.allow]
udp = []
[hosts.alice]
at = "home"
[hosts.bob]
at = "work"
[hosts.carol]
at = "blocked"
[relays.near]
latency_ms = 5
[relays.far]
latency_ms = 40
"""


def test_reports_of_all_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_lab()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    reports = open_bed().reports(read_scenario("two", TWO))
    assert [reports[name].udp for name in ("alice", "bob", "carol")] == [Tri.YES, Tri.YES, Tri.NO]
    assert [reports[name].nat.mapping_varies for name in ("alice", "bob")] == [Tri.NO, Tri.YES]
    near, far = reports["alice"].relays
    assert near.latency_ms.stun_v4 is not None
    assert far.latency_ms.stun_v4 is not None
    assert near.latency_ms.stun_v4 >= 2 * (5 + 5 + 0.5)
    assert far.latency_ms.stun_v4 >= 2 * (40 + 5 + 0.5)
    assert [path.name for path in (tmp_path / "natscope" / "labs").iterdir()] == ["lock"]


def test_what_namespaces_cannot_do_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_lab()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    wrong = 'title = "T"\n[hosts.alice]\nclock_wrong_by_s = 99999.0\n[hosts.bob]\n'
    with pytest.raises(CannotMeasure, match="namespaces have one clock"):
        open_bed().reports(read_scenario("wrong", wrong))
    assert [path.name for path in (tmp_path / "natscope" / "labs").iterdir()] == ["lock"]


def test_natscope_on_a_host_takes_the_relays_of_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_lab()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("NATSCOPE_DERP_MAP", "https://nobody.invalid/map.json")
    with standing(read_scenario("two", TWO)) as lab:
        done = lab.exec("alice", [sys.executable, "-m", "natscope", "probe", "relay_stun", "--json"])
        assert done.returncode == 0, done.stderr
        assert "192.0.2.101:3478" in done.stdout
