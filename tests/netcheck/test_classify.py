"""What answers of plain servers say about a NAT."""

from __future__ import annotations

import random

import pytest

from natscope.model.endpoint import Endpoint
from natscope.model.nat import Mapping
from natscope.model.tri import Tri
from natscope.netcheck.classify import ONE_ENDPOINT_AFTER_THE_OTHER, Answer, classify_mapping

LOCAL = "192.168.1.20:41641"
A, B, C = "198.51.100.1:3478", "198.51.100.2:3478", "198.51.100.3:3478"
A2, B2 = "198.51.100.1:3479", "198.51.100.2:3479"
P, Q = "203.0.113.7:41641", "203.0.113.7:50000"
OTHER_IP = "203.0.113.99:41641"
INSIDE = "172.20.0.1:41641"
NEAR, NEAR_TOO, OWN = "192.168.1.2:3478", "10.8.0.2:3478", "127.0.0.1:3478"

Row = tuple[str, str] | tuple[str, str, float]
"""Asked, seen, and when in ms."""


def answers(*rows: Row, local: str = LOCAL) -> list[Answer]:
    return [
        Answer(
            observation=f"o{number}",
            target=Endpoint.parse(row[0]),
            mapped=Endpoint.parse(row[1]),
            local=Endpoint.parse(local),
            at_ms=row[2] if len(row) > 2 else float(number),
        )
        for number, row in enumerate(rows, start=1)
    ]


EI, AD, APD, NONE, UNKNOWN = (
    Mapping.ENDPOINT_INDEPENDENT,
    Mapping.ADDRESS_DEPENDENT,
    Mapping.ADDRESS_AND_PORT_DEPENDENT,
    Mapping.NONE,
    Mapping.UNKNOWN,
)
PORT = Mapping.PORT_DEPENDENT
YES, NO, DUNNO = Tri.YES, Tri.NO, Tri.UNKNOWN

CASES = [
    # name, answers, mapping, varies, several addresses, port preservation
    ("nothing", [], UNKNOWN, DUNNO, DUNNO, DUNNO),
    ("one server", [(A, P)], UNKNOWN, DUNNO, DUNNO, YES),
    ("one server, another port of ours", [(A, Q)], UNKNOWN, DUNNO, DUNNO, NO),
    ("one server thrice", [(A, P), (A, P), (A, P)], UNKNOWN, DUNNO, DUNNO, YES),
    ("two servers agree", [(A, P), (B, P)], EI, NO, NO, YES),
    ("three servers agree on another port", [(A, Q), (B, Q), (C, Q)], EI, NO, NO, NO),
    ("two ports of one server agree", [(A, P), (A2, P)], UNKNOWN, DUNNO, DUNNO, YES),
    ("two servers differ", [(A, P), (B, Q)], UNKNOWN, YES, NO, NO),
    ("differ by address alone", [(A, P), (A2, P), (B, Q)], AD, YES, NO, NO),
    ("differ by port", [(A, P), (A2, Q), (B, "203.0.113.7:7")], APD, YES, NO, NO),
    ("two ports of one server differ", [(A, P), (A2, Q)], UNKNOWN, YES, NO, NO),
    ("differ by port alone", [(A, P), (B, P), (A2, Q), (B2, Q)], PORT, YES, NO, NO),
    ("two addresses and two ports agree", [(A, P), (B, P), (A2, P), (B2, P)], EI, NO, NO, YES),
    ("addresses differ, ports of one do not", [(A, P), (A2, P), (B, OTHER_IP)], AD, YES, YES, YES),
    ("several public addresses, one port", [(A, P), (B, OTHER_IP)], UNKNOWN, YES, YES, YES),
    ("two uplinks, each with its port", [(A, P), (B, "203.0.113.99:5"), (C, P)], UNKNOWN, YES, YES, NO),
    ("several addresses and varying ports", [(A, P), (B, Q), (C, OTHER_IP)], UNKNOWN, YES, YES, NO),
    ("changed at one server", [(A, P, 0.0), (B, P, 1.0), (A, Q, 200.0), (B, Q, 201.0)], UNKNOWN, DUNNO, DUNNO, DUNNO),
    ("no translation", [(A, LOCAL), (B, LOCAL)], NONE, NO, NO, YES),
    ("no translation, one server", [(A, LOCAL)], NONE, DUNNO, DUNNO, YES),
    ("only relays on this network", [(NEAR, LOCAL), (NEAR_TOO, LOCAL)], UNKNOWN, DUNNO, DUNNO, DUNNO),
    ("only one relay, on this network", [(NEAR, LOCAL)], UNKNOWN, DUNNO, DUNNO, DUNNO),
    ("relays on this host", [(OWN, LOCAL), (NEAR, LOCAL)], UNKNOWN, DUNNO, DUNNO, DUNNO),
    ("no translation, beside a relay on this network", [(A, LOCAL), (NEAR, LOCAL)], NONE, NO, NO, YES),
    ("a relay on this network beside others", [(A, P), (B, P), (C, LOCAL)], EI, NO, NO, YES),
    ("a relay in a container bridge beside others", [(A, P), (B, P), (C, INSIDE)], EI, NO, NO, YES),
    ("only one from outside", [(A, P), (C, INSIDE)], UNKNOWN, DUNNO, DUNNO, YES),
    ("a lab of private addresses", [(A, "10.0.0.1:9"), (B, "10.0.0.1:9")], EI, NO, NO, NO),
    ("our own address, a port rewritten towards one", [(A, LOCAL), (B, "192.168.1.20:5")], UNKNOWN, YES, NO, NO),
    ("too late to compare", [(A, P, 0.0), (B, Q, 9000.0)], UNKNOWN, DUNNO, DUNNO, YES),
]


@pytest.mark.parametrize(("name", "rows", "mapping", "varies", "several", "port"), CASES, ids=[c[0] for c in CASES])
def test_cases(name: str, rows: list[Row], mapping: Mapping, varies: Tri, several: Tri, port: Tri) -> None:
    verdict = classify_mapping(answers(*rows))
    assert (verdict.mapping, verdict.varies, verdict.several_addresses, verdict.port_preservation) == (
        mapping,
        varies,
        several,
        port,
    )
    if mapping is Mapping.UNKNOWN:
        assert verdict.reason
    if port is Tri.UNKNOWN:
        assert verdict.port_reason
    if varies is Tri.UNKNOWN:
        assert verdict.varies_reason
    if several is Tri.UNKNOWN:
        assert verdict.several_reason


@pytest.mark.parametrize("rows", [c[1] for c in CASES], ids=[c[0] for c in CASES])
def test_the_order_of_answers_does_not_matter(rows: list[Row]) -> None:
    given = answers(*rows)
    shuffled = given.copy()
    random.Random(7).shuffle(shuffled)
    assert classify_mapping(shuffled) == classify_mapping(given)


def test_ipv6_without_translation() -> None:
    local = "[2001:db8::20]:41641"
    verdict = classify_mapping(answers(("[2001:db8:9::1]:3478", local), ("[2001:db8:9::2]:3478", local), local=local))
    assert verdict.mapping is Mapping.NONE


OWN_PLACES = [
    ("127.0.0.1:9", "127.0.0.1:3478", UNKNOWN),
    ("[::1]:9", "[::1]:3478", UNKNOWN),
    ("[fe80::9]:9", "[fe80::1]:3478", UNKNOWN),
    ("[fd00::9]:9", "[fd00::1]:3478", UNKNOWN),
    ("100.64.0.9:9", "10.0.0.1:3478", UNKNOWN),
    ("203.0.113.9:9", "192.168.1.2:3478", NONE),
    ("203.0.113.9:9", "203.0.113.10:3478", NONE),
    ("[2001:db8::9]:9", "[fd00::1]:3478", NONE),
]


@pytest.mark.parametrize(("local", "relay", "mapping"), OWN_PLACES)
def test_a_relay_beside_us_says_nothing_about_the_router(local: str, relay: str, mapping: Mapping) -> None:
    """An address of the internet is our own wherever it is seen; an inside one is rewritten later, or not."""
    verdict = classify_mapping(answers((relay, local), local=local))
    assert verdict.mapping is mapping
    assert verdict.reason == ("only relays inside this network answered" if mapping is UNKNOWN else "")


def test_evidence_names_each_server_and_endpoint_once() -> None:
    assert classify_mapping(answers((A, P), (A, P), (B, P))).evidence == ("o1", "o3")


SECOND_LOCAL = "192.168.1.20:50505"
SECOND_P = "203.0.113.7:50505"


def test_two_sockets_add_what_each_of_them_saw() -> None:
    """The shared socket asked two addresses, the second one two ports of one of them."""
    shared = answers((A, P), (B, Q))
    own = answers((A, "203.0.113.7:9"), (A2, "203.0.113.7:9"), local=SECOND_LOCAL)
    assert classify_mapping([*shared, *own]).mapping is AD


def test_two_sockets_have_two_ports_and_that_is_no_dependence() -> None:
    shared, own = answers((A, P), (B, P)), answers((A, SECOND_P), (B, SECOND_P), local=SECOND_LOCAL)
    verdict = classify_mapping([*shared, *own])
    assert (verdict.mapping, verdict.varies, verdict.several_addresses) == (EI, NO, NO)


def test_two_sockets_with_two_addresses_at_one_time_are_an_unpaired_pool() -> None:
    shared = answers((A, P, 0.0), (B, P, 1.0), (A, P, 400.0))
    own = answers((A, OTHER_IP, 100.0), (B, OTHER_IP, 101.0), local=SECOND_LOCAL)
    verdict = classify_mapping([*shared, *own])
    assert (verdict.mapping, verdict.several_addresses) == (EI, YES)


def test_an_address_that_follows_another_may_be_a_change() -> None:
    """Nobody looked again by the first socket: an unpaired pool, or a new address."""
    shared = answers((A, P, 0.0), (B, P, 1.0))
    own = answers((A, OTHER_IP, 100.0), (B, OTHER_IP, 101.0), local=SECOND_LOCAL)
    verdict = classify_mapping([*shared, *own])
    assert verdict.several_addresses is DUNNO
    assert verdict.several_reason


@pytest.mark.parametrize(
    ("rows", "changed"),
    [
        ([(A, P, 0.0), (A, P, 100.0)], DUNNO),
        ([(A, P, 0.0), (A, P, 200.0)], NO),
        ([(A, P, 0.0), (A, Q, 200.0)], YES),
        ([(A, P, 0.0), (A, P, 4000.0), (A, Q, 8000.0)], YES),
        ([(A, P, 0.0), (A, Q, 6000.0)], DUNNO),
    ],
)
def test_a_change_at_one_server_is_told(rows: list[Row], changed: Tri) -> None:
    assert classify_mapping(answers(*rows)).changed is changed


@pytest.mark.parametrize(
    ("rows", "several"),
    [
        ([(A, P, 0.0), (B, OTHER_IP, 600.0), (C, OTHER_IP, 601.0)], DUNNO),
        ([(A, P, 0.0), (B, OTHER_IP, 5.0)], YES),
        ([(A, P, 0.0), (B, OTHER_IP, 600.0), (A, P, 700.0)], YES),
    ],
)
def test_one_address_a_while_after_another_may_be_a_change(rows: list[Row], several: Tri) -> None:
    """Each server answered once only, so none of them saw the change; by turns, it is none."""
    verdict = classify_mapping(answers(*rows))
    assert verdict.several_addresses is several
    assert verdict.varies is several
    assert (verdict.several_reason == ONE_ENDPOINT_AFTER_THE_OTHER) is (several is DUNNO)


def test_a_late_change_is_cited() -> None:
    told = answers((A, P, 0.0), (B, P, 1.0), (A, P, 4000.0), (A, Q, 8000.0))
    verdict = classify_mapping(told)
    assert verdict.mapping is UNKNOWN
    assert verdict.evidence == (told[0].observation, told[1].observation, told[3].observation)
