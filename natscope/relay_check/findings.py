"""All findings of a check, worst first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from natscope.model.derp_check import NodeReport
from natscope.model.finding import Finding
from natscope.netcheck.assemble_clock import ClockJudgement
from natscope.relay_check.claims import Claim, told
from natscope.relay_check.findings_around import find_around, find_own_clock
from natscope.relay_check.findings_connect import find_connect
from natscope.relay_check.findings_relay import find_relay
from natscope.relay_check.view import CheckView


def find(check: CheckView, nodes: Sequence[NodeReport], judged: ClockJudgement) -> tuple[Finding, ...]:
    """From what was observed and how the steps went."""
    return told(_claims(check, nodes, judged))


def _claims(check: CheckView, nodes: Sequence[NodeReport], judged: ClockJudgement) -> Iterator[Claim]:
    yield from find_own_clock(check, judged)
    for view, node in zip(check.nodes, nodes, strict=True):
        if not node.stun_only:
            yield from find_connect(check, view, node)
            yield from find_relay(check, view, node)
        yield from find_around(check, view, node, judged)
