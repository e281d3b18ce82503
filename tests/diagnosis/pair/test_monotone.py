"""Random pairs: knowing less never makes a claim more certain, and never turns a prediction round."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import parse_all
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import judge_pair
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import PEER, YOU, FamilySide, Names, Side, Told
from natscope.diagnosis.pair.star import Star
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails, PeerNetwork
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.nat import Filtering
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import NOW, peer, pooled, removals, this
from tests.reports.scenes import load

RANK = {Certainty.POSSIBLE: 1, Certainty.LIKELY: 2, Certainty.CERTAIN: 3}
STRENGTHS = (Strength.ABSENCE, Strength.FACT, Strength.DECISIVE)
TOLD = st.builds(Told, st.sampled_from(Tri), st.sampled_from(STRENGTHS), st.just(("o1",)))
PUBLIC = ("203.0.113.24", "198.51.100.60", "")
LOCAL = ("192.168.1.20", "192.168.1.21", "10.0.0.5", "")


@st.composite
def families(draw: st.DrawFn, public: str) -> FamilySide:
    """Without contradictions: a family that works is not absent, and who is not translated has one port."""
    told: dict[str, Any] = {
        name: draw(TOLD)
        for name in ("works", "absent", "translated", "varies", "predictable", "paired", "hairpin", "opens", "service")
    }
    if told["works"].value is not Tri.NO:
        told["absent"] = Told(Tri.NO) if told["works"].value is Tri.YES else Told(Tri.UNKNOWN)
    if told["translated"].value is Tri.NO:
        told["varies"] = Told(Tri.NO, Strength.DECISIVE)
    lets_in = Told(draw(st.sampled_from(Filtering)), draw(st.sampled_from(STRENGTHS)))
    same_port = draw(st.sampled_from(Tri))
    return FamilySide(**told, lets_in=lets_in, public=parse_all([public]), varies_by_address_only=same_port)


@st.composite
def sides(draw: st.DrawFn, names: Names) -> Side:
    public, local = draw(st.sampled_from(PUBLIC)), draw(st.sampled_from(LOCAL))
    four, six = draw(families(public)), draw(families(""))
    udp = draw(TOLD)
    if Tri.YES in (four.works.value, six.works.value):
        udp = Told(Tri.YES, Strength.DECISIVE)
    carrier = draw(st.sampled_from(("", "100.70.3.4")))
    ends = tuple(Endpoint.parse(f"{ip}:41641") for ip in (public, local, carrier) if ip)
    return Side(
        names=names, is_measured=True, udp=udp, v4=four, v6=six, layers=draw(st.sampled_from((None, 0, 1, 2))),
        tells_all=draw(st.booleans()),
        endpoints=ends, local=parse_all([local]), latency_ms=draw(st.sampled_from(({}, {"fra": 1.0}, {"hkg": 2.0}))),
        silent_relays=draw(st.sampled_from((frozenset(), frozenset({"fra"}), frozenset({"hkg"})))),
    )  # fmt: skip


TRIALS = st.sampled_from((Trial(), Trial(relayed=4, is_tried=Tri.YES), Trial(silent=3)))


def possible(facts: PairFacts) -> bool:
    """One router does not turn packets round for one side only, and no pong comes through a relay that both lack.

    A peer that was pinged is not idle: that its pings are traffic is what the pings themselves say.
    """
    both = {facts.this.v4.hairpin.value, facts.peer.v4.hairpin.value} != {Tri.YES, Tri.NO}
    if facts.node is not None and facts.node.is_active is False and facts.trial != Trial():
        return False
    return both and not (facts.trial.relayed and facts.this.silent_relays and facts.peer.silent_relays)


TRIS = st.sampled_from(Tri)
ENDS = st.sampled_from(
    ("192.168.178.4:41641", "203.0.113.24:41641", "198.51.100.9:41641", "192.168.1.20:41641", "192.168.1.33:41641")
)
TOLD_ENDS = st.lists(ENDS, max_size=3, unique=True).map(lambda ends: tuple(map(Endpoint.parse, ends)))
PLACES = st.sampled_from(("192.168.50.7", "2001:db8:50::7")).map(ip_address) | st.none()
SECONDS = st.sampled_from((None, 0.02, 0.06))
FLAGS = st.sampled_from((None, True, False))
NOT_USED = ("Some peers are advertising routes but --accept-routes is false",)


def nodes() -> st.SearchStrategy[MeshNode]:
    """A peer as the status tells it: relayed, through another node, idle, or nobody tells."""
    return st.builds(
        MeshNode, name=st.just("nas.lab.internal"), relay=st.just("fra"), is_active=FLAGS, is_online=FLAGS,
        is_exit_node=FLAGS,
        peer_relay=st.sampled_from(("", "203.0.113.7:40000:vni:7")), os=st.sampled_from(("", "linux", "android")),
        last_write=st.just(NOW), last_handshake=st.sampled_from((None, NOW, NOW - timedelta(minutes=15))),
    )  # fmt: skip


@st.composite
def mesh_facts(draw: st.DrawFn) -> dict[str, Any]:
    """What a mesh program tells beside a report of just now, or none of it."""
    own = MeshNode(endpoints=tuple(Endpoint.parse(end) for end in draw(st.lists(ENDS, max_size=4, unique=True))))
    network = draw(st.builds(PeerNetwork, upnp=TRIS, nat_pmp=TRIS, pcp=TRIS))
    stars = st.builds(
        Star, address=PLACES, node=st.just(MeshNode(name="cam.lab.internal", is_online=True)),
        through_s=SECONDS, straight_s=SECONDS, is_straight=TRIS,
    )  # fmt: skip
    health = draw(st.sampled_from(((), NOT_USED)))
    status = st.builds(MeshStatus, this=st.just(own), has_tunnel=FLAGS, health=st.just(health))
    return {
        "node": draw(st.none() | nodes()),
        "details": draw(st.none() | st.builds(PeerDetails, is_userspace=FLAGS, endpoints=TOLD_ENDS)),
        "status": draw(st.none() | status),
        "own": draw(st.none() | st.just(PeerDetails(network=network))),
        "report": draw(st.sampled_from((None, "healthy", "mapping-proved")).map(lambda n: n and pooled(load(n)))),
        "is_of_now": draw(st.sampled_from((Tri.YES, Tri.UNKNOWN))),
        "peer_is_recent": draw(TRIS),
        "star": draw(st.none() | stars),
    }


@st.composite
def pairs(draw: st.DrawFn) -> PairFacts:
    """Any two sides, or two plain ones, of which a mesh program can tell what is not so."""
    plain = draw(st.booleans())
    one, other = (this(), peer()) if plain else (draw(sides(YOU)), draw(sides(PEER)))
    return PairFacts(one, other, draw(TRIALS), **draw(mesh_facts()))


PAIRS = pairs().filter(possible)


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_taking_a_fact_away_never_makes_a_claim_more_certain(facts: PairFacts) -> None:
    before = {claim.cause.id: RANK[claim.certainty] for claim in judge_pair(facts)}
    for poorer in removals(facts):
        for claim in judge_pair(poorer):
            assert RANK[claim.certainty] <= before.get(claim.cause.id, 0), claim.cause.id


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_taking_a_fact_away_never_turns_a_prediction_round(facts: PairFacts) -> None:
    before = predict(facts.this, facts.peer).path
    for poorer in removals(facts):
        after = predict(poorer.this, poorer.peer).path
        assert after in (before, "unknown") or before == "unknown"


@settings(max_examples=15, deadline=None)
@given(PAIRS)
def test_both_ways_agree(facts: PairFacts) -> None:
    assert predict(facts.this, facts.peer).path == predict(facts.peer, facts.this).path
