"""NS-ENV-03: every send refused beside TCP that gets out is certain; one packet that left contradicts."""

from __future__ import annotations

import msgspec

from natscope.cli import exit_codes
from natscope.cli.outcome import exit_code
from natscope.diagnosis.engine import diagnose
from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-ENV-03"


def test_certain_with_a_control_and_told_in_numbers() -> None:
    finding = found(scene("own-rules"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert finding.detail == "The system refused 16 UDP packets to 4 hosts. TCP gets out."


def test_it_is_a_finding_for_scripts() -> None:
    report = diagnose(scene("own-rules"))
    assert exit_code(report, "fail") == exit_codes.FINDINGS
    assert report.verdict.reasons == (ID,)


def test_an_icmp_refusal_with_our_own_address_is_our_own() -> None:
    def by_ourselves(o: Observation) -> Observation:
        if o.kind != "stun.binding":
            return o
        data = {"reporter": o.socket.rpartition(":")[0], "icmp": "port unreachable"}
        return msgspec.structs.replace(o, outcome=Outcome.ICMP_ERROR, error="refused", data=data)

    findings = found(with_observations(scene("udp-blocked"), by_ourselves))
    assert findings[ID].certainty is Certainty.CERTAIN
    assert "NS-UDP-01" not in findings


def test_without_a_control_a_full_table_would_look_the_same() -> None:
    report = with_observations(scene("own-rules", udp=Tri.UNKNOWN), lambda o: None if "https" in o.kind else o)
    assert found(report)[ID].certainty is Certainty.POSSIBLE


def test_a_kill_switch_that_refuses_tcp_too_is_likely() -> None:
    def refuse(o: Observation) -> Observation:
        if o.kind != "https.latency":
            return o
        return msgspec.structs.replace(o, outcome=Outcome.LOCAL_ERROR, error="permission")

    finding = found(with_observations(scene("own-rules", udp=Tri.UNKNOWN), refuse))[ID]
    assert finding.certainty is Certainty.LIKELY
    assert finding.detail.endswith("It refused TCP as well.")


def test_one_packet_that_left_contradicts() -> None:
    def let_first_out(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER, error="") if o.id == "o1" else o

    assert claim(with_observations(scene("own-rules"), let_first_out), ID) is None
    assert claim(scene("own-rules", udp=Tri.YES), ID) is None


def test_nothing_asked_is_no_claim() -> None:
    report = with_observations(scene("own-rules"), lambda o: None if o.kind == "stun.binding" else o)
    assert claim(report, ID) is None
