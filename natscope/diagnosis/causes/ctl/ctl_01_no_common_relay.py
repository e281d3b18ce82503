"""The two sides share no relay that answers both.

What it is
    Two nodes tell each other through a relay when to send, so that both routers open at the same moment. A node is
    called through the relay that is its home. If that relay does not answer from the other side, neither that call nor
    relayed traffic gets through, and the connection fails although both sides may be fine otherwise.

What we look for
    - the home relay of the peer, asked from here, without an answer over UDP and TCP;
    - or, where both have reports, every relay that answered one side silent on the other.

What would contradict it
    - a pong through a relay.

What to do
    - Repair or replace the relay that does not answer (`natscope derp check`).
    - Put a region into the map that both networks reach; port 443 over TCP passes most firewalls.

How to verify
    `natscope ping PEER` shows lines with "relay".

Sources
    Upstream wgengine/magicsock (call-me-maybe goes through the peer's home relay).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.pair import Blame
from natscope.model.report import RelayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-01",
    title="The two sides share no relay that answers both: they cannot agree on when to send.",
    severity=Severity.FAIL,
    sides=2,
    explains=Explains.SILENCE,
    who_can_fix=("relay's admin", "you"),
    fires=("home relay silent from here", "no relay in common"),
    silent=("two cones",),
    fixes=(
        Fix(
            do="Look at the relay that does not answer, and repair it or take it out of the map.",
            who="relay's admin",
            effort="E3",
            duration="30 min",
            verify="natscope derp check",
        ),
        Fix(
            do="Put a relay into the map that both networks reach over TCP port 443.",
            who="relay's admin",
            effort="E3",
            duration="1 h",
            undo="take it out",
            verify="natscope netcheck",
        ),
    ),
)


def pair_evidence(facts: PairFacts) -> Support:
    """The peer's home is silent from here, or the two lists of relays that answered have nothing in common."""
    if any(side.relays_masked for side in facts.sides):
        return unknown("the names of the relays: they are masked")
    home = _home(facts)
    if home is not None and home.error is not None and not _answered(home):
        ground = Ground(Strength.FACT, f"{home.region_code}, {facts.peer.whose} home, did not answer", home.evidence)
        others = any(_answered(relay) for relay in facts.report.relays) if facts.report is not None else False
        control = (Ground(Strength.FACT, "other relays answered"),) if others else ()
        title = f"The home relay of {facts.peer.called} ({home.region_code}) does not answer from your side."
        return PairSupport(
            Tri.YES, (ground,), title=title, blame=Blame.UNKNOWN, short="its home relay does not answer", also=control
        )
    mine, theirs = facts.this.latency_ms, facts.peer.latency_ms
    if mine.keys() & theirs.keys():
        return NOTHING
    asked = mine.keys() <= facts.peer.silent_relays and theirs.keys() <= facts.this.silent_relays
    if not mine or not theirs or not asked:
        return unknown("the same relays, asked from both sides")
    grounds = (
        Ground(Strength.FACT, f"{facts.this.called}: {', '.join(sorted(mine)[:3])}"),
        Ground(Strength.FACT, f"{facts.peer.called}: {', '.join(sorted(theirs)[:3])}"),
    )
    return PairSupport(Tri.YES, grounds, blame=Blame.BOTH, short="no relay in common")


def pair_against(facts: PairFacts) -> Support:
    """A pong through a relay."""
    if facts.trial.relayed:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "a pong through a relay", ("trial",)),))
    return NOTHING


def _home(facts: PairFacts) -> RelayReport | None:
    """The peer's home in this side's report."""
    if facts.report is None or not facts.peer.home or facts.this.blurred:
        return None
    return next((relay for relay in facts.report.relays if relay.region_code == facts.peer.home), None)


def _answered(relay: RelayReport) -> bool:
    times = relay.latency_ms
    return any(value is not None for value in (times.stun_v4, times.stun_v6, times.https))
