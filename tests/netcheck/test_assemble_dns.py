"""Questions to name servers to conclusions: each needs its control, loss is none."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Observation, Outcome
from natscope.model.report_dns import DnsReport, NameServerState
from natscope.model.tri import Tri
from natscope.netcheck.assemble_dns import dns_report
from tests.netcheck.lab import loaded, region

FIRST, SECOND = "192.168.1.1:53", "192.168.1.2:53"
NAME = "r1a.relay.test"
MAP = loaded(region(1)).relay_map


def asked(purpose: str, addresses: list[str] | None = None, **fields: Any) -> Observation:
    """A question; without addresses the answer is NXDOMAIN for missing names, else an empty one."""
    outcome = fields.pop("outcome", Outcome.ANSWERED)
    data: dict[str, Any] = {"name": NAME, "type": "A", "purpose": purpose, "tries": 1}
    data |= {key: fields.pop(key) for key in ("name", "type", "code") if key in fields}
    if outcome is Outcome.ANSWERED:
        code = "NOERROR" if addresses or purpose in ("relay", "root") else "NXDOMAIN"
        data |= {"code": data.get("code", code), "addresses": addresses or []}
    values: dict[str, Any] = {"id": f"o{id(data)}", "target": FIRST, "rtt_ms": 4.0} | fields
    return Observation(kind="dns.query", probe="dns", outcome=outcome, data=data, **values)


def report(*queries: Observation, **config: Any) -> DnsReport:
    data = {"servers": [FIRST], "behind": [], "asked": [FIRST], "search": [], "ndots": 1, "source": "x"} | config
    first = Observation(id="o0", kind="dns.config", probe="dns", outcome=Outcome.ANSWERED, data=data)
    made = dns_report((first, *queries), (), MAP)
    assert made is not None
    return made


def test_without_a_look_there_is_no_part() -> None:
    assert dns_report((), (), MAP) is None


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"outcome": Outcome.REFUSED, "error": "SERVFAIL"}, NameServerState.FAILS),
        ({"outcome": Outcome.REFUSED, "error": "REFUSED"}, NameServerState.REFUSES),
        ({"outcome": Outcome.REFUSED, "error": "FORMERR"}, NameServerState.FAILS),
        ({"outcome": Outcome.ICMP_ERROR, "error": "refused"}, NameServerState.UNREACHABLE),
        ({"outcome": Outcome.LOCAL_ERROR, "error": "network-unreachable"}, NameServerState.UNREACHABLE),
        ({"outcome": Outcome.NO_ANSWER}, NameServerState.SILENT),
        ({"outcome": Outcome.CANCELLED}, NameServerState.UNKNOWN),
        ({}, NameServerState.ANSWERS),
    ],
)
def test_states_are_told_apart(fields: dict[str, Any], state: NameServerState) -> None:
    made = report(asked("relay", **fields))
    assert (made.state, made.servers[0].state) == (state, state)


def test_one_answer_is_enough_and_one_cut_question_leaves_silence_open() -> None:
    lost = asked("relay", outcome=Outcome.NO_ANSWER)
    assert report(lost, asked("missing")).state is NameServerState.ANSWERS
    assert report(lost, asked("missing", outcome=Outcome.CANCELLED)).state is NameServerState.UNKNOWN


def test_a_second_server_saves_the_first() -> None:
    made = report(asked("relay", outcome=Outcome.NO_ANSWER), asked("relay", target=SECOND), asked=[FIRST, SECOND])
    assert [s.state for s in made.servers] == [NameServerState.SILENT, NameServerState.ANSWERS]
    assert made.state is NameServerState.ANSWERS


def test_a_server_behind_a_stub_is_marked() -> None:
    made = report(asked("relay"), behind=[SECOND], asked=[FIRST, SECOND])
    assert [s.behind_stub for s in made.servers] == [False, True]


def test_a_name_that_cannot_exist() -> None:
    assert report(asked("missing")).invented is Tri.NO
    made = report(asked("missing", ["203.0.113.9"]))
    assert (made.invented, made.invented_addresses) == (Tri.YES, ("203.0.113.9",))
    assert report(asked("missing", code="NOERROR")).invented is Tri.UNKNOWN
    assert report(asked("missing", outcome=Outcome.NO_ANSWER)).invented is Tri.UNKNOWN


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("198.51.100.8", Tri.NO),
        ("198.18.0.5", Tri.YES),
        ("10.0.0.1", Tri.UNKNOWN),
        ("100.64.0.7", Tri.UNKNOWN),
        ("127.0.0.1", Tri.YES),
        ("0.0.0.0", Tri.YES),
        ("203.0.113.77", Tri.UNKNOWN),
    ],
)
def test_addresses_that_a_relay_cannot_have(address: str, expected: Tri) -> None:
    """The map has it at 198.51.100.8; another public address may be a further one."""
    assert report(asked("relay", [address])).forged is expected


def test_an_inside_relay_is_no_lie_where_the_map_has_no_address() -> None:
    assert report(asked("relay", ["10.0.0.1"], name="inside.corp.test")).forged is Tri.UNKNOWN


def test_the_address_that_every_name_gets_is_a_lie() -> None:
    made = report(asked("relay", ["203.0.113.9"], name="other.test"), asked("missing", ["203.0.113.9"]))
    assert (made.forged, made.forged_addresses) == (Tri.YES, ("203.0.113.9",))


def test_servers_that_disagree() -> None:
    right, other = asked("relay", ["198.51.100.8"]), asked("relay", ["203.0.113.77"], target=SECOND)
    assert report(right, other, asked=[FIRST, SECOND]).differ is Tri.YES
    assert report(right).differ is Tri.NO
    alone = asked("relay", ["203.0.113.77"], name="x.test")
    assert report(alone).differ is Tri.UNKNOWN


def control(kind: str, addresses: list[str], **fields: Any) -> Observation:
    return asked("root", addresses, name="a.root-servers.net", type=kind, **fields)


def test_withheld_ipv6_needs_the_control() -> None:
    four = control("A", ["198.41.0.4"])
    assert report(four, control("AAAA", ["2001:503:ba3e::2:30"])).ipv6_withheld is Tri.NO
    assert report(four, control("AAAA", [])).ipv6_withheld is Tri.YES
    assert report(control("A", []), control("AAAA", [])).ipv6_withheld is Tri.UNKNOWN
    refused = control("AAAA", [], outcome=Outcome.REFUSED, error="SERVFAIL")
    assert report(four, refused).ipv6_withheld is Tri.YES


def test_one_lost_question_for_ipv6_withholds_nothing() -> None:
    four, lost = control("A", ["198.41.0.4"]), control("AAAA", [], outcome=Outcome.NO_ANSWER)
    assert report(four, lost).ipv6_withheld is Tri.UNKNOWN
    relay = asked("relay", type="AAAA", outcome=Outcome.NO_ANSWER)
    assert report(four, lost, relay).ipv6_withheld is Tri.YES
    answered = asked("relay", ["2001:db8:ffff::8"], type="AAAA")
    assert report(four, lost, answered).ipv6_withheld is Tri.UNKNOWN


def test_search_domains() -> None:
    random = "natscope-1.corp.test"
    assert report().search_trap is Tri.NO
    assert report(asked("search", name=random), search=["corp.test"]).search_trap is Tri.NO
    caught = asked("search", ["192.0.2.66"], name=random)
    made = report(caught, asked("missing"), search=["corp.test"])
    assert (made.search_trap, made.search_traps) == (Tri.YES, ("corp.test",))
    everywhere = report(caught, asked("missing", ["192.0.2.66"]), search=["corp.test"])
    assert everywhere.search_trap is Tri.UNKNOWN


def test_the_meshs_own_server() -> None:
    assert report().magic_dns is Tri.UNKNOWN
    magic: dict[str, Any] = {"target": "100.100.100.100:53"}
    assert report(asked("magic", ["100.100.100.100"], **magic), overlay=True).magic_dns is Tri.YES
    gone = asked("magic", outcome=Outcome.ICMP_ERROR, **magic)
    assert report(gone, overlay=True).magic_dns is Tri.NO
    silent = report(asked("magic", outcome=Outcome.NO_ANSWER, **magic), overlay=True)
    assert silent.magic_dns is Tri.UNKNOWN
    assert "switched off" in silent.reasons["magic_dns"]


def looked_up(outcome: Outcome, **fields: Any) -> Observation:
    return Observation(
        id="l", kind="dns.lookup", probe="x", outcome=outcome, target="R1a.relay.test.", family=4, **fields
    )


def test_the_systems_own_resolver() -> None:
    direct = asked("relay", ["198.51.100.8"])
    assert report(direct).system is Tri.UNKNOWN
    same = looked_up(Outcome.ANSWERED, data={"addresses": ["198.51.100.8"]})
    assert report(direct, same).system is Tri.YES
    failed = looked_up(Outcome.REFUSED, error="name-not-found")
    assert report(direct, failed).system is Tri.NO
    assert report(asked("relay"), failed).system is Tri.UNKNOWN


def test_a_hosts_file_that_says_something_else() -> None:
    other = looked_up(Outcome.ANSWERED, data={"addresses": ["203.0.113.9"]})
    made = report(asked("relay", ["198.51.100.8"]), other)
    assert made.differ is Tri.YES
    assert "l" in made.evidence["differ"]
