"""A report as test cases, for programs that know tests only: the verdict, each finding, probe and relay."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from natscope.model.finding import Finding, Severity
from natscope.model.observation import ProbeOutcome
from natscope.model.report import RelayReport, Report
from natscope.model.verdict import Direct
from natscope_reports._content.headline import conditions
from natscope_reports._text.latency_columns import reached
from natscope_reports._text.relays import label


class State(enum.Enum):
    """`SKIPPED`: not measured or not known, with the reason. `ERROR`: the tool itself could not."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Case:
    """`message` is one line, `details` may have several; `seconds` None where it took no time of its own."""

    group: str
    name: str
    state: State
    message: str = ""
    details: str = ""
    severity: str = ""
    seconds: float | None = None


_FAILING = {"fail": (Severity.FAIL,), "warn": (Severity.FAIL, Severity.WARN), "never": ()}


def cases(report: Report, fail_on: str) -> list[Case]:
    """In a stable order; never empty. `fail_on` as in `RenderOptions`."""
    found = [_verdict(report)]
    found += [_finding(finding, _FAILING.get(fail_on, (Severity.FAIL,))) for finding in report.findings]
    found += [_probe(probe) for probe in report.probes]
    found += [_relay(relay) for relay in report.relays]
    found += [Case("not measured", n.what, State.SKIPPED, n.reason) for n in report.not_measured]
    return found


def _verdict(report: Report) -> Case:
    """Fails where direct connections will not come about, is skipped where nobody knows."""
    verdict = report.verdict
    state = {Direct.LIKELY: State.PASSED, Direct.UNKNOWN: State.SKIPPED}.get(verdict.direct, State.FAILED)
    return Case("verdict", "direct connections", state, verdict.sentence, verdict.explanation)


def _finding(finding: Finding, failing: tuple[Severity, ...]) -> Case:
    """What does not fail passes, and is told."""
    state = State.FAILED if finding.severity in failing else State.PASSED
    return Case(
        "finding",
        finding.id,
        state,
        finding.title,
        "\n".join(_told(finding)),
        f"{finding.severity}, {finding.certainty}",
    )


def _told(finding: Finding) -> Iterator[str]:
    if finding.detail:
        yield finding.detail
    for fix in finding.fixes:
        yield f"To do: {fix.do} ({conditions(fix)})"
    if finding.evidence:
        yield f"Seen in {', '.join(finding.evidence)}"


def _probe(probe: ProbeOutcome) -> Case:
    state = {"ran": State.PASSED, "failed": State.ERROR}.get(probe.state, State.SKIPPED)
    message = probe.reason or ("" if state is State.PASSED else probe.state)
    return Case("probe", probe.name, state, message, seconds=probe.elapsed_ms / 1000)


def _relay(relay: RelayReport) -> Case:
    time = reached(relay)
    if relay.error is not None:
        return Case("relay", label(relay), State.FAILED, relay.error.message, relay.error.code)
    if not relay.measured or time is None:
        return Case("relay", label(relay), State.SKIPPED, "not asked" if relay.measured else "the map forbids it")
    return Case("relay", label(relay), State.PASSED, seconds=time / 1000)
