"""This is a machine in a cloud without a public address: the cloud's NAT gateway shows each peer another port.

What it is
    Machines in private subnets reach the internet by the cloud's NAT service. Those of Amazon and Azure always give
    each destination another public port (symmetric NAT); Google's does unless it is told otherwise. Nothing inside the
    machine changes that. No peer learns where to write to, so only peers that can be reached themselves get direct.

What we look for
    - a firmware that names a cloud, and no public address on this computer;
    - another public port for each relay.

What would contradict it
    - one public port for all relays, or a public address of its own;
    - a container's own network, which looks the same (NS-ENV-09).

What to do
    - Give this machine, or one machine of the subnet that routes for it (subnet router, peer relay), a public address.
    - Google Cloud NAT: switch endpoint-independent mapping on.
    - Where both sides are such machines: run a relay of your own in that network.

How to verify
    `natscope netcheck` says "Public port: same for all peers".

Sources
    Documentation of Amazon VPC (NAT gateways), Azure NAT Gateway, and Google Cloud NAT (endpoint-independent mapping).
"""

from __future__ import annotations

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.env.cloud_words import FAMILY, MISSING, is_known, machine
from natscope.diagnosis.facts import Facts, ordered
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-11",
    title="This machine has no public address, and the cloud's NAT gateway shows each peer another port.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("administrator",),
    fires=("cloud-gateway",),
    silent=("healthy", "mapping-varies", "cloud-machine"),
    hidden_by=("NS-ENV-01", "NS-ENV-02", "NS-ENV-09", "NS-UDP-01"),
    refines=("NS-MAP-01",),
    lends=("NS-NAT-01",),
    fixes=(
        Fix(
            do="Give this machine, or one in its subnet that routes or relays for it, a public address.",
            who="administrator",
            effort="E3",
            duration="10 min",
            undo="take the address back",
            verify="natscope netcheck",
        ),
        Fix(
            do="In Google Cloud NAT, switch endpoint-independent mapping on.",
            who="administrator",
            effort="E3",
            duration="5 min",
            undo="switch it off",
            verify="natscope netcheck",
        ),
        Fix(
            do="Run a relay of your own in that network, where both sides are such machines.",
            who="administrator",
            effort="E4",
            duration="30 min",
            verify="natscope netcheck",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """A cloud's machine whose public port differs by peer."""
    if not is_known(facts):
        return unknown(MISSING)
    varies, cloud = facts.mapping_varies(FAMILY), machine(facts)
    if cloud is None or varies.holds is Tri.NO or facts.nat(FAMILY).several_addresses is Tri.YES:
        return NOTHING
    if varies.holds is Tri.UNKNOWN:
        return unknown(varies.missing)
    differs = Ground(Strength.FACT, "each peer sees another public port", ordered(varies.evidence))
    return Support(Tri.YES, (cloud, differs), detail=f"{cloud.says[:1].upper()}{cloud.says[1:]}.")


def against(facts: Facts) -> Support:
    """Nothing beyond what `evidence` looks at."""
    return NOTHING
