"""The dialogue against a server on paper that checks every signature, and against servers that misbehave."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.errors import NatscopeError, RemoteError
from natscope.machines.acme.dialogue import LONGEST_S, Answer, Ask, PutUp, Wait, Wish, asked_pause_s, obtain
from natscope.machines.acme.key_material import RANDOM_BYTES, make_bundle, new_key
from natscope.machines.acme.renewal import AcmeError
from tests.machines.acme.fake_server import DIRECTORY, TOKEN, FakeAcme

ACCOUNT = new_key(bytes(range(RANDOM_BYTES)))
KEY = new_key(bytes(range(1, RANDOM_BYTES + 1)))


def wish(*kinds: str, name: str = "relay.example", **more: Any) -> Wish:
    return Wish(DIRECTORY, name, KEY, kinds or ("http-01",), **more)


def play(
    server: FakeAcme, wanted: Wish, answer: Callable[[Ask], Answer] | None = None
) -> tuple[bytes, list[PutUp], float]:
    """To the end: the chain, the challenges that were put up, and the seconds that were waited."""
    dialogue = obtain(wanted, ACCOUNT)
    shown: list[PutUp] = []
    waited, reply = 0.0, None
    while True:
        try:
            command = dialogue.send(reply)
        except StopIteration as end:
            return end.value, shown, waited
        reply = None
        if isinstance(command, Ask):
            reply = (answer or server.answer)(command)
        elif isinstance(command, Wait):
            waited += command.seconds
        else:
            shown.append(command)


@pytest.mark.parametrize("kind", ["http-01", "tls-alpn-01"])
def test_a_certificate_for_our_key(kind: str) -> None:
    server = FakeAcme()
    chain, shown, _ = play(server, wish(kind, email="me@relay.example", profile="tlsserver"))
    assert make_bundle(KEY, chain).names == ("relay.example",)
    assert shown == [PutUp(kind, "relay.example", TOKEN, f"{TOKEN}.{server.thumbprint}")]
    assert server.posted["/newAccount"]["contact"] == ["mailto:me@relay.example"]
    assert server.posted["/newOrder"]["profile"] == "tlsserver"
    assert server.posted[f"/challenge/{kind}"] == {}
    assert server.posted["/authz/1"] is None


def test_an_address_is_another_kind_of_identifier() -> None:
    server = FakeAcme()
    play(server, wish(name="192.0.2.1"))
    assert server.posted["/newOrder"]["identifiers"] == [{"type": "ip", "value": "192.0.2.1"}]
    request = server.posted["/finalize/1"]["csr"]
    assert request


def test_the_order_of_kinds_is_ours() -> None:
    assert play(FakeAcme(), wish("tls-alpn-01", "http-01"))[1][0].kind == "tls-alpn-01"
    assert play(FakeAcme(kinds=("http-01",)), wish("tls-alpn-01", "http-01"))[1][0].kind == "http-01"


def test_a_server_without_our_kinds() -> None:
    with pytest.raises(AcmeError, match="offers none of http-01") as caught:
        play(FakeAcme(kinds=("dns-01",)), wish())
    assert caught.value.is_about_proof


def test_a_name_that_is_proved_already_needs_no_challenge() -> None:
    server = FakeAcme()
    server.faults["/authz/1"] = [server._answer(200, {"status": "valid", "challenges": []})]
    server.faults["/order/1"] = [server._answer(200, server._order_document() | {"status": "ready"})]
    _, shown, _ = play(server, wish())
    assert shown == []


def test_polls_wait_as_the_server_asks_but_not_for_ever() -> None:
    server = FakeAcme()
    server.polls_before_valid = 5
    assert 2 < play(server, wish())[2] < 20
    server.polls_before_valid = 10_000
    with pytest.raises(AcmeError, match="did not come within"):
        play(server, wish())
    assert sum(path == "/authz/1" for _, path in server.asked) < LONGEST_S


def test_a_refused_proof_says_why() -> None:
    with pytest.raises(AcmeError, match="http-01: the page is missing") as caught:
        play(FakeAcme(proof=lambda kind: "the page is missing"), wish())
    assert caught.value.problem == "unauthorized"


def test_old_nonces_are_replaced_and_not_for_ever() -> None:
    server = FakeAcme()
    server.faults["/newOrder"] = [server.problem("badNonce", "old") for _ in range(4)]
    play(server, wish())
    server.faults["/newOrder"] = [server.problem("badNonce", "old") for _ in range(100)]
    with pytest.raises(AcmeError, match="refused 10 nonces"):
        play(server, wish())


def test_a_limit_names_its_patience() -> None:
    server = FakeAcme()
    headers = {"retry-after": "7200"}
    server.faults["/newOrder"] = [server.problem("rateLimited", "too many certificates", 429, **headers)]
    with pytest.raises(AcmeError, match="too many certificates") as caught:
        play(server, wish())
    assert (caught.value.problem, caught.value.asked_s) == ("rateLimited", 7200)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "9" * 400}, 999999999.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:02:00 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 120.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:02:00 GMT"}, 0.0),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert asked_pause_s(Answer(503, headers)) == seconds


@pytest.mark.parametrize(
    ("path", "document", "words"),
    [
        ("/dir", {"newNonce": "https://acme.test/newNonce"}, "has no newAccount"),
        ("/dir", {"newNonce": "file:///etc/passwd"}, "no https URL"),
        ("/dir", {"newNonce": 7}, "no https URL"),
        ("/dir", {"newNonce": "https://[acme.test/"}, "no https URL"),
        ("/newOrder", {"status": "pending", "authorizations": 7}, "no list of proofs"),
        ("/newOrder", {"status": "pending", "authorizations": ["https://a.test/"] * 9}, "no list of proofs"),
        ("/newOrder", {"status": "strange"}, "order cannot be read"),
        ("/newOrder", [], "no JSON object"),
        ("/authz/1", {"status": "pending", "challenges": [{"type": "http-01"}]}, "authorization cannot be read"),
    ],
)
def test_what_is_no_acme(path: str, document: Any, words: str) -> None:
    server = FakeAcme()
    location = {"location": "https://acme.test/order/1"}
    server.faults[path] = [server._answer(200, document, **location)]
    with pytest.raises(RemoteError, match=words):
        play(server, wish())


def test_a_token_that_is_a_path_is_refused() -> None:
    server = FakeAcme()
    challenge = {"type": "tls-alpn-01", "url": "https://acme.test/challenge/tls-alpn-01", "token": "../../x"}
    server.faults["/authz/1"] = [server._answer(200, {"status": "pending", "challenges": [challenge]})]
    with pytest.raises(RemoteError, match="token"):
        play(server, wish("tls-alpn-01"))


def test_a_failed_order_says_why() -> None:
    server = FakeAcme()
    error = {"type": "urn:ietf:params:acme:error:caa", "detail": "CAA forbids it"}
    server.faults["/order/1"] = [server._answer(200, {"status": "invalid", "error": error})]
    with pytest.raises(AcmeError, match="CAA forbids it") as caught:
        play(server, wish())
    assert caught.value.problem == "caa"


@settings(max_examples=60)
@given(st.integers(0, 14), st.sampled_from([200, 201, 204, 301, 400, 404, 500]), st.binary(max_size=60), st.booleans())
def test_any_answer_at_any_step_ends_in_words(step: int, status: int, body: bytes, as_json: bool) -> None:
    server = FakeAcme()
    count = iter(range(10_000))

    def answer(ask: Ask) -> Answer:
        good = server.answer(ask)
        if next(count) != step:
            return good
        return Answer(status, good.headers, json.dumps(body.decode("latin-1")).encode() if as_json else body)

    with contextlib.suppress(NatscopeError):  # and nothing else
        play(server, wish(), answer)


def test_the_request_is_for_the_name_alone() -> None:
    chain, _, _ = play(FakeAcme(), wish())
    san = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == ["relay.example"]
