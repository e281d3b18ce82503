"""Carries out the dialogue with an ACME server: its requests over HTTP, its pauses, its challenges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from natscope.host.api import Clock, TlsOptions
from natscope.host.http_api import Http, HttpRequest

if TYPE_CHECKING:
    from natscope.machines.acme.dialogue import Answer, Ask, Dialogue, PutUp

REQUEST_S = 30.0
MAX_BYTES = 256 * 1024


class Challenges(Protocol):
    """Answers what an ACME server asks at this host."""

    async def put_up(self, challenge: PutUp) -> None:
        """Answer this from now on; returns once it is answered everywhere. Raises `NatscopeError`."""
        ...

    def take_down(self, challenge: PutUp) -> None:
        """Not any more; never raises."""
        ...


async def hold(dialogue: Dialogue, http: Http, clock: Clock, challenges: Challenges, ca_file: str = "") -> bytes:
    """To the end; gives what the dialogue gives. `ca_file` (PEM) is trusted besides the system's authorities.

    Raises `HostError` and whatever the dialogue raises. Challenges are taken down however it ends.
    """
    from natscope.machines.acme.dialogue import Ask, Wait

    shown: list[PutUp] = []
    answer: Answer | None = None
    try:
        while True:
            command = dialogue.send(answer)
            answer = None
            if isinstance(command, Ask):
                answer = await _ask(command, http, ca_file)
            elif isinstance(command, Wait):
                await clock.sleep(command.seconds)
            else:
                shown.append(command)
                await challenges.put_up(command)
    except StopIteration as end:
        return bytes(end.value)
    finally:
        for challenge in shown:
            challenges.take_down(challenge)


async def _ask(command: Ask, http: Http, ca_file: str) -> Answer:
    from natscope.machines.acme.dialogue import Answer

    tls = TlsOptions(server_name=urlsplit(command.url).hostname or "", ca_file=ca_file) if ca_file else None
    headers = {"content-type": "application/jose+json"} if command.method == "POST" else {}
    request = HttpRequest(
        command.url,
        command.method,
        headers,
        command.body,
        timeout_s=REQUEST_S,
        max_bytes=MAX_BYTES,
        proxy=True,
        tls=tls,
    )
    response = await http.fetch(request)
    return Answer(response.status, response.headers, response.body)
