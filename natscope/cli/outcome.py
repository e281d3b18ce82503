"""The exit code of a netcheck, from its report and `--fail-on`."""

from __future__ import annotations

from natscope.cli import exit_codes
from natscope.model.finding import Severity
from natscope.model.report import RelayReport, Report
from natscope.model.tri import Tri

_THRESHOLD = {
    "fail": (Severity.FAIL,),
    "warn": (Severity.FAIL, Severity.WARN),
    "never": (),
}


def exit_code(report: Report, fail_on: str) -> int:
    """130 for a run that was interrupted, 3 when nothing answered, 1 for findings at or above `fail_on`, else 0."""
    if report.interrupted:
        return exit_codes.INTERRUPTED
    if nothing_answered(report):
        return exit_codes.CANNOT_TEST
    if any(finding.severity in _THRESHOLD[fail_on] for finding in report.findings):
        return exit_codes.FINDINGS
    return exit_codes.GOOD


def nothing_answered(report: Report) -> bool:
    """Whether relays were asked and neither they nor anything else said a word."""
    asked = [relay for relay in report.relays if relay.measured and (relay.error is not None or relay.loss is not None)]
    if not asked or report.udp is Tri.YES or report.captive_portal is not Tri.UNKNOWN:
        return False
    return not any(_answered(relay) for relay in asked)


def _answered(relay: RelayReport) -> bool:
    latency = relay.latency_ms
    return any(value is not None for value in (latency.stun_v4, latency.stun_v6, latency.https, latency.icmp))
