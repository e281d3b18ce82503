"""This is a machine in a cloud with a public address of its own, and the cloud's firewall lets in only what was asked.

What it is
    Clouds give a virtual machine a private address and translate it one to one to a public one: ports stay as they
    are. In front of it stands the cloud's own firewall (security group, network security group, VPC firewall), which
    lets in answers and nothing else until a rule is added. Direct connections come about with peers that can be
    reached themselves; with peers behind a symmetric NAT they need that one rule.

What we look for
    - a firmware that names a cloud;
    - one public address in place of the private one, with the same ports for all relays;
    - a packet from a place we never wrote to, which does not come in although it was sent, while no rule of this
      computer drops it.

What would contradict it
    - such a packet that came in;
    - a rule of this computer that drops it (NS-HOST-01).

What to do
    - In the cloud's console: allow UDP in to the VPN's port (Tailscale: 41641) for this machine, from everywhere.

How to verify
    `natscope netcheck` says that everybody may write to the public port.

Sources
    Documentation of Amazon EC2 (security groups), Google Cloud (VPC firewall rules), Azure (network security
    groups).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.env.cloud_words import FAMILY, MISSING, is_known, machine
from natscope.diagnosis.facts import Facts, cite, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.nat import Filtering
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-10",
    title="The cloud's own firewall lets in only what this machine asked for; one rule makes it reachable for all.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("administrator",),
    fires=("cloud-machine",),
    silent=("healthy", "port-restricted", "cloud-gateway"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-09", "NS-UDP-01"),
    fixes=(
        Fix(
            do="Allow UDP to the VPN's port (Tailscale: 41641) in the security group or VPC firewall of this machine.",
            who="administrator",
            effort="E3",
            duration="5 min",
            undo="take the rule out",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A cloud's machine, ports that stay, and an unasked packet that did not come in."""
    if not is_known(facts):
        return unknown(MISSING)
    part, cloud = facts.nat(FAMILY), machine(facts)
    if cloud is None or part.mapping_varies is Tri.YES or part.port_preservation is Tri.NO:
        return NOTHING
    if part.filtering is Filtering.UNKNOWN or part.port_preservation is Tri.UNKNOWN:
        return unknown(part.reasons.get("filtering", "whom this network lets in"))
    if part.filtering is Filtering.ENDPOINT_INDEPENDENT:
        return NOTHING
    unseen = cite(tuple(o for o in facts.seen("nat.unseen") if o.family == FAMILY)) or ordered(part.evidence)
    kept = Ground(Strength.FACT, "one public address with the same ports", ordered(part.evidence))
    dropped = Ground(Strength.FACT, "a packet from an unseen place did not come in", unseen)
    public = next((e.address for e in facts.endpoints(FAMILY)), "")
    detail = f"{cloud.says[:1].upper()}{cloud.says[1:]}; its public address is {public}." if public else ""
    return Support(Tri.YES, (cloud, kept, dropped), detail=detail)


def against(facts: Facts) -> Support:
    """A rule of this computer that drops it: then that explains it."""
    firewall = facts.report.surroundings.firewall
    if firewall.unasked in ("drop", "reject"):
        return Support(
            Tri.YES, (Ground(Strength.DECISIVE, "this computer's own firewall drops it", firewall.evidence),)
        )
    return NOTHING
