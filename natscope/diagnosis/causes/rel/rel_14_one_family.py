"""A relay is broken for one of its families.

What it is
    The map gives a relay an IPv4 and an IPv6 address, and it answers over one only. Clients that prefer the other, or
    have nothing else, do not reach it. Often a firewall has rules for one family, or the server listens on one.

What we look for
    - the same relay over both families, where this computer has both and other relays answer over both: one answers,
      the other is refused or silent.

What would contradict it
    - a family in which no relay answers at all: then it is this network's (NS-V6-02).

What to do
    - Open it for that family on the relay, or take the address out of the map (`IPv6: none`).

How to verify
    `natscope netcheck --https -v` shows both families for it.

Sources
    Upstream tailcfg/derpmap.go (IPv4, IPv6, `none`).
"""

from __future__ import annotations

from collections.abc import Iterator

from natscope.diagnosis.cause import NOTHING, Cause, Ground, Strength, Support, unknown
from natscope.diagnosis.causes.rel import node_words
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.missing import ELSEWHERE
from natscope.model.finding import Fix, Severity
from natscope.model.report_web import NodeCheck, RelayStep
from natscope.model.tri import Tri

CAUSE = Cause(
    id="NS-REL-14",
    title="A relay is broken for one of its families.",
    severity=Severity.WARN,
    sides=1,
    who_can_fix=("relay's admin",),
    fires=("relays-one-by-one",),
    silent=("healthy", "wrong-certificate", "ipv6-broken"),
    hidden_by=("NS-ENV-06",),
    fixes=(
        Fix(
            do="On the relay: open it for that family; or take that address out of the map (`none`).",
            who="relay's admin",
            effort="E2",
            duration="10 min",
            undo="put the address back",
            verify="natscope netcheck --https",
        ),
    ),
)


def evidence(facts: Facts) -> Support:
    """The node's other family and another relay of the same family are the controls."""
    nodes = node_words.checked(facts)
    if not nodes:
        return unknown("each relay by itself (--https)")
    broken = list(_broken(nodes))
    if not broken:
        return NOTHING
    refused = all(node.error in ("refused", "reset") for node in broken)
    families = {node.family for node in broken}
    which = f"IPv{families.pop()}" if len(families) == 1 else "one family"
    grounds = [
        Ground(Strength.DECISIVE if refused else Strength.FACT, "it fails over one family", node_words.cited(broken)),
        Ground(Strength.FACT, "it answers over the other", node_words.cited(_others(nodes, broken))),
    ]
    return Support(
        Tri.YES,
        tuple(grounds),
        title=f"{node_words.named(facts, broken)}: no answer over {which}, though the map lists it.",
        detail=node_words.told(broken),
        missing=(ELSEWHERE,),
    )


def against(facts: Facts) -> Support:
    """A family in which nobody answers is left out in `evidence`."""
    return NOTHING


def _broken(nodes: tuple[NodeCheck, ...]) -> Iterator[NodeCheck]:
    alive = {node.family for node in nodes if node.reached is RelayStep.ANSWERED}
    answered = {(node.region_id, node.node) for node in nodes if node.reached is RelayStep.ANSWERED}
    for node in nodes:
        if node.failed_at is RelayStep.CONNECT and node.family in alive and (node.region_id, node.node) in answered:
            yield node


def _others(nodes: tuple[NodeCheck, ...], broken: list[NodeCheck]) -> list[NodeCheck]:
    keys = {(node.region_id, node.node) for node in broken}
    return [n for n in nodes if (n.region_id, n.node) in keys and n.reached is RelayStep.ANSWERED]
