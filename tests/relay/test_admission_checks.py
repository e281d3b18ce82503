"""The questions as upstream asks them, each answer that is a yes, and everything else that must be a no."""

from __future__ import annotations

import json

import pytest

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Endpoint
from natscope.relay.admission import Answer
from natscope.relay.admission_checks import MAX_ANSWER_BYTES, QUESTION_S, TailscaledCheck, UrlCheck
from natscope.relay.seams import Applicant
from natscope.tailscaled.client import LOCAL_HOST
from tests.netcheck.map_http import Answer as HttpAnswer
from tests.netcheck.map_http import TableHttp

KEY = bytes(range(32))
WHO = Applicant(key=KEY, address=Endpoint.parse("[2001:db8::7]:4000"))
URL = "https://control.test/verify"
WHOIS = f"http://{LOCAL_HOST}/localapi/v0/whois?addr=nodekey:{KEY.hex()}"
GONE = HostError(Failure.TIMEOUT, "no answer within 5 s")


async def test_the_question_is_upstreams() -> None:
    http = TableHttp({URL: b'{"Allow":true}'})
    assert await UrlCheck(http, URL).ask(WHO) == Answer(True)
    (request,) = http.asked
    assert request.method == "POST"
    assert json.loads(request.body) == {"NodePublic": f"nodekey:{KEY.hex()}", "Source": "2001:db8::7"}
    assert (request.timeout_s, request.max_bytes, request.redirects) == (QUESTION_S, MAX_ANSWER_BYTES, 0)
    assert (QUESTION_S, MAX_ANSWER_BYTES) == (5.0, 4096)


@pytest.mark.parametrize(
    "body", [b'{"Allow":true}', b'{"allow": true, "More": [1]}\n', b' {"Allow":true}{"Allow":false}']
)
async def test_a_yes(body: bytes) -> None:
    assert (await UrlCheck(TableHttp({URL: body}), URL).ask(WHO)).allowed


@pytest.mark.parametrize("fail_open", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        b'{"Allow":false}', b"{}", b"null", b"true", b"[true]", b'{"Allow":"true"}', b'{"Allow":1}', b'{"Allow":null}',
        b"", b"<html>", b"\xff\xfe", b"[" * 4000, b'{"Pad":"' + b"x" * 5000 + b'","Allow":true}', 204, 302, 403, 500,
    ],
)  # fmt: skip
async def test_any_other_answer_is_a_no_even_where_silence_is_a_yes(answer: HttpAnswer, fail_open: bool) -> None:
    given = await UrlCheck(TableHttp({URL: answer}), URL, fail_open=fail_open).ask(WHO)
    assert (given.allowed, given.is_sure) == (False, True)
    assert given.reason


@pytest.mark.parametrize("fail_open", [False, True])
async def test_nobody_there_is_what_the_setting_says(fail_open: bool) -> None:
    given = await UrlCheck(TableHttp({URL: GONE}), URL, fail_open=fail_open).ask(WHO)
    assert (given.allowed, given.is_sure) == (fail_open, False)
    assert "cannot be asked" in given.reason


def test_closed_is_the_default() -> None:
    assert UrlCheck(TableHttp(), URL)._fail_open is False


@pytest.mark.parametrize(
    ("answer", "allowed", "sure"),
    [(b'{"Node":{}}', True, True), (404, False, True), (403, False, True), (500, False, True), (GONE, False, False)],
)
async def test_tailscaled_knows_the_node_or_not(answer: HttpAnswer, allowed: bool, sure: bool) -> None:
    http = TableHttp({WHOIS: answer})
    given = await TailscaledCheck(http, "/run/ts.sock").ask(WHO)
    assert (given.allowed, given.is_sure) == (allowed, sure)
    assert (http.asked[0].unix_socket, http.asked[0].timeout_s) == ("/run/ts.sock", QUESTION_S)
