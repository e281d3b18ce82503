"""This runs in a container's own network, behind a NAT of the computer that holds it.

What it is
    A container or pod usually has a network of its own: its packets are translated once more by the computer it runs
    on, often with random ports for each destination (`random-fully`, `MASQUERADE --random-fully`). Then a good home or
    office router looks like one that peers cannot reach.

What we look for
    - marks of a container on this system (`/.dockerenv`, cgroup, Kubernetes' environment);
    - packets leave by a virtual cable (veth) with an address of a usual container network;
    - a translation that relays see.

What would contradict it
    - an address of another network on that cable, or none of these marks.

What to do
    - Run the mesh VPN's agent with the computer's own network (`docker run --network host`, `hostNetwork: true`).
    - In Kubernetes: take `random-fully` out of the CNI's masquerading, or give the agent a node's UDP port.

How to verify
    `natscope netcheck` on the computer itself, beside this one: their router lines differ.

Sources
    Docker's default address pools; Kubernetes CNI documentation (natOutgoing, random-fully); Tailscale issues 3822,
    6157, 11427, 13981.
"""

from __future__ import annotations

import ipaddress

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.facts import FAMILIES, Facts
from natscope.diagnosis.hijacks import NETCHECK, visible
from natscope.model.finding import Fix, Severity
from natscope.model.report_surroundings import WayReport
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-ENV-09",
    title="This runs in a container's own network: the computer that holds it translates once more.",
    severity=Severity.INFO,
    sides=1,
    who_can_fix=("you", "administrator"),
    fires=("container",),
    silent=("healthy", "mapping-varies"),
    hidden_by=("NS-ENV-01", "NS-ENV-02"),
    lends=("NS-NAT-01",),
    fixes=(
        Fix(
            do="Run the mesh VPN's agent with the computer's own network (docker: --network host).",
            who="you",
            effort="E2",
            duration="10 min",
            undo="give it its own network again",
            verify=NETCHECK,
        ),
    ),
)
NETWORKS = tuple(
    ipaddress.IPv4Network(text)
    for text in ("172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/14", "172.28.0.0/14", "10.42.0.0/16",
                 "10.244.0.0/16", "10.88.0.0/16", "10.0.2.0/24")
)  # fmt: skip
"""Docker's pools, k3s, flannel and kubeadm, podman, slirp4netns."""


def evidence(facts: Facts) -> Support:
    """Marks of a container, and its cable and address."""
    container = facts.report.surroundings.computer.container
    if container is None:
        return unknown("what this computer says about itself (host_facts)")
    way = next((w for w in facts.report.surroundings.ways if w.family == 4 and not w.failure), None)
    if container and not facts.report.surroundings.ways:
        return unknown("the way to relays (route_hijack)")
    if not container or way is None or way.driver not in ("veth", "tap") or not _is_of_containers(way):
        return NOTHING
    cited = facts.report.surroundings.computer.evidence
    varies = any(facts.mapping_varies(family) for family in FAMILIES)
    name = {"docker": "Docker", "kubernetes": "Kubernetes", "podman": "Podman"}.get(container, container)
    return Support(
        Tri.YES,
        (
            Ground(Strength.FACT, f"this system says that it is a container ({name})", cited),
            Ground(Strength.FACT, f"packets leave by a virtual cable with {way.source}", way.evidence),
        ),
        detail=f"{name}; packets leave by {visible(way.interface)} with {way.source}.",
        severity=Severity.WARN if varies else None,
    )


def against(facts: Facts) -> Support:
    """No mark of a container."""
    container = facts.report.surroundings.computer.container
    if container is None:
        return unknown("what this computer says about itself (host_facts)")
    return NOTHING if container else Support(Tri.YES)


def _is_of_containers(way: WayReport) -> bool:
    try:
        ip = ipaddress.ip_address(way.source)
    except ValueError:
        return False
    return any(ip in network for network in NETWORKS)
