"""Composition root of the lab: scenarios, the two beds, reports held against truths."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from natscope.errors import CannotMeasure, UserError
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed, Scenario

if TYPE_CHECKING:
    from natscope.lab.bed import KernelBed
    from natscope.lab.matrix import MatrixRow
    from natscope.lab.stand_in import StandInMesh
    from natscope.model.report import Report

__all__ = [
    "all_scenarios",
    "load_scenario",
    "measure",
    "ready_kernel_bed",
    "report_of",
    "run_matrix",
    "serve_daemon",
]


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
        raise CannotMeasure(
            f"no lab of namespaces can be built here: {missing}",
            hint="the simulator needs none: natscope lab run --sim NAME",
        )
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


def serve_daemon(mesh: StandInMesh, path: str, ready: Callable[[], None]) -> None:
    """Stand in for a tailscaled at the socket `path` until SIGINT or SIGTERM. Raises `UserError` for the path."""
    from natscope.apps.stopping import stop_on_signals
    from natscope.host.real.host import build_real_host
    from natscope.lab.stand_in_daemon import StandIn
    from natscope.lab.stand_in_serve import StandInServer

    async def serve() -> None:
        stop = asyncio.Event()
        with stop_on_signals(stop):
            server = StandInServer(StandIn(mesh, build_real_host().clock), path)
            try:
                await server.open()
            except OSError as error:
                raise UserError(f"cannot listen at {path}: {(error.strerror or str(error)).lower()}") from error
            try:
                ready()
                await stop.wait()
            finally:
                await server.close()

    asyncio.run(serve())


def report_of(scenario: Scenario, host: str) -> bytes:
    """What a netcheck on that host says, as JSON; measured in the simulator. Raises `UserError`."""
    import msgspec

    if not scenario.can(Bed.SIM):
        raise UserError(f"the bed sim cannot express {scenario.name}: {scenario.cannot[Bed.SIM]}")
    report = measure(scenario, Bed.SIM).get(host)
    if report is None:
        raise UserError(f"no netcheck runs on {host[:60]} in {scenario.name}")
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
