"""The way to a certificate, as a generator: it yields what is to be done, and is sent what came of it (RFC 8555).

`obtain` goes directory, account, order, proofs of the name, certificate. Whoever runs it sends requests, waits, and
puts up the answers to challenges. It never asks for more than `LONGEST_S` seconds of waiting in all.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from acme import messages

from natscope.errors import RemoteError
from natscope.machines.acme.key_material import PrivateKey, certificate_request
from natscope.machines.acme.renewal import AcmeError
from natscope.machines.acme.signing import (
    Signer,
    finalization,
    new_order,
    nonce_is_fit,
    read_authorization,
    read_directory,
    read_order,
    read_problem,
    token_of,
)

LONGEST_S = 180.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 10.0
MAX_PROOFS = 8
"""One name has one."""
NONCE_TRIES = 10
"""A server may find a nonce too old at any time; pebble does so on purpose."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Ask:
    """Send this request; to be answered with an `Answer`."""

    method: str
    url: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds; to be answered with None, as all that follow."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PutUp:
    """Answer this challenge of `kind` for `name` from now on, and until the dialogue is over, however it ends."""

    kind: str
    name: str
    token: str
    key_authorization: str


Command: TypeAlias = Ask | Wait | PutUp
Dialogue: TypeAlias = Generator[Command, Answer | None, bytes]


@dataclass(frozen=True, slots=True)
class Wish:
    """One certificate: for `name` (a host name or an address), with `key`, proved by the first offered of `kinds`.

    `eab` is key id and key in base64 of an external account, both empty without; `profile` one that the server has.
    """

    directory: str
    name: str
    key: PrivateKey
    kinds: tuple[str, ...]
    email: str = ""
    eab: tuple[str, str] = ("", "")
    profile: str = ""


def obtain(wish: Wish, account_key: PrivateKey) -> Dialogue:
    """All of it; returns the chain as PEM. Raises `AcmeError`, or `RemoteError` for what is no ACME."""
    return (yield from _Session(wish, Signer(account_key)).run())


class _Session:
    def __init__(self, wish: Wish, signer: Signer) -> None:
        self._wish = wish
        self._signer = signer
        self._nonces: list[str] = []
        self._nonce_url = ""
        self._waited = 0.0

    def run(self) -> Dialogue:
        wish = self._wish
        directory = read_directory(_json(_good((yield from self._ask(Ask("GET", wish.directory))), "directory")))
        self._nonce_url = self._url(directory, "newNonce")
        registration = self._signer.registration(directory, wish.email, wish.eab)
        answer = yield from self._post(self._url(directory, "newAccount"), registration, "account")
        self._signer.account = self._checked(answer.headers.get("location", ""))
        order = new_order(wish.name, _is_address(wish.name), wish.profile)
        answer = yield from self._post(self._url(directory, "newOrder"), order, "order")
        place = self._checked(answer.headers.get("location", ""))
        found = read_order(_json(answer))
        for url in _listed(found.authorizations):
            yield from self._prove(self._checked(url))
        found = yield from self._until_issued(place, found)
        answer = yield from self._post(self._checked(found.certificate), b"", "certificate")
        return answer.body

    def _prove(self, url: str) -> Generator[Command, Answer | None, None]:
        """One authorization, unless an earlier order proved it already."""
        found = read_authorization(_json((yield from self._post(url, b"", "authorization"))))
        if found.status == messages.STATUS_VALID:
            return
        offered = {}
        for challenge in found.challenges or ():
            kind, token = token_of(challenge)
            offered[kind] = (challenge, token)
        kind = next((kind for kind in self._wish.kinds if kind in offered), "")
        if not kind:
            raise AcmeError(f"it offers none of {', '.join(self._wish.kinds)}", problem="unsupportedChallenge")
        challenge, token = offered[kind]
        if not _TOKEN.fullmatch(token):
            raise RemoteError("the ACME server's token is not base64url")
        name = self._wish.name
        yield PutUp(kind, name, token, self._signer.key_authorization(token))
        yield from self._post(self._checked(challenge.uri), b"{}", "challenge")
        pause = FIRST_WAIT_S
        while True:
            answer = yield from self._post(url, b"", "authorization")
            found = read_authorization(_json(answer))
            if found.status == messages.STATUS_VALID:
                return
            if found.status not in (messages.STATUS_PENDING, messages.STATUS_PROCESSING):
                raise _failed_proof(kind, found)
            pause = yield from self._wait(pause, answer, "the proof of the name")

    def _until_issued(self, place: str, order: messages.Order) -> Generator[Command, Answer | None, messages.Order]:
        """Ask for the certificate as soon as the order is ready, and wait until it is there."""
        is_asked = False
        pause = FIRST_WAIT_S
        while True:
            answer = yield from self._post(place, b"", "order")
            order = read_order(_json(answer))
            if order.status == messages.STATUS_VALID and order.certificate:
                return order
            if order.status == messages.STATUS_INVALID:
                raise AcmeError(_problem_text(order.error) or "the order failed", problem=_problem_kind(order.error))
            if order.status == messages.STATUS_READY and not is_asked:
                request = certificate_request(self._wish.key, self._wish.name)
                yield from self._post(self._checked(order.finalize), finalization(request), "certificate request")
                is_asked = True
                continue
            pause = yield from self._wait(pause, answer, "the certificate")

    def _wait(self, pause: float, answer: Answer, what: str) -> Generator[Command, Answer | None, float]:
        """Wait as the server asks, or `pause`; gives the next one."""
        asked = min(asked_pause_s(answer), LONGEST_WAIT_S)
        seconds = max(pause, asked)
        self._waited += seconds
        if self._waited > LONGEST_S:
            raise AcmeError(f"{what} did not come within {LONGEST_S:g} s", problem="timeout")
        yield Wait(seconds)
        return min(pause * 1.5, LONGEST_WAIT_S)

    def _post(self, url: str, payload: bytes, what: str) -> Generator[Command, Answer | None, Answer]:
        """A signed request; another nonce is fetched when the server finds this one too old."""
        for _ in range(NONCE_TRIES):
            if not self._nonces:
                yield from self._ask(Ask("HEAD", self._nonce_url))
            if not self._nonces:
                raise RemoteError("the ACME server gives no nonce")
            body = self._signer.sign(url, self._nonces.pop(), payload)
            answer = yield from self._ask(Ask("POST", url, body))
            if answer.status < 400 or _problem_kind(_problem(answer)) != "badNonce":
                return _good(answer, what)
        raise AcmeError(f"it refused {NONCE_TRIES} nonces", problem="badNonce")

    def _ask(self, command: Ask) -> Generator[Command, Answer | None, Answer]:
        answer = yield command
        assert answer is not None
        nonce = answer.headers.get("replay-nonce", "")
        if nonce_is_fit(nonce):
            self._nonces = [nonce]  # the newest is the least likely to be refused
        return answer

    def _url(self, directory: messages.Directory, field: str) -> str:
        try:
            return self._checked(directory[field])
        except KeyError as error:
            raise RemoteError(f"the ACME server's directory has no {field}") from error

    def _checked(self, url: object) -> str:
        """A URL that the server names: as well protected as the directory's."""
        wanted = urlsplit(self._wish.directory).scheme
        if not isinstance(url, str) or _scheme(url) != wanted:
            raise RemoteError(f"the ACME server names what is no {wanted} URL")
        return url


def _scheme(url: str) -> str:
    """Empty where it is no URL."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""


def asked_pause_s(answer: Answer) -> float:
    """`Retry-After` in seconds, 0 without one; a date is measured from the answer's own `Date` (RFC 9110 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _listed(urls: object) -> tuple[object, ...]:
    if not isinstance(urls, list | tuple) or len(urls) > MAX_PROOFS:
        raise RemoteError("the ACME server's order names no list of proofs")
    return tuple(urls)


def _json(answer: Answer) -> Any:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise RemoteError("the ACME server answers what is no JSON") from error
    if not isinstance(document, dict):
        raise RemoteError("the ACME server answers what is no JSON object")
    return document


def _good(answer: Answer, what: str) -> Answer:
    """The answer, unless it is an error. Raises `AcmeError`."""
    if 200 <= answer.status < 300:
        return answer
    problem = _problem(answer)
    words = _problem_text(problem) or f"status {answer.status} to the request for its {what}"
    raise AcmeError(words, problem=_problem_kind(problem), asked_s=asked_pause_s(answer))


def _problem(answer: Answer) -> messages.Error | None:
    try:
        found: messages.Error = read_problem(_json(answer))
    except RemoteError:
        return None
    return found


def _problem_kind(problem: messages.Error | None) -> str:
    kind = str(problem.typ) if problem is not None else ""
    return kind.removeprefix(messages.ERROR_PREFIX) if kind.startswith(messages.ERROR_PREFIX) else ""


def _problem_text(problem: messages.Error | None) -> str:
    if problem is None:
        return ""
    return str(problem.detail or problem.description or problem.title or _problem_kind(problem))


def _failed_proof(kind: str, found: messages.Authorization) -> AcmeError:
    for challenge in found.challenges or ():
        if challenge.error is not None:
            return AcmeError(f"{kind}: {_problem_text(challenge.error)}", problem=_problem_kind(challenge.error))
    return AcmeError(f"{kind}: the proof was not accepted", problem="unauthorized")
