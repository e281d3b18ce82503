"""NS-UDP-01: silence with a control is certain, without one it is only possible; any answer ends it."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene, with_observations

ID = "NS-UDP-01"


def test_certain_with_a_control_and_told_in_numbers() -> None:
    finding = found(scene("udp-blocked"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == (
        "36 UDP packets to 9 hosts, port 3478, got no answer. 9 of 9 relays answered over HTTPS at the same time."
    )


def test_a_ping_decides_nothing_because_the_relays_may_be_down() -> None:
    def as_ping(o: Observation) -> Observation:
        if o.kind != "https.latency":
            return o
        return msgspec.structs.replace(o, kind="icmp.echo", target=o.target.rpartition(":")[0])

    finding = found(with_observations(scene("udp-blocked"), as_ping))[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert "the relays may be what is down" in finding.detail


@pytest.mark.parametrize(("up", "certainty"), [(2, Certainty.CERTAIN), (1, Certainty.POSSIBLE)])
def test_one_relay_that_is_up_may_have_a_closed_port(up: int, certainty: Certainty) -> None:
    def keep(o: Observation) -> Observation | None:
        return None if o.kind == "https.latency" and (o.region_id or 0) > up else o

    assert found(with_observations(scene("udp-blocked"), keep))[ID].certainty is certainty


def test_only_possible_without_a_control() -> None:
    report = with_observations(scene("udp-blocked"), lambda o: None if o.kind == "https.latency" else o)
    finding = found(report)[ID]
    assert finding.certainty is Certainty.POSSIBLE
    assert finding.title == "Nothing comes back over UDP: this network may drop it."
    assert finding.detail.endswith("got no answer.")


def test_one_answer_contradicts() -> None:
    def answer_first(o: Observation) -> Observation:
        return msgspec.structs.replace(o, outcome=Outcome.ANSWERED) if o.id == "o1" else o

    assert claim(with_observations(scene("udp-blocked"), answer_first), ID) is None


def test_unknown_udp_is_no_claim() -> None:
    assert claim(scene("udp-blocked", udp=Tri.UNKNOWN), ID) is None


def test_a_router_that_refuses_is_named_and_drops_nothing() -> None:
    finding = found(scene("udp-refused"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.title == "A router refuses UDP: 10.20.0.1 says administratively prohibited."
    assert finding.detail == (
        "16 UDP packets to 4 hosts, port 3478, got no answer, but 4 refusals from the router 10.20.0.1 "
        "(administratively prohibited). 4 of 4 relays answered over HTTPS at the same time."
    )


def test_one_hosts_router_among_silent_ones_is_not_the_way() -> None:
    """A refusal near a single relay says nothing about what silences the others."""

    def first_only(o: Observation) -> Observation:
        if o.outcome is not Outcome.ICMP_ERROR or o.region_id == 1:
            return o
        return msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER, error="", data={})

    finding = found(with_observations(scene("udp-refused"), first_only))[ID]
    assert finding.title == "This network drops UDP: nothing comes back over it."
    assert "refusal" not in finding.detail


def test_relays_that_answered_through_the_proxy_alone_are_told_so() -> None:
    detail = found(scene("proxy-only"))[ID].detail
    assert detail.endswith("2 of 3 relays answered over HTTPS through the proxy at the same time.")
