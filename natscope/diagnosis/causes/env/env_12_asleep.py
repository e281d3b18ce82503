"""The peer may be asleep: a phone or tablet that is online by its word, and silent.

What it is
    Telephones and tablets stop programs in the background, some makers' sooner than others, and close their sockets.
    The control server goes on calling the device online for a while, because nobody said goodbye. Packets then wait for
    a program that sleeps, directly as well as through a relay, and all is well again when somebody takes it in hand.

What we look for
    - a system of telephones and tablets, as the mesh tells it;
    - the control server calls it online, and no ping came back by any way, or packets are sent to it and its last
      WireGuard handshake is old.

    Each of these has other reasons too, so this is never more than possible.

What would contradict it
    - a pong.

What to do
    - Wake it and open the mesh program; if that helps, take the program out of the savings of its battery.

How to verify
    `natscope ping PEER` right after it was woken, and again when its screen has been dark for ten minutes.

Sources
    https://dontkillmyapp.com (what makers' power saving does to programs).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Explains, Ground, Strength, Support, unknown
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.settled import STALE_HANDSHAKE_S, handshake_age_s
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Fix, Severity
from natscope.model.mesh_status import MeshNode
from natscope.model.pair import Blame
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-12",
    title="The peer may be asleep: its system stops programs to save power.",
    severity=Severity.WARN,
    sides=2,
    explains=Explains.SILENCE,
    who_can_fix=("you",),
    fires=("a silent phone", "a phone that renews no keys"),
    silent=("two cones", "a silent server", "a server that renews no keys"),
    fixes=(
        Fix(
            do="Wake the device and open the mesh program there.",
            who="you",
            effort="E1",
            duration="1 min",
            verify="natscope ping PEER",
        ),
        Fix(
            do="Take the mesh program out of the device's battery savings, so that it may run in the background.",
            who="you",
            effort="E1",
            duration="2 min",
            undo="put it back",
            verify="natscope ping PEER",
        ),
    ),
)
SYSTEMS = {"android": "Android", "ios": "iOS", "ipados": "iPadOS"}
"""Systems that stop programs, as upstream's status names them."""


def pair_evidence(facts: PairFacts) -> Support:
    """Its system, and silence."""
    node = facts.node
    system = SYSTEMS.get(node.os.lower(), "") if node is not None else ""
    if node is None or not node.os or node.is_online is None:
        return unknown("the peer's system, and whether it is online (natscope status)")
    if not system or not node.is_online:
        return NOTHING
    said = _silence(facts, node)
    if not said:
        return unknown("whether it answers (natscope ping PEER)")
    grounds = (Ground(Strength.FINGERPRINT, f"it runs {system}", ("peer:os",)), *said)
    title = f"Perhaps {facts.peer.called} is asleep: {system} stops programs to save power."
    detail = f"The control server has it online, but: {'; '.join(ground.says for ground in said)}."
    return PairSupport(Tri.YES, grounds, title=title, detail=detail, blame=Blame.PEER, short="perhaps asleep")


def _silence(facts: PairFacts, node: MeshNode) -> tuple[Ground, ...]:
    """Pings without an answer, and packets that are sent on keys that nobody renews."""
    found = []
    if facts.trial.silent:
        plural = "ping" if facts.trial.silent == 1 else "pings"
        found.append(Ground(Strength.ABSENCE, f"no answer to {facts.trial.silent} {plural}", ("trial",)))
    age_s = handshake_age_s(node)
    if node.is_active and age_s is not None and age_s > STALE_HANDSHAKE_S:
        minutes = f"{age_s / 60:.0f} min"
        found.append(Ground(Strength.ABSENCE, f"no handshake for {minutes} of sending", ("peer:last_handshake",)))
    return tuple(found)


def pair_against(facts: PairFacts) -> Support:
    """Who answers is awake."""
    trial = facts.trial
    if trial.answered or trial.relayed or trial.by_peer_relay:
        return Support(Tri.YES, (Ground(Strength.DECISIVE, "it answered", ("trial",)),))
    return NOTHING
