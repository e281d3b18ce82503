"""Labs for tests: a scenario as text, standing while a test module runs, skipped where this computer allows none."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from natscope.lab.kernel.bed import Running, open_bed, standing
from natscope.lab.scenario_values import read_scenario
from tests.interop import peers

NATS = ("full-cone", "restricted", "port-restricted", "symmetric-random")
KERNEL_NATS = ("masquerade", "fully-random")


def require_lab() -> None:
    """Skip, or fail where everything must be there, when no lab can be built."""
    missing = "" if sys.platform != "linux" else open_bed().missing()
    if missing or sys.platform != "linux":
        peers.missing(f"no kernel lab here: {missing}")


@contextlib.contextmanager
def lab_of(text: str, name: str = "test") -> Iterator[Running]:
    """A lab of a scenario file."""
    require_lab()
    with standing(read_scenario(name, f'title = "Test"\n{text}')) as lab:
        yield lab


def every_router(servers: str = "") -> str:
    """One site of each kind, each with a host of its name and `-host`."""
    lines = [f'[sites.{nat}]\nnat = "{nat}"\nipv6 = "firewall"\n[hosts.{nat}-host]\nat = "{nat}"' for nat in NATS]
    lines += [
        f'[sites.{nat}]\nkernel_nat = "{nat}"\nipv6 = "firewall"\n[hosts.{nat}-host]\nat = "{nat}"'
        for nat in KERNEL_NATS
    ]
    lines += ['[sites.wall]\nnat = "firewall"\nipv6 = "firewall"\n[hosts.wall-host]\nat = "wall"']
    lines += ['[sites.inner]\nat = "port-restricted"\nlan = "10.9.8.0/24"\n[hosts.inner-host]\nat = "inner"']
    return "\n".join([*lines, servers])
