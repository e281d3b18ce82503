"""A netcheck leaves its report for other commands, unless told not to."""

from __future__ import annotations

import msgspec
import pytest

from natscope.apps import last_report
from natscope.apps.last_report import FILE_NAME
from tests.cli.runner import Runner


def test_a_netcheck_keeps_its_report_unless_told_not_to(
    natscope: Runner, healthy_map: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = natscope.home / "state" / "natscope" / FILE_NAME
    command = ("netcheck", "--derp-map", healthy_map, "--profile", "quick", "--json")
    natscope(*command)
    assert not path.exists()  # its relays stand on this computer
    monkeypatch.setattr(last_report, "is_whole", lambda record: True)
    natscope(*command, NATSCOPE_KEEP_REPORT="0")
    assert not path.exists()
    report = natscope(*command).out
    assert msgspec.json.decode(path.read_bytes())["report"]["run_id"] == msgspec.json.decode(report)["run_id"]


def test_a_state_directory_that_cannot_be_written_is_a_warning(
    natscope: Runner, healthy_map: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_report, "is_whole", lambda record: True)
    (natscope.home / "file").write_text("")
    result = natscope(
        "netcheck", "--derp-map", healthy_map, "--profile", "quick", NATSCOPE_STATE_DIR=str(natscope.home / "file")
    )
    assert result.code == 0
    assert "cannot keep the report" in result.err
