"""Two sides as one document: the answer, what is known of each, causes of both, changes that would help. Pure."""

from __future__ import annotations

from natscope.diagnosis.pair.describe import describe, unknown_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.fixes import changes_that_help
from natscope.diagnosis.pair.judge import settled_pair
from natscope.diagnosis.pair.side import Side
from natscope.model.finding import Severity
from natscope.model.pair import Via
from natscope.model.pair_report import SCHEMA, PairReport, PairSide
from natscope.version import VERSION

_VIAS = {
    Via.LAN: "inside one network",
    Via.V4: "over IPv4",
    Via.V6: "over IPv6",
    Via.PORT_MAPPING: "by an open port",
}


def pair_report(
    facts: PairFacts, *, by: tuple[str, str] = ("natscope", "natscope"), ages: tuple[float | None, float | None]
) -> PairReport:
    """`by` and `ages` are of this side and of the peer."""
    fixes = changes_that_help(facts) if facts.prediction.path != "direct" else ()
    found = tuple(claim.finding() for claim in settled_pair(facts) if claim.severity is not Severity.INFO)
    return PairReport(
        schema=SCHEMA,
        natscope=VERSION,
        this=_side(facts.this, by[0], ages[0]),
        peer=_side(facts.peer, by[1], ages[1]),
        sentence=_sentence(facts, bool(fixes)),
        prediction=facts.prediction,
        findings=found,
        fixes=fixes,
    )


def _sentence(facts: PairFacts, fixable: bool) -> str:
    prediction = facts.prediction
    if prediction.path == "direct":
        return f"direct, {_VIAS.get(prediction.via, 'by a way of the mesh')}."
    if prediction.path == "relay":
        after = " Direct after one change." if fixable else ""
        return f"relay: {prediction.reason}.{after}"
    return f"not known: {prediction.reason}."


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
