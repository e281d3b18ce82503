"""A port that the router opens for natscope, and the mesh program did not ask for."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from natscope.diagnosis.causes.map import map_07_client_ignores as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails
from natscope.model.pair import Blame
from natscope.model.tri import Tri
from natscope.wire.local_api.details import decode_details
from tests.diagnosis.pair.scenes import mapped, this, told_by
from tests.reports.scenes import load
from tests.wire.local_api.recorded import body


def with_proof(facts: PairFacts, proof: str | None, state: Tri = Tri.YES) -> PairFacts:
    """All three services answered so."""
    assert facts.report is not None
    group = facts.report.port_mapping
    services = {
        name: msgspec.structs.replace(getattr(group, name), proof=proof, state=state)
        for name in ("pcp", "nat_pmp", "upnp")
    }
    group = msgspec.structs.replace(group, **services)
    return replace(facts, report=msgspec.structs.replace(facts.report, port_mapping=group))


@pytest.mark.parametrize("proof", ["proved", "unproved"])
def test_two_facts_make_it_likely(proof: str) -> None:
    support = cause.pair_evidence(with_proof(mapped(Tri.NO), proof))
    assert isinstance(support, PairSupport)
    assert (support.holds, support.certainty, support.blame) == (Tri.YES, Certainty.LIKELY, Blame.THIS)
    assert support.detail.startswith("PCP gave natscope 203.0.113.24:38461")
    assert cause.pair_against(mapped(Tri.NO)).holds is Tri.NO


@pytest.mark.parametrize("proof", ["unreachable", "refused", None])
def test_what_was_not_granted_is_nothing_to_ignore(proof: str | None) -> None:
    assert cause.pair_evidence(with_proof(mapped(Tri.NO), proof)).holds is Tri.UNKNOWN
    assert cause.pair_evidence(with_proof(mapped(Tri.NO), None, Tri.NO)).holds is Tri.NO


@pytest.mark.parametrize(("found", "holds"), [("yes", "no"), ("unknown", "unknown"), ("no", "yes")])
def test_the_program_s_own_word(found: str, holds: str) -> None:
    assert cause.pair_evidence(mapped(Tri(found))).holds is Tri(holds)


def test_not_known() -> None:
    facts = mapped(Tri.NO)
    for less in ({"own": None}, {"own": PeerDetails()}, {"report": None}, {"this": this(blurred="a VPN")}):
        assert cause.pair_evidence(replace(facts, **less)).holds is Tri.UNKNOWN
    assert cause.pair_evidence(replace(facts, report=load("healthy"))).holds is Tri.UNKNOWN


def test_a_daemon_that_found_none() -> None:
    own = decode_details(body("whois.http"))
    facts = replace(told_by("203.0.113.24:41641", name="mapping-proved"), own=own)
    assert cause.pair_evidence(facts).holds is Tri.YES
