"""NS-NAT-01: a port that comes back proves it; else each further port is one fact; addresses alone are another."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.why import why
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty, Severity
from natscope.model.nat import Mapping
from natscope.model.observation import Observation
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-NAT-01"


def once_each(o: Observation) -> Observation | None:
    """Only the first request of each region."""
    return None if o.kind == "stun.binding" and o.sent_ms else o


def only_ports(report: Report, count: int) -> Report:
    four = msgspec.structs.replace(report.ipv4, endpoints=report.ipv4.endpoints[:count])
    return msgspec.structs.replace(report, ipv4=four)


def test_a_port_that_comes_back_is_certain() -> None:
    finding = found(scene("mapping-varies"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert finding.detail == "Relays saw 9 ports: 12450, 17881, 23312, 28743 and 5 more."


@pytest.mark.parametrize(
    ("count", "certainty"), [(9, Certainty.LIKELY), (3, Certainty.LIKELY), (2, Certainty.POSSIBLE)]
)
def test_single_answers_may_be_one_change_during_the_run(count: int, certainty: Certainty) -> None:
    report = only_ports(with_observations(scene("mapping-varies"), once_each), count)
    assert found(report)[ID].certainty is certainty


def test_working_ipv6_softens_it_and_is_not_proposed() -> None:
    finding = found(scene("mapping-varies-with-ipv6"))[ID]
    assert finding.severity is Severity.WARN
    assert not any("IPv6" in fix.do for fix in finding.fixes)
    assert "IPv6" in found(scene("mapping-varies"))[ID].fixes[0].do


def test_differing_addresses_alone_are_another_cause() -> None:
    assert claim(scene("several-addresses"), ID) is None


@pytest.mark.parametrize("mapping", [Mapping.ENDPOINT_INDEPENDENT, Mapping.NONE])
def test_a_mapping_that_is_the_same_for_all_contradicts(mapping: Mapping) -> None:
    report = scene("mapping-varies")
    nat = msgspec.structs.replace(report.nat, v4=msgspec.structs.replace(report.nat.v4, mapping=mapping))
    assert claim(msgspec.structs.replace(report, nat=nat), ID) is None


def test_not_compared_is_no_claim() -> None:
    report = scene("mapping-varies")
    nat = msgspec.structs.replace(report.nat, v4=msgspec.structs.replace(report.nat.v4, mapping_varies=Tri.UNKNOWN))
    assert claim(msgspec.structs.replace(report, nat=nat), ID) is None


def test_each_ground_cites_what_carries_it() -> None:
    """The ground that decides: two ports of one server, one socket, two answers; the others: what relays saw."""
    report = sim_reports(load_scenario("symmetric-random"))["alice"]
    assert report.nat.v4.mapping is Mapping.ADDRESS_AND_PORT_DEPENDENT
    assert any(name for name in report.nat.v4.evidence if name not in {o.id for o in mapped(report)})
    chain = why(report, ID)
    decides, further = chain.support.grounds
    one, other = (chain.observations[name] for name in decides.evidence)
    targets = Endpoint.parse(one.target), Endpoint.parse(other.target)
    assert one.socket == other.socket
    assert (targets[0].ip, targets[0].port) != (targets[1].ip, targets[1].port)
    assert targets[0].ip == targets[1].ip
    assert one.data["mapped"] != other.data["mapped"]
    assert {chain.observations[name].kind for name in further.evidence} == {"stun.binding"}


def mapped(report: Report) -> list[Observation]:
    return [o for o in report.observations if o.kind in ("stun.binding", "nat.mapping", "nat.server")]
