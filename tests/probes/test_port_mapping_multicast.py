"""Whether multicast passes: the group beside the gateway, and nothing where the gateway does not answer by itself."""

from __future__ import annotations

import pytest

from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from tests.probes.simulated import probed, scenario
from tests.probes.test_port_mapping import ONLY, site


def compared(report: Report) -> list[Observation]:
    return [o for o in report.observations if o.kind == "portmap.multicast"]


def test_multicast_that_passes_is_seen() -> None:
    [seen] = compared(probed(site(), *ONLY))
    assert seen.outcome is Outcome.ANSWERED


@pytest.mark.parametrize("searches", ["unicast-only", "filtered"])
def test_a_group_that_nobody_answers_is_seen_beside_the_gateways_answers(searches: str) -> None:
    if searches == "filtered":
        text = "[sites.home]\nmapping_service = {}\n[hosts.alice.link]\nfilters = ['multicast']\n"
        wanted = scenario(text)
    else:
        wanted = site(upnp="{ searches = 'unicast-only' }")
    report = probed(wanted, *ONLY)
    [seen] = compared(report)
    assert seen.outcome is Outcome.NO_ANSWER
    assert seen.data["gateway_answers"] > 0
    assert seen.data["searches"] == 9
    assert report.port_mapping.upnp.proof == "proved", "nothing else suffers"


def test_a_router_that_hears_the_group_alone_is_no_silence() -> None:
    [seen] = compared(probed(site(upnp="{ searches = 'multicast-only' }"), *ONLY))
    assert (seen.outcome, seen.data["gateway_answers"]) == (Outcome.ANSWERED, 0)


def test_without_upnp_nothing_is_compared() -> None:
    assert compared(probed(site(protocols=["pcp"]), *ONLY)) == []
