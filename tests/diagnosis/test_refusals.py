"""Whose refusal an ICMP error is: the host's, a router's, or this computer's own; and what is none."""

from __future__ import annotations

import pytest

from natscope.diagnosis.refusals import (
    PORT_UNREACHABLE,
    PROHIBITED,
    is_refused_here,
    refusal,
    refusing_router,
)
from natscope.model.observation import Observation, Outcome

OWN, HOST, ROUTER = "192.0.2.7", "198.51.100.9", "192.0.2.1"


def told(reporter: str, words: str = PROHIBITED, **changes: str) -> Observation:
    """A request that an ICMP error came back for."""
    fields: dict[str, object] = {"id": "o1", "kind": "stun.binding", "probe": "stun", "outcome": Outcome.ICMP_ERROR}
    fields |= {"target": f"{HOST}:3478", "socket": f"{OWN}:41641", "error": "host-unreachable"}
    data = {"reporter": reporter, "icmp": words}
    return Observation(**(fields | changes), data=data)  # type: ignore[arg-type]


@pytest.mark.parametrize(("reporter", "router", "here"), [(ROUTER, ROUTER, False), (HOST, "", False), (OWN, "", True)])
@pytest.mark.parametrize("words", [PROHIBITED, PORT_UNREACHABLE])
def test_whose_refusal_it_is(reporter: str, router: str, here: bool, words: str) -> None:
    observation = told(reporter, words)
    assert refusal(observation) == words
    assert (refusing_router(observation), is_refused_here(observation)) == (router, here)


@pytest.mark.parametrize("reporter", [ROUTER, OWN, ""])
def test_a_host_that_is_not_there_is_no_refusal(reporter: str) -> None:
    """This computer says "host unreachable" itself when nobody answers its ARP."""
    observation = told(reporter, "host unreachable")
    assert (refusal(observation), refusing_router(observation), is_refused_here(observation)) == ("", "", False)


def test_an_error_without_words_is_read_from_its_code() -> None:
    assert refusal(told(ROUTER, "", error="refused")) == PORT_UNREACHABLE
    assert refusal(told(ROUTER, "", error="host-unreachable")) == ""


def test_loopback_refuses_as_the_host_not_as_a_rule() -> None:
    observation = told("127.0.0.1", target="127.0.0.1:3478", socket="127.0.0.1:41641")
    assert not is_refused_here(observation)


@pytest.mark.parametrize(("error", "here"), [("permission", True), ("network-unreachable", False)])
def test_a_local_error_is_a_rule_only_when_it_says_so(error: str, here: bool) -> None:
    observation = told("", "", outcome=Outcome.LOCAL_ERROR, error=error)
    assert is_refused_here(observation) is here
    assert refusing_router(observation) == ""


def test_a_socket_that_is_no_endpoint_harms_nobody() -> None:
    assert refusing_router(told(ROUTER, target="relay.example.net", socket="")) == ROUTER
