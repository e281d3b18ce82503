"""A relay's name is filtered on the way.

What it is
    Something between here and the relay reads the name at the start of a TLS connection (SNI) and resets connections
    with that name. The same host answers for any other name. Some firewalls and whole countries do that.

What we look for
    - a connection that is reset right after the first message of the handshake, with the relay's name in it;
    - a handshake with the same host and another name that goes through, as control.

What would contradict it
    - resets for every name: then the host itself, or its port, is what is closed.

What to do
    - Use another port or an address with a certificate of its own (`CertName` in the map), so that no name is sent.
    - Use a relay elsewhere.

How to verify
    `natscope netcheck --https` shows a round trip for it.

Sources
    RFC 6066 section 3 (server_name); RFC 8446 section 4.1.2.
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import node_words
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.missing import ELSEWHERE
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-11",
    title="A relay's name is filtered on the way.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin", "administrator"),
    fires=("relays-one-by-one",),
    silent=("healthy", "wrong-certificate"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="In the map: name the relay by its address, with a certificate for that, or give it another port.",
            who="relay's admin",
            effort="E2",
            duration="10 min",
            undo="put the old line back",
            verify="natscope netcheck --https",
        ),
    ),
)
CODE = "name-filtered"


def evidence(facts: Facts) -> Support:
    """A reset for one name beside a handshake for another: two facts, since the server itself may do that too."""
    nodes = node_words.checked(facts)
    if not nodes:
        return unknown("each relay by itself (--https)")
    filtered = [node for node in nodes if node.error == CODE]
    if not filtered:
        return NOTHING
    cited = node_words.cited(filtered)
    this, host = ("this relay", "host") if len({node.node for node in filtered}) == 1 else ("these relays", "hosts")
    return Support(
        Tri.YES,
        (
            Ground(Strength.FACT, "the connection is reset for its name", cited),
            Ground(Strength.FACT, "the host answers for another name", cited),
        ),
        title=f"{node_words.named(facts, filtered)}: something on the way cuts connections that name {this}; "
        f"other names to the same {host} pass.",
        missing=(ELSEWHERE,),
    )


def against(facts: Facts) -> Support:
    """Resets for every name are told apart by the probe."""
    return NOTHING
