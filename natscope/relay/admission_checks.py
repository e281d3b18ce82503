"""The two who may be asked about a client: an admission server by HTTP, and a tailscaled on this computer."""

from __future__ import annotations

import json
from typing import Any

from natscope.errors import RefusedError
from natscope.host.api import HostError
from natscope.host.http_api import Http, HttpRequest, HttpResponse
from natscope.relay.admission import Answer
from natscope.relay.seams import Applicant
from natscope.tailscaled.whois import knows_node
from natscope.wire.keys import key_text

QUESTION_S = 5.0
MAX_ANSWER_BYTES = 4096


class UrlCheck:
    """Asks a URL in the form of a control server's `/verify`. Source: upstream tailcfg/derpmap.go (DERPAdmitClient…).

    POST of `{"NodePublic": "nodekey:…", "Source": "address"}`; status 200 with `{"Allow": true}` is a yes. Any other
    answer is a no. Nobody there, or nobody in time: what `fail_open` says.
    """

    def __init__(self, http: Http, url: str, *, fail_open: bool = False) -> None:
        self._http = http
        self._url = url
        self._fail_open = fail_open

    async def ask(self, who: Applicant) -> Answer:
        """One question."""
        question = {"NodePublic": key_text(who.key), "Source": str(who.address.ip)}
        request = HttpRequest(
            url=self._url,
            method="POST",
            headers={"content-type": "application/json"},
            body=json.dumps(question).encode(),
            timeout_s=QUESTION_S,
            max_bytes=MAX_ANSWER_BYTES,
            proxy=True,
        )
        try:
            response = await self._http.fetch(request)
        except HostError as error:
            return Answer(self._fail_open, f"the admission server cannot be asked: {error.message}", is_sure=False)
        return _answer(response)


class TailscaledCheck:
    """Asks the tailscaled behind a Unix socket whether it knows the node key; one that does not answer is a no."""

    def __init__(self, http: Http, socket_path: str) -> None:
        self._http = http
        self._socket_path = socket_path

    async def ask(self, who: Applicant) -> Answer:
        """One question."""
        try:
            known = await knows_node(self._http, self._socket_path, who.key, timeout_s=QUESTION_S)
        except HostError as error:
            return Answer(False, f"tailscaled cannot be asked: {error.message}", is_sure=False)
        except RefusedError as error:
            return Answer(False, error.message)
        return Answer(known, "" if known else "tailscaled does not know this node")


def _answer(response: HttpResponse) -> Answer:
    if response.status != 200:
        return Answer(False, f"the admission server answered {response.status}")
    try:
        fields = _first_value(response.body)
    except (ValueError, RecursionError):
        return Answer(False, "the admission server's answer is no JSON")
    allowed = isinstance(fields, dict) and any(
        name.lower() == "allow" and value is True for name, value in fields.items()
    )
    return Answer(allowed, "" if allowed else "the admission server does not allow it")


def _first_value(body: bytes) -> Any:
    """The first JSON value, whatever is behind it: upstream reads no further either."""
    return json.JSONDecoder().raw_decode(body.decode().lstrip(" \t\r\n"))[0]
