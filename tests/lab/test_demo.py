"""The demo shows a report and says which lines are right; it ends badly when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from natscope.lab import demo
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Bed


class NoKernel:
    def missing(self) -> str:
        return "Linux is missing"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    seen: list[list[str]] = []

    def natscope(arguments: list[str], environment: dict[str, str], *, capture: bool = True) -> tuple[int, str]:
        seen.append(arguments)
        return 1, ""

    monkeypatch.setattr(demo, "natscope", natscope)
    return seen


def test_without_namespaces_it_is_simulated_and_says_why(
    monkeypatch: pytest.MonkeyPatch, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "kernel_bed", NoKernel)
    assert demo.main() == 1
    assert commands == [[*demo.COMMAND, "--sim", "--keep", demo.FOLDER]]
    said = capsys.readouterr().out
    assert said.startswith("simulated: no lab of namespaces can be built here (Linux is missing)\n$ natscope lab run ")


def test_the_environment_is_nobodys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NATSCOPE_PROFILE", "full")
    monkeypatch.setenv("https_proxy", "http://proxy.test")
    environment = demo.clean_environment(tmp_path)
    assert "NATSCOPE_PROFILE" not in environment
    assert "https_proxy" not in environment
    assert environment["XDG_CONFIG_HOME"].startswith(str(tmp_path))


def test_its_scenario_has_several_hosts_and_stands_in_both_beds() -> None:
    scenario = load_scenario(demo.COMMAND[2])
    assert len(scenario.measured()) == 3
    assert all(scenario.can(bed) for bed in Bed)


def test_it_ends_with_a_relayed_pair_and_a_page_for_a_browser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "kernel_bed", NoKernel)
    assert demo.main() == 0
    said = capfd.readouterr().out
    assert "$ natscope pair natscope-demo/anna.json natscope-demo/ben.json\n" in said
    assert "! anna ↔ ben: relay: " in said
    page = tmp_path / demo.FOLDER / "ben.html"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert str(page) in said


def test_a_step_that_fails_fails_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    codes = iter((10, 0))
    monkeypatch.setattr(demo, "natscope", lambda *_arguments, **_more: (next(codes), ""))
    assert demo.explain_pair(tmp_path, {}) == 1
