"""The relays that answered are on this computer or in its network: none of them sees a public address.

What it is
    A relay's STUN server tells the address that it sees. One that runs on the node's own computer, or in the same
    network, sees the address inside: no router stands between. A mesh whose only relay is such a one never learns the
    public address, and peers outside have nothing to write to.

What we look for
    - answers over UDP whose servers have an address of this computer, or of this network, and that tell an address
      from inside;
    - no answer from a relay outside.

What would contradict it
    - one relay that saw a public address.

What to do
    - Add a relay or STUN server outside this network to the map; for STUN alone a small virtual machine will do.
    - Or tell the agent its public address, with a port that the router forwards.

How to verify
    `natscope netcheck` shows a public address.

Sources
    RFC 8489 section 2 (what a server behind no NAT can tell); vastora issue 178; Tailscale issue 14944.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import Facts, cite, host_of
from natscope.diagnosis.words import counted
from natscope.model.finding import Fix, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-CTL-11",
    title="The relays that answered are in this network: none of them sees your public address.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("inside-relays", "own-relay"),
    silent=("healthy", "public-host", "shared-space"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-06"),
    fixes=(
        Fix(
            do="Add a relay outside this network to the map.",
            who="administrator",
            effort="E2",
            duration="15 min",
            undo="take it out of the map",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """Every answer tells an address from inside; those of this computer itself are told apart."""
    seen = facts.seen_from_outside
    if seen.holds is Tri.UNKNOWN:
        return unknown(seen.missing)
    if seen.holds is Tri.YES:
        return NOTHING
    answered = facts.seen("stun.binding", Outcome.ANSWERED)
    if answered and all(_is_loopback(host_of(o)) for o in answered):
        return NOTHING  # a laboratory on this very computer
    own = _on_this_computer(facts, answered)
    hosts, here = len({host_of(o) for o in answered}), len({host_of(o) for o in own})
    grounds = [Ground(Strength.DECISIVE, "relays see an address from inside", seen.evidence or cite(answered))]
    if own:
        grounds.append(Ground(Strength.DECISIVE, "a relay has an address of this computer", cite(own)))
    detail = f"{counted(hosts, 'relay')} answered, none from outside."
    if here == hosts:
        detail = f"{counted(hosts, 'relay')} answered, with an address of this computer."
    elif here:
        detail += f" {counted(here, 'relay')} of them {'runs' if here == 1 else 'run'} on this computer."
    is_all = here == hosts and hosts > 0
    title = "The relays that answered run on this computer: none of them sees your public address." if is_all else ""
    return Support(Tri.YES, tuple(grounds), title=title, detail=detail)


def against(facts: Facts) -> Support:
    """A relay that saw a public address."""
    seen = facts.seen_from_outside
    if seen.holds is Tri.UNKNOWN:
        return unknown(seen.missing)
    return (
        Support(Tri.YES, (Ground(Strength.DECISIVE, "a relay saw a public address", seen.evidence),))
        if seen
        else (NOTHING)
    )


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _on_this_computer(facts: Facts, answered: tuple[Observation, ...]) -> tuple[Observation, ...]:
    own = {address.partition("%")[0] for interface in facts.report.interfaces for address in interface.addresses}
    return tuple(o for o in answered if host_of(o) in own)
