"""Faults planted in simulated relays: each is found, named, and nothing else is said."""

from __future__ import annotations

import msgspec
import pytest

from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.model.derp_check import DerpCheck, StepName, StepState
from natscope.model.finding import Certainty, Severity
from natscope.model.tri import Tri
from natscope.sim.stack import ANY
from natscope.wire.keys import PrivateKey
from tests.relay_check.world import DroppingRelay, Planted, Relays, found

OK, WARN, FAIL, UNKNOWN = StepState.OK, StepState.WARN, StepState.FAIL, StepState.UNKNOWN
FIRST_OF = {
    "other-name": ("the certificate is for elsewhere.test, not for relay-1a.test", "for another name"),
    "expired": ("the certificate expired on 2002-01-01", "expired 2002-01-01"),
    "self-signed": ("the certificate is self-signed", "self-signed"),
}


def step(check: DerpCheck, name: StepName, node: int = 0) -> tuple[StepState, str]:
    found = check.nodes[node].step(name)
    return found.state, found.says


def test_healthy_relays_raise_no_alarm() -> None:
    check = Relays(Planted(mesh=True), Planted(mesh=True), Planted(region=2)).check()
    assert check.findings == ()
    assert check.verdict.state is OK
    assert check.verdict.sentence == "Relays: 3 of 3 work"
    assert {s.state for node in check.nodes for s in node.steps} == {OK, StepState.NOT_ASKED}
    assert step(check, StepName.MESH) == (OK, "1 of 1 meet")
    assert step(check, StepName.MESH, 2) == (StepState.NOT_ASKED, "only one node")
    assert step(check, StepName.SAME_SERVER) == (OK, "in 8 of 8 connects")
    assert len(check.passages) == 3 * 2 + 2
    for passage in check.passages:
        assert (passage.works, passage.sent, passage.arrived, passage.loss) == (Tri.YES, 36, 36, 0.0)
        assert passage.in_order is Tri.YES
        assert [(size.bytes, size.sent, size.arrived) for size in passage.sizes] == [
            (n, 12, 12) for n in (64, 512, 1400)
        ]
        assert passage.time_ms is not None
        assert 29 < passage.time_ms < 61  # 15 ms a way, through one relay or two
        assert passage.stream_bytes == (28_000 if passage.sender == passage.receiver else 7_000)
        assert passage.stream_bytes_per_s is not None
    assert check.cost.bytes_sent < 400_000


@pytest.mark.parametrize(("kind", "words"), FIRST_OF.items())
def test_wrong_certificates(kind: str, words: tuple[str, str]) -> None:
    check = Relays(Planted(certificate=kind), Planted(region=2)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-01", Severity.FAIL, Certainty.CERTAIN)
    assert finding.title == f"1a: {words[0]}; clients refuse it."
    assert finding.fixes
    assert step(check, StepName.TLS) == (FAIL, words[1])
    assert step(check, StepName.UPGRADE)[0] is StepState.NOT_REACHED
    assert (check.nodes[0].relays, check.nodes[1].relays) == (Tri.NO, Tri.YES)
    assert check.verdict.sentence.startswith("Relays: 1 of 2 works; 1a: the certificate")


def test_a_pinned_certificate_is_right() -> None:
    check = Relays(Planted(certificate="pinned")).check()
    assert check.findings == ()
    certificate = check.nodes[0].certificate
    assert certificate is not None
    assert (certificate.pinned, certificate.verified) == (True, Tri.YES)


def test_another_pin() -> None:
    check = Relays(Planted(certificate="pinned", map_fields={"cert_name": f"sha256-raw:{'0' * 64}"})).check()
    (finding,) = check.findings
    assert finding.title == "1a: the certificate is not the one that the map pins; clients refuse it."


def test_the_stun_port_is_closed() -> None:
    check = Relays(Planted(stun=False)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-02", Severity.FAIL, Certainty.CERTAIN)
    assert finding.title == "1a: the STUN port, UDP 3478, does not answer."
    assert "port unreachable" in finding.detail
    assert step(check, StepName.STUN) == (FAIL, "port closed")
    assert check.verdict.sentence == "Relays: 1 of 1 works, but 1a: the STUN port, UDP 3478, does not answer"


def test_a_silent_stun_port_is_likely_closed_where_others_answer() -> None:
    check = Relays(Planted(stun=False, stun_silent=True), Planted(region=2)).check()
    (finding,) = check.findings
    assert (finding.id, finding.certainty) == ("NS-REL-02", Certainty.LIKELY)
    assert "other relays answer over UDP" in finding.detail


def test_a_silent_stun_port_alone_may_be_this_network() -> None:
    check = Relays(Planted(stun=False, stun_silent=True)).check()
    (finding,) = check.findings
    assert (finding.id, finding.certainty) == ("NS-REL-02", Certainty.POSSIBLE)
    assert "it may be this network" in finding.detail


def test_a_broken_mesh() -> None:
    check = Relays(Planted(), Planted(), Planted(region=2)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-12", Severity.FAIL, Certainty.CERTAIN)
    assert finding.title.startswith("1a and 1b: these nodes of region r1 do not forward for each other")
    assert step(check, StepName.MESH) == (FAIL, "not with 1b")
    assert step(check, StepName.MESH, 1) == (FAIL, "not with 1a")
    assert step(check, StepName.MESH, 2)[0] is StepState.NOT_ASKED
    assert [node.relays for node in check.nodes] == [Tri.YES] * 3


def test_a_mesh_with_another_key_in_one_of_three() -> None:
    check = Relays(Planted(mesh=True), Planted(mesh=True), Planted(mesh=True, mesh_key=b"x" * 32)).check()
    assert {finding.id for finding in check.findings} == {"NS-REL-12"}
    assert step(check, StepName.MESH) == (FAIL, "not with 1c")
    assert step(check, StepName.MESH, 2) == (FAIL, "not with 1a, 1b")


def test_a_relay_that_drops_everything() -> None:
    check = Relays(Planted(relay=DroppingRelay)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-21", Severity.FAIL, Certainty.CERTAIN)
    assert finding.title == "1a: lets clients in and drops their packets."
    assert "while it answers pings" in finding.detail
    assert step(check, StepName.RELAY) == (FAIL, "nothing arrives")
    assert check.verdict.bad == 1


def test_a_relay_that_drops_long_packets() -> None:
    check = Relays(Planted(relay=DroppingRelay.of(keeps=900))).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity) == ("NS-REL-10", Severity.FAIL)
    assert finding.title == "1a: packets of 1400 bytes do not arrive, those of 512 do."
    assert step(check, StepName.RELAY) == (FAIL, "48 of 72")


def test_a_relay_that_drops_few() -> None:
    check = Relays(Planted(relay=DroppingRelay.of(each=40))).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity) == ("NS-REL-10", Severity.WARN)
    assert check.nodes[0].relays is Tri.YES


def test_a_clock_that_is_wrong() -> None:
    check = Relays(Planted(clock_s=-74), Planted(region=2)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-CTL-06", Severity.WARN, Certainty.CERTAIN)
    assert finding.title in ("1a: the clock is 74 s behind.", "1a: the clock is 75 s behind.")
    assert step(check, StepName.CLOCK)[0] is WARN
    assert step(check, StepName.CLOCK, 1) == (OK, "right")


@pytest.mark.parametrize("kept", [True, None])
def test_a_wrong_clock_alone_may_be_ours_unless_ours_is_kept_right(kept: bool | None) -> None:
    relays = Relays(Planted(clock_s=-74))
    relays.us.own.facts = msgspec.structs.replace(relays.us.own.facts, clock_synchronised=kept)
    (finding,) = relays.check().findings
    assert finding.title.endswith("s behind." if kept else "s behind, or this computer's is wrong.")
    assert finding.certainty is (Certainty.LIKELY if kept else Certainty.POSSIBLE)


def test_relays_that_agree_show_that_this_clock_is_wrong() -> None:
    check = Relays(Planted(clock_s=740), Planted(region=2, clock_s=741)).check()
    (finding,) = check.findings
    assert finding.title == "this computer: the clock is wrong."
    assert "12 min behind" in finding.detail


def test_several_servers_behind_a_balancer() -> None:
    check = Relays(Planted(relays=2)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-05", Severity.FAIL, Certainty.CERTAIN)
    assert finding.title.startswith("1a: 2 servers stand behind one name")
    assert "load balancer" in finding.detail
    assert step(check, StepName.SAME_SERVER) == (FAIL, "2 keys in 8 connects")
    assert len(check.nodes[0].server_keys) == 2


def test_one_name_with_the_addresses_of_two_relays() -> None:
    relays = Relays(Planted(), Planted(region=2), families=(4,))
    other = next(a.ip for a in relays.net.hosts["relay-2b"].node.ports["eth0"].addresses if a.version == 4)
    relays.net.zone.add("relay-1a.test", other)
    check = relays.check()
    codes = found(check)
    assert "NS-REL-01" in codes  # whoever is there has another certificate
    assert "relay-2b.test" in codes["NS-REL-01"].title


def test_port_80_redirects() -> None:
    check = Relays(Planted(port80="redirects")).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-19", Severity.WARN, Certainty.CERTAIN)
    assert finding.title == "1a: port 80 redirects."
    assert "https://relay-1a.test/generate_204" in finding.detail
    assert step(check, StepName.PORT80) == (WARN, "redirects")
    assert check.nodes[0].port80 == "redirects"


def test_port_80_is_closed_although_the_map_promises_it() -> None:
    check = Relays(Planted(port80="closed")).check()
    assert found(check)["NS-REL-19"].title == "1a: port 80, which the map promises, is closed."


@pytest.mark.parametrize(
    "planted",
    [
        Planted(port80="none"),
        Planted(stun=False, map_fields={"stun_port": -1}),
        Planted(certificate="nothing", map_fields={"stun_only": True}),
        Planted(settings=RelaySettings(rate=RateLimit(bytes_per_second=200_000))),
        Planted(map_fields={"insecure_for_tests": True}, certificate="self-signed"),
    ],
    ids=["no-port-80", "no-stun", "stun-only", "limited", "unchecked"],
)
def test_what_a_map_does_not_promise_is_no_fault(planted: Planted) -> None:
    check = Relays(planted).check()
    assert check.findings == ()
    assert check.verdict.state is OK
    assert check.verdict.sentence == "Relays: 1 of 1 works"


def test_a_relay_that_verifies_its_clients_is_not_called_broken() -> None:
    check = Relays(Planted(decide=lambda client: False)).check()
    (finding,) = check.findings
    assert (finding.id, finding.severity) == ("NS-REL-03", Severity.INFO)
    assert finding.title == "1a: admits only known clients; relaying itself was not checked."
    assert "--key-file" in finding.fixes[0].do
    assert step(check, StepName.ADMISSION) == (UNKNOWN, "admits only known clients")
    assert step(check, StepName.RELAY)[0] is UNKNOWN
    assert step(check, StepName.SAME_SERVER) == (OK, "in 6 of 6 connects")
    assert check.verdict.state is UNKNOWN
    assert check.verdict.sentence == "Relays: unknown, 1a admits only known clients"


@pytest.mark.parametrize("count", [1, 2])
def test_keys_that_it_knows_are_let_in(count: int) -> None:
    keys = tuple(PrivateKey(bytes((number,)) * 32) for number in range(1, count + 1))
    known = {key.public for key in keys}
    check = Relays(Planted(decide=lambda client: client.key in known)).check(keys=tuple(key.data for key in keys))
    assert check.findings == ()
    assert check.nodes[0].relays is Tri.YES
    assert len(check.passages) == count


def test_a_key_that_it_does_not_know() -> None:
    check = Relays(Planted(decide=lambda client: False)).check(keys=(bytes(31) + b"\1",))
    (finding,) = check.findings
    assert (finding.id, finding.severity) == ("NS-REL-03", Severity.FAIL)
    assert finding.title == "1a: the key that was given is not admitted."


def test_plain_http_on_the_relays_port() -> None:
    check = Relays(Planted(certificate="none")).check()
    (finding,) = check.findings
    assert finding.id == "NS-REL-04"


def test_a_closed_port() -> None:
    check = Relays(Planted(certificate="nothing", port80="none")).check()
    (finding,) = check.findings
    assert (finding.id, finding.certainty) == ("NS-REL-16", Certainty.CERTAIN)
    assert finding.title == "1a: nothing listens on TCP port 443."


def test_a_name_that_leads_nowhere() -> None:
    relays = Relays(Planted(), Planted(region=2))
    relays.net.zone.remove("relay-1a.test")
    check = relays.check()
    (finding,) = check.findings
    assert (finding.id, finding.title) == ("NS-REL-15", "1a: the name leads nowhere.")
    assert step(check, StepName.NAME) == (FAIL, "no such name")


def test_nothing_answers_at_all() -> None:
    relays = Relays(Planted(), Planted(region=2))
    for name in ("relay-1a", "relay-2b"):
        relays.net.hosts[name].node.is_on = False
    check = relays.check()
    assert check.findings == ()
    assert check.verdict.state is UNKNOWN
    assert check.verdict.sentence == ("Relays: unknown, nothing answered, so this network may be the one that fails")


def test_one_dead_relay_beside_a_living_one() -> None:
    relays = Relays(Planted(), Planted(region=2))
    relays.net.hosts["relay-1a"].node.is_on = False
    check = relays.check()
    (finding, *_) = check.findings
    assert (finding.id, finding.certainty) == ("NS-REL-15", Certainty.LIKELY)
    assert finding.title == "1a: no answer on TCP port 443."


def test_the_time_limit_leaves_the_rest_unknown() -> None:
    check = Relays(Planted(), Planted(region=2)).check(limit_s=0.5)
    assert check.limit_reached
    assert check.findings == ()
    assert step(check, StepName.CONNECT)[0] is OK
    assert step(check, StepName.RELAY) == (UNKNOWN, "the time limit came first")
    assert check.verdict.sentence == "Relays: unknown, the time limit came first"


def test_one_family_is_broken() -> None:
    relays = Relays(Planted(port80="none"), Planted(region=2))
    listeners = relays.net.hosts["relay-1a"].node.stack.listeners
    relays.net.timeline.after(0.4, listeners.pop, (ANY[6], 443))
    check = relays.check()
    (finding,) = check.findings
    assert (finding.id, finding.severity, finding.certainty) == ("NS-REL-14", Severity.WARN, Certainty.CERTAIN)
    assert finding.title == "1a: broken over IPv6."
    assert step(check, StepName.CONNECT)[1].endswith("not over IPv6")
    assert check.nodes[0].relays is Tri.YES


def test_without_ipv6_here_nothing_is_said_of_it() -> None:
    check = Relays(Planted(), families=(4,)).check()
    assert check.findings == ()
    assert check.verdict.state is OK
    assert {address.family for address in check.nodes[0].addresses} == {4}
