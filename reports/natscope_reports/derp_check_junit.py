"""A check of relays as JUnit XML, for CI servers: a suite per node, a test case per step.

What could not be checked, was not reached or not asked for is skipped, with its reason. A warning fails its case where
`--fail-on warn` makes it count, and passes with its words otherwise. A finding that belongs to no step is a case too.
"""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.derp_check import DerpCheck, NodeReport, StepReport, StepState
from natscope.model.finding import Finding, Severity
from natscope.plugins.report_format import DERP_CHECK, Format, RenderOptions
from natscope_reports._cases import Case, State
from natscope_reports._content.headline import conditions
from natscope_reports._derp_check.cells import LABELS, NOT_REACHED
from natscope_reports.junit import document

FORMAT = Format(
    name="junit",
    media_type="application/xml",
    extension="xml",
    for_terminal=False,
    summary="JUnit XML, for CI servers: a test case per node and step",
    document=DERP_CHECK,
)


def render(check: DerpCheck, options: RenderOptions) -> str:
    """A suite per node, in the order of the map."""
    counted = (StepState.FAIL, StepState.WARN) if options.fail_on == "warn" else (StepState.FAIL,)
    found = [_case(check, node, step, counted) for node in check.nodes for step in node.steps]
    told = {name for node in check.nodes for step in node.steps if step.state in _TROUBLE for name in step.evidence}
    rest = [finding for finding in check.findings if not told & set(finding.evidence)]
    found += [_finding(finding, counted) for finding in rest]
    return document("natscope derp check", found, check.started_at)


_TROUBLE = (StepState.FAIL, StepState.WARN)


def _finding(finding: Finding, counted: tuple[StepState, ...]) -> Case:
    """One that no failed step shows."""
    fails = finding.severity is not Severity.INFO and StepState(finding.severity.value) in counted
    state = State.FAILED if fails else State.PASSED
    return Case("derp.findings", finding.id, state, finding.title, "\n".join(_told(finding)), finding.id)


def _case(check: DerpCheck, node: NodeReport, step: StepReport, counted: tuple[StepState, ...]) -> Case:
    group = f"derp.{node.region_code or node.region_id}.{node.node}"
    name = f"{step.name}: {LABELS[step.name]}"
    if step.state in _TROUBLE:
        findings = [f for f in check.findings if set(f.evidence) & set(step.evidence)]
        message = step.says or step.state.value
        kind = ", ".join(dict.fromkeys(f.id for f in findings)) or step.name.value
        state = State.FAILED if step.state in counted else State.PASSED
        return Case(group, name, state, message, "\n".join(line for f in findings for line in _told(f)), kind)
    if step.state is StepState.OK:
        return Case(group, name, State.PASSED, step.says)
    reason = {StepState.NOT_REACHED: f"{NOT_REACHED}: an earlier step failed", StepState.NOT_ASKED: "not asked"}
    return Case(group, name, State.SKIPPED, step.says or reason.get(step.state, "unknown"))


def _told(finding: Finding) -> Iterator[str]:
    yield f"{finding.title} {finding.detail}".rstrip()
    for fix in finding.fixes:
        yield f"To do: {fix.do} ({conditions(fix)})"
