"""Composition root of the lab: scenarios, the two beds, reports held against truths."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from natscope.errors import CannotMeasure
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed, Scenario

if TYPE_CHECKING:
    from natscope.lab.bed import KernelBed
    from natscope.lab.matrix import MatrixRow
    from natscope.model.report import Report

__all__ = ["all_scenarios", "load_scenario", "measure", "ready_kernel_bed", "run_matrix"]


LABS_PER_PROCESSOR = 1.5


def measure(scenario: Scenario, bed: Bed, seed: int | None = None) -> dict[str, Report]:
    """A netcheck on every measured host of the scenario, in one bed; reports by host.

    `seed` is the simulator's, instead of the scenario's own. Raises `UserError` and `CannotMeasure`.
    """
    if bed is Bed.SIM:
        from natscope.lab.build_sim import sim_reports

        return sim_reports(scenario, seed)
    return ready_kernel_bed().reports(scenario)


def ready_kernel_bed() -> KernelBed:
    """The kernel bed, where this computer allows one. Raises `CannotMeasure` with what is missing."""
    from natscope.lab.bed import kernel_bed

    bed = kernel_bed()
    missing = bed.missing()
    if missing:
        raise CannotMeasure(f"no lab of namespaces can be built here: {missing}", hint="--sim uses the simulator")
    return bed


def run_matrix(names: Sequence[str], beds: Sequence[Bed], jobs: int | None = None) -> Iterator[MatrixRow]:
    """These scenarios, or all of them, in these beds, one row at a time. Raises `UserError` and `CannotMeasure`.

    `jobs` stand in the kernel bed at once; by itself as many as this computer's processors can serve.
    """
    from natscope.lab.matrix import matrix

    scenarios = [load_scenario(name) for name in names] if names else all_scenarios()
    kernel = ready_kernel_bed() if Bed.KERNEL in beds else None

    def measure_one(scenario: Scenario, bed: Bed) -> dict[str, Report]:
        return kernel.reports(scenario) if kernel is not None and bed is Bed.KERNEL else measure(scenario, bed)

    stop = kernel.stop if kernel is not None else lambda: None
    return matrix(scenarios, beds, measure_one, jobs=jobs or usual_jobs(), stop=stop)


def usual_jobs() -> int:
    """Labs wait most of the time, so a processor serves several."""
    return round(LABS_PER_PROCESSOR * len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else 1
