"""Relay nodes that were looked at one by one, in sentences of findings."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.diagnosis.facts import Facts, ordered
from natscope.diagnosis.words import as_sentence, counted, enumerated
from natscope.model.report_web import NodeCheck

MAX_TOLD = 2


def checked(facts: Facts) -> tuple[NodeCheck, ...]:
    """All rows, in an order that does not depend on the report's."""
    web = facts.report.web
    return () if web is None else tuple(sorted(web.nodes, key=lambda n: (n.region_id, n.node, n.family)))


def named(facts: Facts, nodes: Sequence[NodeCheck]) -> str:
    """`fra (2a)`, `fra (2a) and ams (3b)`: people know a relay by its region, the map knows it by its node."""
    codes = {relay.region_id: relay.region_code for relay in facts.report.relays}
    return enumerated(list(dict.fromkeys(_name(node, codes.get(node.region_id, "")) for node in nodes)))


def _name(node: NodeCheck, code: str) -> str:
    if not code or not node.node or code == node.node:
        return node.node or code or str(node.region_id)
    return f"{code} ({node.node})"


def cited(nodes: Sequence[NodeCheck]) -> tuple[str, ...]:
    """The observations behind them."""
    return ordered(tuple(name for node in nodes for name in node.evidence))


def told(nodes: Sequence[NodeCheck]) -> str:
    """What the first few said."""
    parts = [as_sentence(node.message) for node in nodes[:MAX_TOLD] if node.message]
    if len(nodes) > MAX_TOLD:
        parts.append(f"And {counted(len(nodes) - MAX_TOLD, 'other')}.")
    return " ".join(parts)
