"""Name servers asked directly: who is asked what, and what becomes of hostile answers."""

from __future__ import annotations

import ipaddress
from typing import Any, cast

import dns.message
import dns.rcode
import dns.rrset
import msgspec

from natscope.host.api import Failure, Interface, ResolverFacts, UdpError
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.netcheck.record import RunRecord
from natscope_probes.dns import chosen_servers, has_overlay, questions, relay_names
from tests.netcheck.fake_host import LINKS, Script, World, answer
from tests.netcheck.lab import at, both, loaded, measure, region

SERVER, SECOND = at("192.168.1.1", 53), at("192.168.1.2", 53)
FACTS = ResolverFacts((SERVER,), ("corp.test",), source="test")


def name_server(known: dict[str, list[str]], *, rtt_s: float = 0.01, code: int = 0) -> Script:
    """A server in memory: a name's addresses, NXDOMAIN for others, or always the same code."""

    def script(request: bytes, target: Endpoint) -> list[Any]:
        query = dns.message.from_wire(request)
        reply = dns.message.make_response(query)
        asked = query.question[0]
        kind = dns.rdatatype.to_text(asked.rdtype)
        found = known.get(asked.name.to_text(omit_final_dot=True))
        if code or found is None:
            reply.set_rcode(dns.rcode.Rcode(code or 3))
        else:
            right = [text for text in found if (":" in text) == (kind == "AAAA")]
            if right:
                reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *right))
        return [(rtt_s, reply.to_wire(), target)]

    return script


ZONE = {
    "r1a.relay.test": ["198.51.100.8", "2001:db8:ffff::8"],
    "a.root-servers.net": ["198.41.0.4", "2001:503:ba3e::2:30"],
}


def run(servers: dict[Endpoint, Script], facts: ResolverFacts = FACTS, **options: Any) -> RunRecord:
    world = World(relays=both(1, answer(0.02)) | both(2, answer(0.03)) | servers, resolver_facts=facts)
    return measure(world, loaded(region(1), region(2)), only=("relay_stun", "dns"), **options)


def queries(record: RunRecord, purpose: str = "") -> list[Observation]:
    return [o for o in record.observations if o.kind == "dns.query" and purpose in ("", o.data["purpose"])]


def test_relays_a_control_a_missing_name_and_search_domains_are_asked_for() -> None:
    record = run({SERVER: name_server(ZONE)})
    seen = {(o.data["purpose"], o.data["name"].partition(".")[2], o.data["type"]): o.outcome for o in queries(record)}
    assert (len(seen), len(queries(record))) == (6, 8)
    assert seen["relay", "relay.test", "A"] is Outcome.ANSWERED
    assert seen["missing", "example.com", "A"] is Outcome.ANSWERED
    assert seen["search", "corp.test", "A"] is Outcome.ANSWERED
    assert {o.data["tries"] for o in queries(record)} == {1}
    assert record.duration_ms < 500


def test_an_answer_tells_code_addresses_and_time() -> None:
    (first,) = [
        o for o in queries(run({SERVER: name_server(ZONE)}), "relay") if o.data["addresses"] == ["198.51.100.8"]
    ]
    assert (first.data["code"], first.target, first.rtt_ms) == ("NOERROR", "192.168.1.1:53", 10.0)
    assert first.bytes_sent > 20 < first.bytes_received


def test_silence_is_three_tries_and_does_not_outlast_the_budget() -> None:
    record = run({})
    assert {(o.outcome, o.data["tries"]) for o in queries(record)} == {(Outcome.NO_ANSWER, 3)}
    assert 1500 <= record.duration_ms < 2000


def test_a_run_that_is_stopped_says_nothing_about_silence() -> None:
    assert {o.outcome for o in queries(run({}, stop_after_s=0.3))} == {Outcome.CANCELLED}


def test_refusals_are_told_in_the_servers_words() -> None:
    record = run({SERVER: name_server({}, code=2)})
    assert {(o.outcome, o.error) for o in queries(record)} == {(Outcome.REFUSED, "SERVFAIL")}


def test_an_icmp_error_ends_the_wait() -> None:
    def closed(request: bytes, target: Endpoint) -> list[Any]:
        return [(0.01, UdpError(Failure.REFUSED, target, 0.0, target.ip, request[:28], "port unreachable"))]

    record = run({SERVER: closed})
    assert {(o.outcome, o.summary) for o in queries(record)} == {(Outcome.ICMP_ERROR, "port unreachable")}
    assert record.duration_ms < 1000


def test_strangers_and_garbage_are_counted_and_answer_nothing() -> None:
    def hostile(request: bytes, target: Endpoint) -> list[Any]:
        ((_, good, _),) = cast("list[tuple[float, bytes, Endpoint]]", name_server(ZONE)(request, target))
        wrong_id = bytes([good[0] ^ 1]) + good[1:]
        loop = request[:2] + b"\x81\x80\0\1\0\1\0\0\0\0\xc0\x0c" + request[-4:]
        return [
            (0.001, wrong_id, target),
            (0.002, good, SECOND),
            (0.003, loop, target),
            (0.004, b"\0" * 4000, target),
        ]

    record = run({SERVER: hostile})
    assert {o.outcome for o in queries(record)} == {Outcome.NO_ANSWER}
    (dropped,) = [o for o in record.observations if o.kind == "dns.dropped"]
    assert dropped.data["other source"] == 3 * len(queries(record))
    assert dropped.data["malformed"] >= 3 * len(queries(record))


def test_both_servers_are_asked_the_same_and_families_are_kept() -> None:
    six = Endpoint(ipaddress.ip_address("2001:db8::53"), 53)
    facts = ResolverFacts((SERVER, six), behind=(SECOND,), source="test")
    record = run({SERVER: name_server(ZONE)}, facts, families=(4,))
    assert {o.target for o in queries(record)} == {str(SERVER), str(SECOND)}
    assert chosen_servers(facts) == (SERVER, six, SECOND)


def test_nobody_is_asked_where_the_system_does_not_tell() -> None:
    record = run({}, ResolverFacts())
    assert queries(record) == []
    assert [o.data["source"] for o in record.observations if o.kind == "dns.config"] == [""]


def test_the_meshs_own_server_is_asked_only_beside_its_interface() -> None:
    assert not has_overlay(LINKS)
    mesh = Interface("tailscale0", 9, "tunnel", True, 1280, (ipaddress.ip_address("100.101.102.103"),))
    links = msgspec.structs.replace(LINKS, interfaces=(*LINKS.interfaces, mesh))
    assert has_overlay(links)
    asked = questions((SERVER,), (), "natscope-1", (), magic=True)
    assert [(str(a.server), a.question.name) for a in asked][-1] == (
        "100.100.100.100:53",
        "magicdns.localhost-tailscale-daemon",
    )


def test_names_of_two_regions_and_no_addresses() -> None:
    regions = (
        region(1, node_fields={"host_name": "198.51.100.8"}),
        region(2, node_fields={"host_name": "Relay.Example.NET."}),
        region(3),
        region(4),
    )
    assert relay_names(loaded(*regions).relay_map) == ("relay.example.net", "r3a.relay.test")


def test_names_that_do_not_fit_are_left_out() -> None:
    asked = questions((SERVER,), ("x" * 64 + ".test",), "natscope-1", ("é.test", "y" * 250), magic=False)
    assert {a.purpose for a in asked} == {"root", "missing"}


def test_the_systems_own_look_up_stands_beside_them_with_the_full_profile() -> None:
    world = World(
        relays={SERVER: name_server(ZONE)}, resolver_facts=FACTS, names={("r1a.relay.test", 4): ["198.51.100.8"]}
    )
    record = measure(world, loaded(region(1), region(2)), only=("dns",), profile="full")
    (own,) = [o for o in record.observations if o.kind == "dns.lookup"]
    assert (own.target, own.data["addresses"]) == ("r1a.relay.test", ["198.51.100.8"])
    quick = measure(world, loaded(region(1), region(2)), only=("dns",))
    assert [o for o in quick.observations if o.kind == "dns.lookup"] == []
