"""Mapping and filtering behind loss and reordering, by many seeds: never wrong, and mostly told.

Forty seeds of each kind of NAT with 2 % and 10 % loss each way, twenty with reordering (`benchmarks/nat_loss.py` runs a
hundred). All kinds run at once, in
as many processes as there are processors; time is virtual, so nothing here depends on how busy this computer is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pytest

from tests.sim.nat_seeds import TIME_LIMIT_MS, BadLink, Tally, tally

KINDS = (
    "open-internet",
    "stateful-firewall",
    "full-cone",
    "address-restricted",
    "port-restricted",
    "symmetric-open",
    "symmetric-random",
    "symmetric-sequential",
    "address-dependent",
    "cgnat-behind-home",
    "unpaired-pool",
    "linux-masquerade",
    "ipv6-nat64",
)
"""Every pair of mapping and filtering that a shipped scenario has, with and without translation; both families."""
LINKS = {
    "2 % loss": (BadLink(loss=0.02), range(40), 0.95),
    "10 % loss": (BadLink(loss=0.10), range(100, 140), 0.75),
    "reordering": (BadLink(reordering=0.3, held_back_s=0.08), range(20), 1.0),
}
"""The link, the seeds, and the share of runs that must be told mapping and filtering."""


@pytest.fixture(scope="module")
def tallies() -> Iterator[dict[tuple[str, str], Future[Tally]]]:
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield {
            (kind, name): pool.submit(tally, kind, link, seeds)
            for name, (link, seeds, _) in LINKS.items()
            for kind in KINDS
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("link", LINKS)
def test_no_verdict_is_wrong_and_most_are_told(
    tallies: dict[tuple[str, str], Future[Tally]], link: str, kind: str
) -> None:
    found, share = tallies[kind, link].result(), LINKS[link][2]
    assert not found.wrong, f"replay: natscope lab run --sim {kind} with that seed and {link}"
    assert found.share("mapping") >= share, found.unknown
    assert found.share("filtering") >= share, found.unknown
    assert found.slowest_ms <= TIME_LIMIT_MS


def test_a_verdict_that_is_wrong_would_be_seen() -> None:
    """The same tally against the truth of another scenario."""
    from dataclasses import replace

    from natscope.lab.library import load_scenario
    from tests.sim import nat_seeds

    scenario = BadLink().applied(load_scenario("full-cone"))
    lies = replace(scenario, truth=load_scenario("port-restricted").truth)
    found = Tally("full-cone")
    nat_seeds.run_one(lies, 1, found)
    assert [words for words in found.wrong if "filtering is endpoint-independent" in words]
