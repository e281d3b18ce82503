"""Why packets to a peer go through a relay, or get no answer at all."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.diagnosis.cause import Explains
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.pair.describe import describe, unknown_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.fixes import at_side, changes_that_help, fixes_of
from natscope.diagnosis.pair.judge import blame, settled_pair, short
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.settled import STALE_HANDSHAKE_S, handshake_age_s
from natscope.diagnosis.pair.told_addresses import is_out_of_reach, several_ports, told_kinds
from natscope.diagnosis.words import as_sentence
from natscope.model.finding import Certainty, Finding, Fix, Severity
from natscope.model.pair import Blame, Explanation, Via
from natscope.model.tri import Tri

_WAYS = {Via.LAN: "LAN", Via.CGNAT: "CGNAT", Via.V4: "IPv4", Via.V6: "IPv6", Via.PORT_MAPPING: "open port"}
PEER_COMMAND = "natscope netcheck --json > peer.json"
_DOMINATING = ("NS-ENV-01", "NS-ENV-02", "NS-ENV-06", "NS-ENV-03", "NS-HOST-01", "NS-UDP-02")
"""Causes of this side's own report that keep everything else from being judged, or UDP in."""
_ONLY_OURS = ("NS-ENV-01", "NS-ENV-02")
"""As a warning they say that the mesh's own packets go past the VPN, and only natscope's do not."""
_PORTS_VARY = ("NS-NAT-01", "NS-NAT-03", "NS-NAT-04", "NS-NAT-09")
"""Of this side's report: enough for many peers to be out of reach, though not of whom lets in every port."""
_OWN_SHORT = {
    "NS-ENV-01": "your proxy program carries it", "NS-ENV-02": "your other VPN carries it",
    "NS-ENV-06": "log in to this network first", "NS-ENV-03": "your own rules refuse UDP",
    "NS-HOST-01": "your own firewall drops answers", "NS-UDP-02": "your network lets out few ports",
    "NS-NAT-01": "your router: random ports", "NS-NAT-03": "your router: a new port for each",
    "NS-NAT-04": "your router: random ports", "NS-NAT-09": "your router: several addresses",
}  # fmt: skip


def explain_relayed(facts: PairFacts) -> Explanation:
    """This side's dominating cause, else the worst cause of both sides, else what is left to find out."""
    own = _own(facts, _DOMINATING)
    if own is not None:
        return _by_finding(facts, own, own.certainty)
    claims = tuple(claim for claim in settled_pair(facts) if claim.severity is not Severity.INFO)
    wanted = (Explains.SILENCE,) if _is_silent(facts) else (Explains.RELAYED, Explains.SILENCE)
    claims = tuple(claim for claim in claims if claim.cause.explains in wanted)
    if claims:
        return _by_claims(facts, claims)
    return _silent(facts) if _is_silent(facts) else _without_cause(facts)


def explain_direct(facts: PairFacts) -> Explanation:
    """What is expected, where nobody has tried yet."""
    found = facts.prediction
    return _explanation(
        facts,
        short=f"direct, {_WAYS.get(found.via, 'expected')}",
        sentence=as_sentence(f"Direct is expected: {found.reason}"),
        blame=Blame.NOBODY,
    )


def _own(facts: PairFacts, ids: tuple[str, ...]) -> Finding | None:
    """The first of these that this side's report has, and that is more than worth knowing."""
    findings = facts.report.findings if facts.report is not None else ()
    by_id = {
        finding.id: finding
        for finding in findings
        if finding.severity is Severity.FAIL or (finding.severity is Severity.WARN and finding.id not in _ONLY_OURS)
    }
    return next((by_id[cause] for cause in ids if cause in by_id), None)


def _by_finding(facts: PairFacts, finding: Finding, certainty: Certainty) -> Explanation:
    return _explanation(
        facts,
        short=_OWN_SHORT[finding.id],
        sentence=finding.title,
        blame=Blame.THIS,
        certainty=certainty,
        causes=(finding.id,),
        fixes=_that_may_help(facts, finding.fixes),
    )


def _that_may_help(facts: PairFacts, fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """IPv6 on this side alone helps nobody: it comes last where nobody knows of the peer's, and not at all without."""
    works = facts.peer.v6.works.value
    texts = {fixes_of(cause)[0].do for cause in ("NS-NAT-01", "NS-V6-01")}
    six = tuple(fix for fix in fixes if fix.do in texts)
    rest = tuple(fix for fix in fixes if fix.do not in texts)
    return fixes if works is Tri.YES or not rest else rest if works is Tri.NO else rest + six


def _is_silent(facts: PairFacts) -> bool:
    """Pinged, and nothing came back by any way."""
    return bool(facts.trial.silent) and not facts.trial.relayed and not facts.trial.by_peer_relay


def _by_claims(facts: PairFacts, claims: Sequence[Claim]) -> Explanation:
    main = claims[0]
    fixes = main.cause.fixes if main.support.fixes is None else main.support.fixes
    if main.cause.id in ("NS-NAT-01", "NS-NAT-02"):
        fixes = changes_that_help(facts)
    elif blame(main) is Blame.PEER:
        fixes = tuple(at_side(fix, facts.peer, is_this=False) for fix in fixes)
    return _explanation(
        facts,
        short=short(main),
        sentence=as_sentence(main.support.title or main.cause.title),
        blame=blame(main),
        certainty=main.certainty,
        causes=tuple(claim.cause.id for claim in claims),
        fixes=fixes,
    )


def _silent(facts: PairFacts) -> Explanation:
    """Neither directly nor through a relay."""
    online = facts.node is not None and facts.node.is_online
    rest = ", though the control server has it online" if online else ""
    sentence = f"{_named(facts)} answers neither directly nor through its relay{rest}."
    return _explanation(facts, short="no answer", sentence=sentence)


def _without_cause(facts: PairFacts) -> Explanation:
    """Nothing that is known explains it."""
    trial, path = facts.trial, facts.prediction.path
    stale = handshake_age_s(facts.node) if facts.node is not None else None
    if stale is not None and stale > STALE_HANDSHAKE_S:
        sentence = "Packets go through a relay, and WireGuard made no new keys for a while: the peer may not answer it."
        return _explanation(facts, short="WireGuard does not answer", sentence=sentence)
    own = _own(facts, _PORTS_VARY)
    if own is not None:
        return _by_finding(facts, own, Certainty.POSSIBLE)
    if facts.peer in facts.hard() and trial.failed is Tri.YES:
        sentence = (
            f"{facts.peer.whose} router picks a new port for each peer: a router that lets in only ports it wrote to"
            " shuts it out."
        )
        return _explanation(
            facts,
            short="its router: random ports",
            sentence=sentence,
            blame=Blame.PEER,
            certainty=Certainty.POSSIBLE,
        )
    known = _out_of_reach(facts) or _by_several_ports(facts)
    if known is not None:
        return known
    reason = facts.prediction.reason
    if path == "direct" or trial.failed is Tri.YES:
        short = "no reason seen from here" if facts.this.is_measured else _what_is_missing(facts)
        return _explanation(facts, short=short, sentence=_unexplained(facts))
    if path == "unknown":
        said = reason.removesuffix(" is not known")
        return _explanation(facts, short=_what_is_missing(facts), sentence=as_sentence(f"Not known yet: {said}"))
    return _explanation(facts, short="no way in common", sentence=as_sentence(reason))


def _out_of_reach(facts: PairFacts) -> Explanation | None:
    """Nobody outside its own network can send to a peer that tells no public address."""
    if not is_out_of_reach(facts.peer, facts.trial.told) or predict(facts.this, facts.peer).path == "direct":
        return None
    told = told_kinds(facts.peer, facts.trial.told)
    nobody = "nobody" if told == "tells no address" else "nobody outside its network"
    sentence = f"{_named(facts)} {told}, so {nobody} can send to it: a direct path would have to begin there."
    if facts.peer.udp.value is not Tri.YES:
        sentence += " Perhaps UDP is blocked there: over UDP relays show a node its public address."
    return _explanation(facts, short=f"it {told.partition(',')[0]}", sentence=sentence)


def _by_several_ports(facts: PairFacts) -> Explanation | None:
    """A sign of a router with another port for each peer, where nobody measured this side; an opened port is another
    reason, so it is never more than possible.
    """
    found = several_ports(facts.this)
    if found is None or facts.this.v4.varies.value.known or predict(facts.this, facts.peer).path != "unknown":
        return None
    sentence = (
        f"This node tells {found[1]} ports of one public address, {found[0]}: perhaps its router shows each peer"
        " another one, so that none can know where to write (symmetric NAT). A port that was opened for it, or that"
        " changed a moment ago, looks the same."
    )
    return _explanation(
        facts,
        short="perhaps random ports",
        sentence=sentence,
        blame=Blame.THIS,
        certainty=Certainty.POSSIBLE,
        causes=("NS-NAT-01",),
        fixes=_that_may_help(facts, fixes_of("NS-NAT-01")),
    )


def _unexplained(facts: PairFacts) -> str:
    """What was tried does not fit what is known, or too little is known."""
    alone = predict(facts.this, facts.peer)
    if alone.path == "direct":
        tried = "no address answered" if facts.trial.failed is Tri.YES else "no address has answered yet"
        return (
            f"From what is known it could be direct, but {tried}: a firewall on either computer or in between may drop"
            " UDP, or the peer's addresses are old."
        )
    return as_sentence(f"No address answered, and what is known does not say why: {alone.reason}")


def _named(facts: PairFacts) -> str:
    called = facts.peer.called
    return called[:1].upper() + called[1:] if called.startswith("the ") else called


def _what_is_missing(facts: PairFacts) -> str:
    """For a table cell: whose report would tell."""
    if not facts.this.is_measured:
        return "no netcheck of this side"
    return "takes the peer's report"


def _explanation(
    facts: PairFacts,
    *,
    short: str,
    sentence: str,
    blame: Blame = Blame.UNKNOWN,
    certainty: Certainty | None = None,
    causes: tuple[str, ...] = (),
    fixes: tuple[Fix, ...] = (),
) -> Explanation:
    """With what is known of both sides, and what only the other side could tell."""
    if not facts.this.is_measured:
        sentence = f"{sentence} Of your side is missing: {facts.this.missing}."
    unknowable = () if facts.peer.is_measured else unknown_of(facts.peer)
    wanted = certainty is not Certainty.CERTAIN and bool(unknowable)
    return Explanation(
        short=short,
        sentence=sentence,
        blame=blame,
        certainty=certainty,
        causes=causes,
        this_side=describe(facts.this),
        peer_side=describe(facts.peer),
        fixes=fixes,
        unknowable=unknowable,
        peer_command=PEER_COMMAND if wanted else "",
        prediction=facts.prediction,
    )
