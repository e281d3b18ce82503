"""The exit code of a netcheck, from its report and `--fail-on`."""

from __future__ import annotations

from natscope.cli import exit_codes
from natscope.model.finding import Severity
from natscope.model.report import RelayReport, Report
from natscope.model.tri import Tri

RELAY_PROBES = ("relay_stun", "relay_https", "relay_icmp")

_THRESHOLD: dict[str, tuple[Severity, ...]] = {
    "fail": (Severity.FAIL,),
    "warn": (Severity.FAIL, Severity.WARN),
    "never": (),
}


def exit_code(report: Report, fail_on: str) -> int:
    """130 after an interrupt, 3 when nothing could be tested, 1 for findings at or above `fail_on`, else 0."""
    if report.interrupted:
        return exit_codes.INTERRUPTED
    if nothing_answered(report) or no_socket(report):
        return exit_codes.CANNOT_TEST
    if any(finding.severity in _THRESHOLD[fail_on] for finding in report.findings):
        return exit_codes.FINDINGS
    return exit_codes.GOOD


def nothing_answered(report: Report) -> bool:
    """Whether relays were asked and neither they nor anything else said a word."""
    asked = any(_ran(report, name) for name in RELAY_PROBES)
    relays = [relay for relay in report.relays if relay.measured]
    if not asked or not relays or report.udp is Tri.YES or report.captive_portal is not Tri.UNKNOWN:
        return False
    return not any(_answered(relay) for relay in relays)


def no_socket(report: Report) -> bool:
    """Whether UDP was to be tested, but no request could leave (no socket for the address or interface asked for)."""
    stun = next((probe for probe in report.probes if probe.name == RELAY_PROBES[0]), None)
    sent = any(relay.loss is not None for relay in report.relays)
    measurable = any(relay.measured for relay in report.relays)
    return stun is not None and stun.state == "ran" and measurable and not sent and report.udp is Tri.UNKNOWN


def _ran(report: Report, name: str) -> bool:
    return any(probe.name == name and probe.state != "skipped" for probe in report.probes)


def _answered(relay: RelayReport) -> bool:
    latency = relay.latency_ms
    return any(value is not None for value in (latency.stun_v4, latency.stun_v6, latency.https, latency.icmp))
