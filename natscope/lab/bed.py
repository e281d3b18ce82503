"""What a test bed does with a scenario, and how the kernel bed is found.

The simulator builds, measures and forgets (`build_sim.py`); the kernel bed also stays up for tools and people. Its
package, `natscope.lab.kernel`, is imported when it is first asked for: it needs Linux, and the simulator does not.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol, cast

import msgspec

from natscope.lab.scenario import Scenario
from natscope.model.report import Report

_MODULE = "natscope.lab.kernel.bed"
"""Has `open_bed() -> KernelBed`, which touches nothing."""


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The lab that is up. `dropped`: per router what it did not let through, by reason; `broken`: what has ended."""

    scenario: str
    hosts: tuple[str, ...]
    dropped: dict[str, dict[str, int]]
    broken: str = ""


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command on a host of the lab said; bytes that are no UTF-8 are replaced."""

    host: str
    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


class KernelBed(Protocol):
    """Namespaces, links, routers and servers of one scenario at a time.

    Every call raises `UserError` for what the user did wrong (no lab is up, no such host) and `CannotMeasure` where
    this computer does not allow a lab, in the words of `missing`.
    """

    def missing(self) -> str:
        """Which permission or program is missing, and how to get it; empty when a lab can be built here."""
        ...

    def up(self, scenario: Scenario) -> None:
        """Clean what was left, build the scenario, start its servers, and leave it running."""
        ...

    def down(self) -> tuple[str, ...]:
        """End it and clean what was left of a killed one; what was removed, in words, nothing where nothing was."""
        ...

    def is_up(self) -> str:
        """The name of the scenario that is up, empty when none is."""
        ...

    def status(self) -> LabStatus | None:
        """How the lab that is up does; None when none is."""
        ...

    def run_in(self, host: str, command: Sequence[str]) -> int:
        """Run a command on a host of the lab that is up, with our own standard streams; its exit code."""
        ...

    def hear(self, host: str, command: Sequence[str]) -> CommandResult:
        """The same, to its end, and what it said."""
        ...

    def shell(self, host: str) -> int:
        """An interactive shell on a host of the lab that is up; its exit code."""
        ...

    def reports(self, scenario: Scenario) -> dict[str, Report]:
        """Build a lab of its own, run the netcheck on every measured host, remove it; reports by host."""
        ...

    def stop(self) -> None:
        """End what `reports` has built, from another thread: it raises `CannotMeasure`, now and from then on."""
        ...


def kernel_bed() -> KernelBed:
    """The kernel bed of this computer; it touches nothing until it is used."""
    return cast("KernelBed", importlib.import_module(_MODULE).open_bed())
