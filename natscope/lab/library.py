"""The scenarios that are installed, and those in a user's own files, read and checked."""

from __future__ import annotations

from natscope.lab.scenario import Scenario
from natscope.lab.scenario_values import read_scenario
from natscope.plugins.scenario import ScenarioFile, scenario_file, scenario_files


def load_scenario(name: str) -> Scenario:
    """By name, or by the path of a file. Raises `UserError`."""
    return _read(scenario_file(name))


def all_scenarios() -> tuple[Scenario, ...]:
    """All installed ones, by name. Raises `UserError` for the first that is wrong."""
    return tuple(_read(file) for file in scenario_files())


def _read(file: ScenarioFile) -> Scenario:
    shown = file.path.name if file.builtin else str(file.path)
    return read_scenario(file.name, file.read(), file=shown)
