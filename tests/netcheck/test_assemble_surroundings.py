"""The surroundings of a report: each part from its observation, and unknown with its reason where nobody looked."""

from __future__ import annotations

import pytest

from natscope.model.observation import Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_surroundings import surroundings_report
from tests.reports.builder import Builder
from tests.reports.surrounding_scenes import TS_INPUT, computer, firewall, two_networks


def test_nothing_looked_at_is_unknown_with_reasons() -> None:
    told = surroundings_report((), None)
    assert (told.hijacked, told.several_uplinks) == (Tri.UNKNOWN, Tri.UNKNOWN)
    assert told.hijacked_reason
    assert (told.firewall.readable, told.firewall.unasked, told.firewall.reason) == (
        Tri.UNKNOWN, "unknown", "not looked at",
    )  # fmt: skip
    assert set(told.shared_space.reasons) == {"used", "dropped", "eaten"}
    assert told.computer.container is None


def test_several_uplinks_by_the_default_routes() -> None:
    assert surroundings_report((), two_networks()).several_uplinks is Tri.YES
    assert surroundings_report((), two_networks("eth0", "eth0")).several_uplinks is Tri.NO


def test_the_verdict_that_costs_most_counts() -> None:
    builder = Builder()
    judged = [
        {"what": "unasked", "family": 4, "verdict": "accept"},
        {"what": "unasked", "family": 6, "verdict": "drop", "place": "p", "rule": "r", "packets": 3},
        {"what": "answer", "family": 4, "verdict": "unknown", "place": "p", "rule": "maybe", "packets": None},
        {"what": "answer", "family": 6, "verdict": "accept"},
    ]
    firewall(builder, judged=judged)
    told = surroundings_report(builder.observations, None).firewall
    assert (told.unasked, told.answers) == ("drop", "unknown")
    assert told.unasked_rule is not None
    assert (told.unasked_rule.rule, told.unasked_rule.packets) == ("r", 3)


def test_rules_that_may_not_be_read() -> None:
    builder = Builder()
    data = {"reason": "only root may", "hint": "run it as root"}
    builder.observe("host.firewall", Outcome.LOCAL_ERROR, error="unread", data=data)
    shared = {"uses": [{"text": "gateway 100.64.0.1"}], "overlay": [], "unread": {}}
    builder.observe("host.shared", Outcome.ANSWERED, data=shared)
    told = surroundings_report(builder.observations, None)
    assert (told.firewall.readable, told.firewall.hint) == (Tri.NO, "run it as root")
    assert (told.shared_space.used, told.shared_space.dropped) == (Tri.YES, Tri.UNKNOWN)
    assert told.shared_space.reasons["dropped"] == "only root may"


def test_what_is_eaten_needs_a_counter_and_a_missing_answer() -> None:
    def eaten(answers: dict[str, str], after: int) -> Tri:
        builder = Builder()
        firewall(builder, shared=[TS_INPUT])
        builder.observe("host.shared", Outcome.ANSWERED, data={"uses": [{"text": "x"}], "overlay": [], "unread": {}})
        rule = TS_INPUT | {"after": after}
        grown = [rule] if after > 12 else []
        data = {"answers": answers, "rules": [rule], "grown": grown}
        builder.observe("host.eaten", Outcome.ANSWERED, data=data)
        told = surroundings_report(builder.observations, None).shared_space
        assert told.rules[0].dropped == after - 12
        return told.eaten

    assert eaten({"100.64.0.1": "timeout"}, 13) is Tri.YES
    assert eaten({"100.64.0.1": "timeout"}, 12) is Tri.UNKNOWN
    assert eaten({"100.64.0.1": "answered"}, 13) is Tri.NO


@pytest.mark.parametrize(
    ("parts", "dropped"),
    [(None, Tri.YES), (["100.100.0.0/16"], Tri.YES), (["100.64.0.0/24"], Tri.YES), (["100.65.0.0/16"], Tri.NO)],
)
def test_a_rule_for_a_part_of_the_range_counts_where_something_in_use_lies_there(
    parts: list[str] | None, dropped: Tri
) -> None:
    builder = Builder()
    firewall(builder, shared=[TS_INPUT | ({} if parts is None else {"parts": parts})])
    uses = [
        {"what": "name server", "ip": "100.100.2.136", "text": "name server 100.100.2.136"},
        {"what": "route", "ip": "100.64.0.0/16", "text": "route to 100.64.0.0/16 by eth0"},
    ]
    builder.observe("host.shared", Outcome.ANSWERED, data={"uses": uses, "overlay": [], "unread": {}})
    told = surroundings_report(builder.observations, None).shared_space
    assert (told.dropped, len(told.rules)) == (dropped, 1 if dropped is Tri.YES else 0)


def test_unread_routes_are_no_proof_of_absence() -> None:
    builder = Builder()
    data = {"uses": [], "overlay": [], "unread": {"routes": "the system refuses to tell"}}
    builder.observe("host.shared", Outcome.ANSWERED, data=data)
    told = surroundings_report(builder.observations, None).shared_space
    assert (told.used, told.reasons["used"]) == (Tri.UNKNOWN, "the system refuses to tell")


def test_the_computer_as_it_says() -> None:
    builder = Builder()
    computer(builder, container=None, clock_synchronised=None, metered={"wwan0": True}, unread={"container": "why"})
    told = surroundings_report(builder.observations, None).computer
    assert (told.container, told.clock_synchronised, told.metered) == (None, Tri.UNKNOWN, Tri.YES)
    assert told.reasons == {"container": "why"}


@pytest.mark.parametrize(
    ("told", "unread", "expected"),
    [
        ({"eth0": False, "wlan0": True}, {"metered": "why"}, Tri.YES),
        ({"eth0": False, "wlan0": False}, {}, Tri.NO),
        ({"eth0": False}, {"metered": "nobody tells it of wlan0"}, Tri.UNKNOWN),
        ({}, {"metered": "it only guesses"}, Tri.UNKNOWN),
        ({}, {}, Tri.UNKNOWN),
    ],
)
def test_metered_is_no_only_where_all_default_routes_are_known(
    told: dict[str, bool], unread: dict[str, str], expected: Tri
) -> None:
    builder = Builder()
    computer(builder, metered=told, unread=unread)
    found = surroundings_report(builder.observations, None).computer
    assert (found.metered, found.reasons) == (expected, unread)
