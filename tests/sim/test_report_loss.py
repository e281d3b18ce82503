"""Whole netchecks behind a link that loses packets, in every network that the simulator can build: nothing is wrong.

A few seeds of each scenario, since a run is a tenth of a second of work; `benchmarks/nat_loss.py --reports` runs as
many as are asked for. Time is virtual, so nothing here depends on how busy this computer is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace

import pytest

from natscope.lab.library import load_scenario
from tests.sim import report_seeds
from tests.sim.nat_seeds import BadLink
from tests.sim.report_seeds import BY_CHANCE, ReportTally, names, tally_reports

LINKS = {
    "2 % loss": (BadLink(loss=0.02), range(1, 2), 0.9),
    "10 % loss": (BadLink(loss=0.10), range(1, 5), 0.9),
}
"""The link, the seeds, and the share of the truth's claims that must be told."""


@pytest.fixture(scope="module")
def tallies() -> Iterator[dict[tuple[str, str], Future[ReportTally]]]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield {
            (name, link): pool.submit(tally_reports, name, bad, seeds)
            for name in names()
            for link, (bad, seeds, _) in LINKS.items()
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("link", LINKS)
def test_nothing_that_is_told_is_wrong(
    tallies: dict[tuple[str, str], Future[ReportTally]], link: str, name: str
) -> None:
    found, share = tallies[name, link].result(), LINKS[link][2]
    assert not found.wrong, f"replay: natscope lab run --sim {name} with that seed and {link}"
    assert found.share >= share


def test_most_networks_are_among_them() -> None:
    assert len(names()) > 100
    assert not BY_CHANCE.keys() & set(names())


def test_a_claim_that_is_wrong_would_be_seen() -> None:
    """The same tally against the truth of another scenario."""
    scenario = BadLink(loss=0.02).on_hosts(load_scenario("full-cone"))
    lies = replace(scenario, truth=load_scenario("port-restricted").truth)
    found = ReportTally("full-cone")
    report_seeds.judge(lies, 1, found)
    assert any("filtering is endpoint-independent" in words for words in found.wrong)
