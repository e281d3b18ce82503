"""Security suites of a Linux computer, by a folder that stands for /proc; and of any, by psutil."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from natscope.host.real import system_linux, system_other
from natscope.host.real.system_linux import LinuxSystem, _Untold, find_suites
from natscope.host.real.system_other import OtherSystem
from natscope.host.system_api import NOT_ASKED


def proc(folder: Path, *names: str, first: bool = True) -> str:
    for number, name in enumerate(names, start=1 if first else 700):
        (folder / str(number)).mkdir()
        (folder / str(number) / "comm").write_text(f"{name}\n")
    return str(folder)


def names(folder: str) -> list[str]:
    return [suite.name for suite in asyncio.run(find_suites(folder))]


def test_by_process_and_by_module(tmp_path: Path) -> None:
    (tmp_path / "modules").write_text("eset_rtp 81920 1 - Live 0x0\nxt_nat 16384 0 - Live 0x0\n")
    assert names(proc(tmp_path, "systemd", "opensnitchd")) == ["ESET", "OpenSnitch"]


def test_none(tmp_path: Path) -> None:
    assert names(proc(tmp_path, "systemd", "bash")) == []


def test_who_sees_his_own_processes_only_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(_Untold, match="his own processes"):
        names(proc(tmp_path, "bash", first=False))


def test_but_what_he_sees_he_knows(tmp_path: Path) -> None:
    assert names(proc(tmp_path, "bash", "opensnitchd", first=False)) == ["OpenSnitch"]


def test_a_process_that_ends_meanwhile_is_left_out(tmp_path: Path) -> None:
    folder = proc(tmp_path, "systemd")
    (tmp_path / "9").mkdir()
    assert names(folder) == []


def test_no_proc_at_all(tmp_path: Path) -> None:
    with pytest.raises(_Untold):
        names(str(tmp_path / "nowhere"))


def test_this_computer_tells_or_says_why_not() -> None:
    facts = asyncio.run(LinuxSystem().look(thorough=True))
    assert (facts.suites is None) == ("suites" in facts.unread)


def test_elsewhere_psutil_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asyncio.run(OtherSystem().look(thorough=True)).suites is not None
    monkeypatch.setattr(system_other, "_process_names", lambda: ["ekrn.exe", "explorer.exe"])
    facts = asyncio.run(OtherSystem().look(thorough=True))
    assert [suite.name for suite in facts.suites or ()] == ["ESET"]


def test_elsewhere_a_refusal_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> list[str]:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(system_other, "_process_names", refused)
    facts = asyncio.run(OtherSystem().look(thorough=True))
    assert facts.suites is None
    assert "operation not permitted" in facts.unread["suites"]


@pytest.mark.parametrize("system", [LinuxSystem(), OtherSystem()])
def test_nobody_goes_through_processes_unasked(
    system: LinuxSystem | OtherSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> list[str]:
        raise AssertionError("asked for")

    monkeypatch.setattr(system_other, "_process_names", refused)
    monkeypatch.setattr(system_linux, "find_suites", refused)
    facts = asyncio.run(system.look())
    assert (facts.suites, facts.unread["suites"]) == (None, NOT_ASKED)
