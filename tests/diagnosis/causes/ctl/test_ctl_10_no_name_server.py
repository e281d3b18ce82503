"""NS-CTL-10: a name server that is of no use; one behind it makes it a warning."""

from __future__ import annotations

import msgspec

from natscope.model.finding import Certainty, Severity
from natscope.model.observation import Outcome
from natscope.model.report import RelayLatency, Report
from natscope.model.report_dns import NameServerReport, NameServerState
from tests.diagnosis.judging import found, scene

ID = "NS-CTL-10"


def with_servers(*servers: NameServerReport) -> Report:
    report = scene("name-server-silent")
    assert report.dns is not None
    best = NameServerState.ANSWERS if any(s.state == "answers" for s in servers) else servers[0].state
    return msgspec.structs.replace(report, dns=msgspec.structs.replace(report.dns, state=best, servers=servers))


def test_silence_beside_other_answers_is_likely() -> None:
    finding = found(scene("name-server-silent"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.FAIL)
    assert finding.title == "The name server 192.168.1.1 does not answer."
    assert finding.detail == "No answer to 12 packets."


def test_silence_of_everything_is_possible() -> None:
    report = with_servers(NameServerReport(address="192.0.2.1:53", state=NameServerState.SILENT))
    alone = msgspec.structs.replace(report, relays=(), observations=())
    assert found(alone)[ID].certainty is Certainty.POSSIBLE


def test_its_own_words_are_certain() -> None:
    refuses = NameServerReport(address="192.0.2.1:53", state=NameServerState.REFUSES, reason="it answers REFUSED")
    finding = found(with_servers(refuses))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.title == "The name server 192.0.2.1 refuses to serve this computer."


def test_a_spare_server_makes_it_a_warning() -> None:
    spare = NameServerReport(address="192.0.2.2:53", state=NameServerState.ANSWERS)
    dead = NameServerReport(address="192.0.2.1:53", state=NameServerState.SILENT, reason="no answer to 9 packets")
    finding = found(with_servers(dead, spare))[ID]
    assert finding.severity is Severity.WARN
    assert finding.detail.endswith("The next one answers, after a wait.")


def test_one_that_cannot_be_reached_costs_no_wait() -> None:
    spare = NameServerReport(address="192.0.2.2:53", state=NameServerState.ANSWERS)
    away = NameServerReport(address="[2001:db8::1]:53", state=NameServerState.UNREACHABLE, reason="port unreachable")
    finding = found(with_servers(away, spare))[ID]
    assert finding.severity is Severity.INFO
    assert finding.title == "The name server 2001:db8::1 cannot be reached."
    assert finding.detail.endswith("Another one answers.")


def test_where_nothing_at_all_answered_the_server_is_not_blamed() -> None:
    """Relays at known addresses are silent too: the network is, not the server."""
    report = with_servers(NameServerReport(address="192.0.2.1:53", state=NameServerState.SILENT))
    asked = tuple(
        msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER) for o in report.observations if o.kind == "stun.binding"
    )
    assert asked
    silent = tuple(msgspec.structs.replace(relay, latency_ms=RelayLatency()) for relay in report.relays)
    assert ID not in found(msgspec.structs.replace(report, relays=silent, observations=asked))
    assert ID in found(msgspec.structs.replace(report, relays=silent, observations=()))
