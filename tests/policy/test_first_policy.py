"""The text of a first policy: quoted names, limits with room, and nothing that is not known."""

from __future__ import annotations

import tomllib

from natscope.policy.first_policy import first_policy
from natscope.policy.lookup import PeerFacts
from tests.reports.scenes import load


def test_names_are_quoted_where_toml_wants_it() -> None:
    text = first_policy(load("hostile-names"), {'a"b\n': PeerFacts("direct")}, "natscope")
    tree = tomllib.loads(text)
    assert tree["expect"]["peers"] == {'a"b\n': {"path": "direct"}}


def test_a_relay_may_become_slower_before_it_fails() -> None:
    tree = tomllib.loads(first_policy(load("healthy"), {}, "natscope"))
    assert tree["expect"]["relays"]["fra"]["latency_ms"] == "< 45"
    assert tree["expect"]["udp"] == "yes"


def test_what_is_not_known_is_not_expected() -> None:
    tree = tomllib.loads(first_policy(load("no-network"), {"x": PeerFacts()}, "natscope"))
    assert "relays" not in tree["expect"]
    assert "peers" not in tree["expect"]


def test_a_network_that_becomes_better_does_not_fail() -> None:
    text = first_policy(load("udp-blocked"), {"a": PeerFacts("relayed"), "b": PeerFacts("no-answer")}, "natscope")
    tree = tomllib.loads(text)
    assert "udp" not in tree["expect"]
    assert '# udp = "yes"  # now no' in text
    assert tree["expect"]["peers"] == {"a": {"path": ["direct", "peer-relay", "relayed"]}}
    varies = tomllib.loads(first_policy(load("mapping-varies"), {}, "natscope"))["expect"]
    assert varies["verdict"]["direct"] == ["likely", "unlikely"]
