"""What a lab's name server says, manner by manner."""

from __future__ import annotations

import ipaddress

import dns.message
import dns.rcode
import pytest

from natscope.sim.name_answers import ROOT_SERVER, Manner, NameAnswers, Zone

LIE = ipaddress.ip_address("203.0.113.200")


def server(manner: Manner = Manner.ANSWER) -> NameAnswers:
    zone = Zone()
    zone.add("relay1.test", ipaddress.ip_address("192.0.2.101"), ipaddress.ip_address("2001:db8::101"))
    zone.add_wildcard("corp.test", ipaddress.ip_address("192.0.2.66"))
    return NameAnswers(zone, manner, (LIE,))


def told(answers: NameAnswers, name: str, kind: str = "A") -> tuple[str, list[str]]:
    data = answers.reply(dns.message.make_query(name, kind).to_wire())
    assert data is not None
    reply = dns.message.from_wire(data)
    return dns.rcode.to_text(reply.rcode()), [item.address for row in reply.answer for item in row]


@pytest.mark.parametrize(
    ("manner", "relay", "relay_6", "nobody"),
    [
        (Manner.ANSWER, ("NOERROR", ["192.0.2.101"]), ("NOERROR", ["2001:db8::101"]), ("NXDOMAIN", [])),
        (Manner.LIE, ("NOERROR", [str(LIE)]), ("NOERROR", []), ("NOERROR", [str(LIE)])),
        (Manner.INVENT, ("NOERROR", ["192.0.2.101"]), ("NOERROR", ["2001:db8::101"]), ("NOERROR", [str(LIE)])),
        (Manner.NO_IPV6, ("NOERROR", ["192.0.2.101"]), ("NOERROR", []), ("NXDOMAIN", [])),
        (Manner.FAIL, ("SERVFAIL", []), ("SERVFAIL", []), ("SERVFAIL", [])),
        (Manner.REFUSE, ("REFUSED", []), ("REFUSED", []), ("REFUSED", [])),
    ],
)
def test_each_manner(
    manner: Manner, relay: tuple[str, list[str]], relay_6: tuple[str, list[str]], nobody: tuple[str, list[str]]
) -> None:
    answers = server(manner)
    assert told(answers, "Relay1.test") == relay
    assert told(answers, "relay1.test", "AAAA") == relay_6
    assert told(answers, "nobody.test") == nobody


def test_a_wildcard_answers_below_its_domain_only() -> None:
    assert told(server(), "x.corp.test") == ("NOERROR", ["192.0.2.66"])
    assert told(server(), "corp.test")[0] == "NXDOMAIN"


def test_the_root_server_is_in_every_zone() -> None:
    assert told(server(), ROOT_SERVER)[1] == ["198.41.0.4"]
    assert told(server(), ROOT_SERVER, "AAAA")[1] == ["2001:503:ba3e::2:30"]


def test_silence_and_what_is_no_question() -> None:
    question = dns.message.make_query("relay1.test", "A")
    assert server(Manner.HANG).reply(question.to_wire()) is None
    assert server().reply(question.to_wire(), Manner.HANG) is None
    assert server().reply(b"garbage") is None
    assert server().reply(dns.message.make_response(question).to_wire()) is None
