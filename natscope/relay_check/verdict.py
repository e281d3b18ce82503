"""The answer in one line. Scripts may look for `Relays: ` after the sign. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.derp_check import CheckVerdict, NodeReport, StepName, StepState
from natscope.model.finding import Finding, Severity
from natscope.model.tri import Tri
from natscope.relay_check.steps_connect import without_address
from natscope.relay_check.view import CheckView

SUBJECT = "Relays: "


def decide(check: CheckView, nodes: Sequence[NodeReport], findings: Sequence[Finding]) -> CheckVerdict:
    """Counts, the state that matters most, a sentence."""
    states = [works(node) for node in nodes]
    good, bad, unknown = (states.count(state) for state in (Tri.YES, Tri.NO, Tri.UNKNOWN))
    worst = findings[0] if findings else None
    state = StepState.OK
    if bad or (worst is not None and worst.severity is Severity.FAIL):
        state = StepState.FAIL
    elif good == 0 and unknown:
        state = StepState.UNKNOWN
    elif unknown or (worst is not None and worst.severity is Severity.WARN):
        state = StepState.WARN
    return CheckVerdict(
        state=state, good=good, bad=bad, unknown=unknown, sentence=SUBJECT + _clause(check, nodes, findings, good, bad)
    )


def works(node: NodeReport) -> Tri:
    """Whether it does what the map has it for."""
    if not node.stun_only:
        return node.relays
    state = node.step(StepName.STUN).state
    if state in (StepState.OK, StepState.WARN):
        return Tri.YES
    return Tri.NO if state is StepState.FAIL else Tri.UNKNOWN


def _clause(check: CheckView, nodes: Sequence[NodeReport], findings: Sequence[Finding], good: int, bad: int) -> str:
    total = len(nodes)
    if not total:
        return "none to check"
    count = f"{good} of {total} {'works' if good == 1 else 'work'}"
    worst = next((f for f in findings if f.severity in (Severity.FAIL, Severity.WARN)), None)
    if worst is not None:
        clause = worst.title.rstrip(".")
        return f"{count}; {clause}" if bad else f"{count}, but {clause}"
    if good == total:
        return count
    reason = _reason(check, nodes)
    return f"unknown, {reason}" if good == 0 else f"{count}, {total - good} could not be checked: {reason}"


def _reason(check: CheckView, nodes: Sequence[NodeReport]) -> str:
    """Why something could not be checked."""
    if check.unfinished:
        return check.unfinished
    asked = not all(without_address(check, view) for view in check.nodes)
    if asked and is_nothing_answered(nodes):
        return "nothing answered, so this network may be the one that fails"
    node = next(node for node in nodes if works(node) is Tri.UNKNOWN)
    step = next((s for s in node.steps if s.state is StepState.UNKNOWN), None)
    says = step.says if step is not None and step.says else "it was not reached"
    return f"{node.node} {says}" if says.startswith(("admits", "not with")) else f"{node.node}: {says}"


def is_nothing_answered(nodes: Sequence[NodeReport]) -> bool:
    """Whether no relay said a word, over TCP or UDP: then nothing can be told of relays."""
    tcp = any(address.reached is not None or address.error not in _SILENCE for n in nodes for address in n.addresses)
    udp = any(stun.answered or stun.error == "refused" for node in nodes for stun in node.stun)
    named = any(node.step(StepName.NAME).state is StepState.FAIL for node in nodes)
    return not (tcp or udp or named)


_SILENCE = (
    "timeout",
    "network-unreachable",
    "host-unreachable",
    "permission",
    "address-not-available",
    "family-not-supported",
    "name-server-failed",
)
