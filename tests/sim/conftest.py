"""Virtual time for every coroutine test here, seeds, and the command that repeats a failing seed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator, Iterator, Mapping

import pytest

from natscope.sim.loop import SimLoop
from natscope.sim.topology import Network

SEEDS_VARIABLE = "NATSCOPE_SIM_SEEDS"
"""`17` runs one seed, `100:200` a range, instead of the few that every run tries."""
USUAL_SEEDS = range(1, 4)


def chosen_seeds(text: str | None) -> range:
    """The seeds to run."""
    if not text:
        return USUAL_SEEDS
    first, colon, last = text.partition(":")
    return range(int(first), int(last) if colon else int(first) + 1)


def replay_command(node_id: str, seed: int) -> str:
    """What to type to see that seed again."""
    return f"{SEEDS_VARIABLE}={seed} python -m pytest '{node_id}'"


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": SimLoop}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", chosen_seeds(os.environ.get(SEEDS_VARIABLE)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    seed = getattr(item, "callspec", None) and item.callspec.params.get("seed")  # type: ignore[attr-defined]
    if report.failed and seed is not None:
        report.sections.append(("replay this seed", replay_command(item.nodeid, seed)))
    return report


@pytest.fixture
def net() -> Iterator[Network]:
    """A network of its own, for tests that are no coroutines."""
    with Network(seed=1) as network:
        yield network
