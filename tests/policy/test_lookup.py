"""Names of a policy: every key of the report, and the short ways; a mistake names what there is."""

from __future__ import annotations

import pytest

from natscope.errors import UserError
from natscope.policy.expectation import Value
from natscope.policy.first_policy import STABLE
from natscope.policy.lookup import PeerFacts, check_name, peers_wanted, value_of
from tests.reports.scenes import load

PEERS = {"db": PeerFacts("direct", 12.0, 0.0, "fra")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("udp", "yes"),
        ("home", "fra"),
        ("verdict.direct", "likely"),
        ("nat.mapping_varies", "no"),
        ("nat.v4.port_preservation", "yes"),
        ("relays.answered", 9.0),
        ("relays.FRA.error", "none"),
        ("relays.fra.loss", 0.0),
        ("findings.max_severity", "none"),
        ("findings.absent", ()),
        ("peers.db.path", "direct"),
        ("peers.db.rtt_ms", 12.0),
        ("peers.nas.path", None),
        ("relays.xyz.latency_ms", None),
        ("dns.system", None),
        ("nat.v4.mapping_lifetime_s", None),
        ("interrupted", "no"),
    ],
)
def test_values(name: str, value: Value) -> None:
    path = tuple(name.split("."))
    check_name(path)
    assert value_of(path, load("healthy"), PEERS)[0] == value


def test_an_unknown_value_comes_with_its_reason() -> None:
    value, reason = value_of(("nat", "v4", "filtering"), load("healthy"), {})
    assert value is None
    assert reason
    assert value_of(("udp",), None, {}) == (None, "no netcheck was made")
    assert value_of(("relays", "syd", "latency_ms"), load("dead-relay"), {})[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nat.maping", 'no "maping"'),
        ("relays.fra", "write relays.NAME.latency_ms"),
        ("relays.fra.speed", 'no "speed"'),
        ("peers.db.way", 'no "way"'),
        ("findings", "is a group"),
        ("findings.worst", 'no "worst"'),
        ("nat", "is a group"),
        ("nat.v4", "is a group"),
        ("udp.more", "is a value"),
        ("observations.o1", 'no "observations"'),
        ("nothing", 'no "nothing"'),
    ],
)
def test_a_name_that_no_report_has(name: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        check_name(tuple(name.split(".")))
    assert words in caught.value.message


def test_the_names_of_a_first_policy_exist() -> None:
    for name, _ in STABLE:
        check_name(tuple(name.split(".")))


def test_every_peer_is_asked_once() -> None:
    assert peers_wanted([("peers", "a", "path"), ("udp",), ("peers", "a", "rtt_ms"), ("peers", "b", "path")]) == (
        "a",
        "b",
    )
