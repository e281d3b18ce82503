"""What a netcheck says of each shipped scenario in the simulator, once in a process: that is what takes time."""

from __future__ import annotations

import functools

from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.model.report import Report


@functools.cache
def reports_of(name: str) -> dict[str, Report]:
    """By host; they must not be changed."""
    return sim_reports(load_scenario(name))
