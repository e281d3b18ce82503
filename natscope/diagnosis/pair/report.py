"""Two sides as one document: the answer, what is known of each, causes of both, changes that would help. Pure."""

from __future__ import annotations

from natscope.diagnosis.claim import Claim
from natscope.diagnosis.pair.candidates import unknown_opener
from natscope.diagnosis.pair.describe import describe, unknown_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.fixes import changes_that_help
from natscope.diagnosis.pair.judge import settled_pair
from natscope.diagnosis.pair.side import Side
from natscope.model.finding import Severity
from natscope.model.pair import Outcome, Via
from natscope.model.pair_report import SCHEMA, PairReport, PairSide
from natscope.model.tri import Tri
from natscope.version import VERSION

_VIAS = {
    Via.LAN: "inside one network",
    Via.CGNAT: "inside one carrier's network",
    Via.V4: "over IPv4",
    Via.V6: "over IPv6",
    Via.PORT_MAPPING: "by an open port",
}


def pair_report(
    facts: PairFacts, *, by: tuple[str, str] = ("natscope", "natscope"), ages: tuple[float | None, float | None]
) -> PairReport:
    """`by` and `ages` are of this side and of the peer."""
    fixes = changes_that_help(facts) if facts.prediction.path != "direct" else ()
    claims = settled_pair(facts)
    return PairReport(
        schema=SCHEMA,
        natscope=VERSION,
        this=_side(facts.this, by[0], ages[0]),
        peer=_side(facts.peer, by[1], ages[1]),
        sentence=_sentence(facts, bool(fixes), claims),
        prediction=facts.prediction,
        findings=tuple(claim.finding() for claim in claims if claim.severity is not Severity.INFO),
        fixes=fixes,
    )


def _sentence(facts: PairFacts, fixable: bool, claims: tuple[Claim, ...]) -> str:
    prediction = facts.prediction
    if prediction.path == "direct":
        return f"direct, {_VIAS.get(prediction.via, 'by a way of the mesh')}{_if_begun(facts, claims)}."
    if prediction.path == "relay":
        after = " Direct after one change." if fixable else ""
        return f"relay: {prediction.reason}.{after}"
    if prediction.relay and _hangs_on_a_port(facts):
        side = unknown_opener(facts.this, facts.peer)
        would = "has a port open (not told)" if side.v4.service.value is Tri.YES else "opens a port (not measured)"
        return f"relayed, unless {side.whose} router {would}."
    return f"not known: {prediction.reason.removesuffix(' is not known')}."


def _if_begun(facts: PairFacts, claims: tuple[Claim, ...]) -> str:
    """Who has to send first, over IPv4, where a packet that comes too early takes a port away."""
    if facts.prediction.via is not Via.V4 or all(claim.cause.id != "NS-NAT-15" for claim in claims):
        return ""
    burning = [side.called for side in facts.sides if not side.blurred and side.v4.burns.value is Tri.YES]
    return f", if {burning[0]} begins" if len(burning) == 1 else ", if both send at the same moment"


def _hangs_on_a_port(facts: PairFacts) -> bool:
    """Every other way is known not to be there, and nobody guesses ports."""
    open_questions = {way.via for way in facts.prediction.candidates if way.result is Outcome.UNKNOWN}
    return Via.PORT_MAPPING in open_questions and open_questions <= {Via.PORT_MAPPING, Via.PORT_GUESSING}


def _side(side: Side, by: str, age_s: float | None) -> PairSide:
    four = side.v4
    return PairSide(
        name=side.called,
        by=by,
        age_s=age_s,
        blurred=side.blurred,
        masked=side.masked,
        says=describe(side),
        udp=side.udp.value,
        ipv6=side.v6.works.value,
        public=tuple(str(ip) for ip in (*four.public, *side.v6.public)),
        translated=four.translated.value,
        varies=four.varies.value,
        lets_in=four.lets_in.value,
        opens=four.opens.value,
        home=side.home,
        unknown=unknown_of(side),
    )
