"""The exit code of a netcheck from its report, and the numbers themselves."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from natscope.cli import exit_codes
from natscope.cli.outcome import exit_code
from natscope.model.finding import Certainty, Finding, Severity
from natscope.model.observation import ProbeOutcome
from natscope.model.report import RelayError, RelayLatency, RelayReport, Report
from natscope.model.tri import Tri

NOTHING = RelayLatency()
REPORTS = Path(__file__).parents[2] / "fixtures" / "reports"
SAMPLE = msgspec.json.decode(sorted(REPORTS.rglob("*.json"))[0].read_bytes(), type=Report)


def finding(severity: Severity) -> Finding:
    return Finding(id="NS-REL-01", severity=severity, title="x", certainty=Certainty.CERTAIN, evidence=())


def relay(*, latency: RelayLatency = NOTHING, loss: float | None = 1.0, measured: bool = True) -> RelayReport:
    return RelayReport(
        region_id=1, region_code="a", region_name="A", latency_ms=latency, best_ms=latency, samples=0, loss=loss,
        jitter_ms=None, node=None, error=RelayError(code="no-answer", message="silent"), measured=measured,
    )  # fmt: skip


def report(**changes: object) -> Report:
    """A run that asked one relay and heard nothing, with changes."""
    probes = tuple(
        ProbeOutcome(name=name, title=name, state="ran") for name in ("relay_stun", "relay_https", "relay_icmp")
    )
    given: dict[str, object] = {
        "relays": (relay(),), "findings": (), "udp": Tri.UNKNOWN, "captive_portal": Tri.UNKNOWN, "interrupted": False,
        "probes": probes,
    }  # fmt: skip
    return msgspec.structs.replace(SAMPLE, **(given | changes))


def test_the_numbers_are_a_contract() -> None:
    assert exit_codes.MEANING.keys() == {0, 1, 2, 3, 4, 10, 11, 20, 124, 130, 141}
    assert (exit_codes.GOOD, exit_codes.FINDINGS, exit_codes.USAGE, exit_codes.CANNOT_TEST) == (0, 1, 2, 3)
    assert (exit_codes.INTERNAL, exit_codes.RELAYED, exit_codes.DEGRADED, exit_codes.UNREACHABLE) == (4, 10, 11, 20)
    assert (exit_codes.DEADLINE, exit_codes.INTERRUPTED) == (124, 130)


HEARD = (relay(latency=RelayLatency(stun_v4=9.0), loss=0.0),)


@pytest.mark.parametrize(
    ("severity", "threshold", "code"),
    [
        (Severity.FAIL, "fail", 1),
        (Severity.FAIL, "warn", 1),
        (Severity.FAIL, "never", 0),
        (Severity.WARN, "fail", 0),
        (Severity.WARN, "warn", 1),
        (Severity.INFO, "warn", 0),
    ],
)
def test_findings_and_threshold(severity: Severity, threshold: str, code: int) -> None:
    assert exit_code(report(relays=HEARD, udp=Tri.YES, findings=(finding(severity),)), threshold) == code


def test_silence_from_everyone_is_could_not_test_whatever_was_found() -> None:
    assert exit_code(report(findings=(finding(Severity.FAIL),)), "fail") == 3
    assert exit_code(report(findings=(finding(Severity.FAIL),)), "never") == 3


@pytest.mark.parametrize("kind", ["stun_v4", "stun_v6", "https", "icmp"])
def test_one_answer_of_any_kind_is_a_test(kind: str) -> None:
    answered = relay(latency=msgspec.convert({kind: 5.0}, RelayLatency))
    assert exit_code(report(relays=(relay(), answered), udp=Tri.NO, findings=(finding(Severity.FAIL),)), "fail") == 1


def test_a_portal_that_answered_is_a_test() -> None:
    assert exit_code(report(captive_portal=Tri.YES, findings=(finding(Severity.FAIL),)), "fail") == 1


def test_requests_that_could_not_leave_are_could_not_test() -> None:
    unsent = (relay(latency=RelayLatency(icmp=1.0), loss=None),)
    assert exit_code(report(relays=unsent), "fail") == 3
    assert exit_code(report(relays=unsent, udp=Tri.NO, findings=(finding(Severity.FAIL),)), "fail") == 1


def test_a_run_that_was_to_ask_nobody_is_good() -> None:
    skipped = tuple(ProbeOutcome(name=name, title=name, state="skipped") for name in ("relay_stun", "relay_https"))
    assert exit_code(report(relays=(relay(loss=None),), probes=skipped), "fail") == 0
    assert exit_code(report(relays=(relay(measured=False, loss=None),)), "fail") == 0


def test_an_interrupt_wins() -> None:
    assert exit_code(report(interrupted=True), "fail") == 130
