"""Each cause fires and stays silent on stored reports; order never matters; knowing less never makes more certain."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.engine import diagnose, judge
from natscope.diagnosis.facts import Facts
from natscope.model.finding import Certainty
from natscope.model.nat import Mapping
from natscope.model.report import NO_VERDICT, NatFamilyReport, Report
from natscope.model.tri import Tri
from tests.diagnosis.holes import holes
from tests.diagnosis.judging import claim, found
from tests.reports.scenes import load, names

CAUSES = [cause for entry in entries() if (cause := entry.load().CAUSE).sides == 1]
FIRES = [(cause.id, name) for cause in CAUSES for name in cause.fires]
SILENT = [(cause.id, name) for cause in CAUSES for name in cause.silent]
RANK = {None: 0, Certainty.POSSIBLE: 1, Certainty.LIKELY: 2, Certainty.CERTAIN: 3}


@pytest.mark.parametrize(("cause_id", "name"), FIRES)
def test_fires(cause_id: str, name: str) -> None:
    finding = found(load(name))[cause_id]
    ids = {observation.id for observation in load(name).observations}
    assert set(finding.evidence) <= ids
    assert finding.evidence or cause_id == "NS-REL-06", "only the map itself needs no observation"


@pytest.mark.parametrize(("cause_id", "name"), SILENT)
def test_silent(cause_id: str, name: str) -> None:
    assert cause_id not in found(load(name))


@pytest.mark.parametrize("name", names())
def test_the_stored_reports_say_what_the_engine_says(name: str) -> None:
    stored = load(name)
    assert diagnose(stored) == stored
    blank = msgspec.structs.replace(stored, findings=(), verdict=NO_VERDICT)
    assert diagnose(blank) == stored


def shuffled(report: Report, seed: int) -> Report:
    """The same facts in another order."""
    chance = random.Random(seed)

    def mixed(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    replace = msgspec.structs.replace
    relays = tuple(replace(relay, evidence=mixed(relay.evidence)) for relay in mixed(report.relays))
    families = {
        name: replace(
            getattr(report, name),
            endpoints=mixed(
                tuple(
                    replace(e, evidence=mixed(e.evidence), seen_by=mixed(e.seen_by))
                    for e in getattr(report, name).endpoints
                )
            ),
            evidence=mixed(getattr(report, name).evidence),
        )
        for name in ("ipv4", "ipv6")
    }
    nat = replace(report.nat, v4=replace(report.nat.v4, evidence=mixed(report.nat.v4.evidence)))
    return replace(
        report,
        relays=relays,
        nat=nat,
        observations=mixed(report.observations),
        interfaces=mixed(report.interfaces),
        relay_map=replace(report.relay_map, problems=mixed(report.relay_map.problems)),
        **families,
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([name for name in names() if name != "many-regions"]), st.integers(0, 2**32))
def test_the_order_of_the_facts_changes_nothing(name: str, seed: int) -> None:
    stored = load(name)
    told = diagnose(shuffled(stored, seed))
    assert told.verdict == stored.verdict
    assert told.findings == stored.findings


def removals(report: Report) -> Iterator[Report]:
    """The report with one fact taken away, for each fact there is."""
    replace = msgspec.structs.replace
    yield replace(report, udp=Tri.UNKNOWN, udp_reason="not measured")
    yield replace(report, captive_portal=Tri.UNKNOWN)
    for name in ("ipv4", "ipv6"):
        yield replace(report, **{name: replace(getattr(report, name), works=Tri.UNKNOWN, state="unknown")})
        yield replace(report, **{name: replace(getattr(report, name), endpoints=())})
    for name in ("v4", "v6"):
        yield replace(report, nat=replace(report.nat, **{name: NatFamilyReport()}))
        part = getattr(report.nat, name)
        yield replace(report, nat=replace(report.nat, **{name: replace(part, mapping_varies=Tri.UNKNOWN)}))
        yield replace(report, nat=replace(report.nat, **{name: replace(part, mapping=Mapping.UNKNOWN)}))
    for at in range(len(report.relays)):
        yield replace(report, relays=report.relays[:at] + report.relays[at + 1 :])
    for kind in sorted({o.kind for o in report.observations}):
        yield replace(report, observations=tuple(o for o in report.observations if o.kind != kind))
    for at in range(len(report.observations)):
        yield replace(report, observations=report.observations[:at] + report.observations[at + 1 :])


@pytest.mark.parametrize("name", [name for name in names() if name != "many-regions"])
def test_taking_a_fact_away_never_makes_a_claim_more_certain(name: str) -> None:
    """Before anything is hidden: a hiding fact that is gone lets others be seen, no more certain than they were."""
    report = load(name)
    before = {c.cause.id: RANK[c.certainty] for c in judge(Facts(report))}
    for poorer in removals(report):
        for after in judge(Facts(poorer)):
            assert RANK[after.certainty] <= before.get(after.cause.id, 0), after.cause.id


@pytest.mark.parametrize("name", [name for name in names() if name != "many-regions"])
def test_no_hole_anywhere_in_a_report_makes_a_claim_more_certain(name: str) -> None:
    report = load(name)
    before = {c.cause.id: RANK[c.certainty] for c in judge(Facts(report))}
    more = [
        (path, after.cause.id)
        for path, poorer in holes(report)
        for after in judge(Facts(poorer))
        if RANK[after.certainty] > before.get(after.cause.id, 0)
    ]
    assert more == []


def test_holes_are_made_at_every_depth() -> None:
    paths = {path for path, _ in holes(load("healthy"))}
    assert ("udp",) in paths
    assert ("ipv4", "endpoints", "gone") in paths
    assert ("nat", "v4", "mapping") in paths
    assert ("relays", "best_ms", "stun_v4") in paths
    assert ("interfaces", "addresses", "gone") in paths


def test_an_unknown_contradiction_keeps_a_cause_silent() -> None:
    report = load("ipv6-broken")
    part = msgspec.structs.replace(report.ipv6, works=Tri.UNKNOWN)
    assert claim(report, "NS-V6-02") is not None
    assert claim(msgspec.structs.replace(report, ipv6=part), "NS-V6-02") is None
