"""The look for servers: what relays offer, once, in the order of their use; and the socket is closed."""

from __future__ import annotations

import pytest

from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope_probes._nat_servers import MAX_SERVERS, valid_other
from natscope_probes.nat_servers import PROBE
from tests.probes.nat_scenarios import measured, scenario

WANTED = ("interfaces", "relay_stun", "nat_servers")
HOME = Endpoint.parse("192.0.2.1:3478")


def test_helpers_name_their_places() -> None:
    seen = measured(scenario("port-restricted"), *WANTED)
    offers = {o.target: o.data for o in seen.of("nat.server")}
    assert len(offers) == 3
    assert offers["192.0.2.101:3478"]["offers"] == ["helper: other port", "helper: other address"]
    assert offers["192.0.2.101:3478"]["other"].startswith("192.0.2.102:")
    assert seen.sockets == 0


def test_plain_relays_answer_and_offer_nothing() -> None:
    seen = measured(scenario("port-restricted", helpers=False), *WANTED)
    assert [o.outcome for o in seen.of("nat.server")] == [Outcome.ANSWERED] * 3
    assert all("offers" not in o.data for o in seen.of("nat.server"))


def test_it_asks_from_a_socket_of_its_own() -> None:
    seen = measured(scenario("port-restricted"), *WANTED)
    assert not {o.socket for o in seen.of("nat.server")} & {o.socket for o in seen.of("stun.binding")}


def test_where_nobody_answered_nothing_is_sent() -> None:
    seen = measured(scenario("udp-blocked"), *WANTED)
    assert seen.of("nat.server") == []
    assert seen.sockets == 0


def test_it_keeps_its_budget_also_with_loss() -> None:
    seen = measured(scenario("loss-5"), *WANTED, seed=4)
    spent = next(p for p in seen.report.probes if p.name == PROBE.name)
    assert spent.packets_sent <= PROBE.budget.packets
    assert PROBE.budget.bytes >= MAX_SERVERS * 92


@pytest.mark.parametrize(
    ("other", "usable"),
    [
        ("192.0.2.2:3479", True),
        ("192.0.2.1:3479", False),
        ("192.0.2.2:3478", False),
        ("10.0.0.2:3479", False),
        ("[2001:db8::2]:3479", False),
    ],
)
def test_an_other_address_must_be_another_one_that_can_be_reached(other: str, usable: bool) -> None:
    assert (valid_other(HOME, Endpoint.parse(other)) is not None) is usable
