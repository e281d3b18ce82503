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


def named(nodes: Sequence[NodeCheck]) -> str:
    """`2a`, `2a and 3b`."""
    return enumerated(list(dict.fromkeys(node.node or str(node.region_id) for node in nodes)))


def cited(nodes: Sequence[NodeCheck]) -> tuple[str, ...]:
    """The observations behind them."""
    return ordered(tuple(name for node in nodes for name in node.evidence))


def told(nodes: Sequence[NodeCheck]) -> str:
    """What the first few said."""
    parts = [as_sentence(node.message) for node in nodes[:MAX_TOLD] if node.message]
    if len(nodes) > MAX_TOLD:
        parts.append(f"And {counted(len(nodes) - MAX_TOLD, 'other')}.")
    return " ".join(parts)
