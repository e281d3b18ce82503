"""A relay's certificate by ACME: kept in a folder, renewed in time, its proofs answered by the relay's own ports.

Where several processes share the ports, one renews; all answer, since what is to be answered stands in the folder too.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import TYPE_CHECKING

from natscope.acme.folder import PAGE, PROOF, AcmeFolder
from natscope.acme.keeper import FOLLOW_S, AcmeSettings, Keeper, Say
from natscope.errors import NatscopeError
from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.host.real.relay_hello import ACME_TLS, HelloContext
from natscope.machines.acme.key_material import (
    RANDOM_BYTES,
    Bundle,
    challenge_certificate,
    challenge_server_name,
    read_bundle,
)
from natscope.machines.acme.renewal import HTTP_01
from natscope.relay.certificate_facts import Facts, facts_of
from natscope.relay.meta_certificate import RENEW_AFTER, meta_certificate
from natscope.relay.tls_context import server_context

if TYPE_CHECKING:
    from natscope.machines.acme.dialogue import PutUp

SETTLE_S = 0.1
"""Until the relay's thread has taken another context."""
SETTLE_SHARED_S = 2 * FOLLOW_S + SETTLE_S
"""Until all processes have looked into the folder."""
META_LOOK_S = 600.0


class AcmeCertificates:
    """Implements `natscope.relay.seams.Certificates`, and `natscope.acme.conversation.Challenges` on that relay.

    `answers` are the pages of HTTP-01, token to text. `is_shared`: other processes listen on the same ports.
    """

    def __init__(
        self, host: Host, http: Http, folder: str, settings: AcmeSettings, server_key: bytes,
        answers: MutableMapping[str, str], say: Say, *, only_name: str = "", is_shared: bool = False,
    ) -> None:  # fmt: skip
        """Takes the certificate of an earlier run. Raises `CannotMeasure` for a folder that cannot be used."""
        self._host = host
        self._folder = AcmeFolder(folder)
        self._settings = settings
        self._server_key = server_key
        self._answers = answers
        self._say = say
        self._only_name = only_name
        self._is_shared = is_shared
        self._usual = _nothing_yet()
        self.facts: Facts | None = None
        self._bundle: Bundle | None = None
        self._made_at: datetime | None = None
        self._proofs: dict[str, ssl.SSLContext] = {}
        self._from_folder: dict[str, tuple[int, int] | None] = {}
        self._changed: Callable[[ssl.SSLContext], None] | None = None
        self.keeper = Keeper(host, http, self._folder, settings, self, self._take, say)
        self.keeper.look()

    def context(self) -> ssl.SSLContext:
        """For new connections; before the first certificate there is, handshakes fail."""
        return HelloContext.of(self._usual, self._proofs) if self._proofs else self._usual

    def reload(self) -> None:
        """Look into the folder, and try again now what has failed."""
        self.keeper.look()
        self.keeper.wake()

    async def keep(self, changed: Callable[[ssl.SSLContext], None]) -> None:
        """Obtain and renew until cancelled."""
        self._changed = changed
        async with asyncio.TaskGroup() as group:
            group.create_task(self.keeper.keep())
            group.create_task(self._keep_meta())
            if self._is_shared:
                group.create_task(self._follow_others())

    async def put_up(self, challenge: PutUp) -> None:
        """Answer a challenge, here and in the processes beside."""
        if challenge.kind == HTTP_01:
            file, content = challenge.token + PAGE, challenge.key_authorization.encode()
            self._answers[challenge.token] = challenge.key_authorization
        else:
            random, now = self._host.rng.bytes(RANDOM_BYTES), self._host.clock.utc()
            content = challenge_certificate(challenge.name, challenge.key_authorization, random, now)
            file = challenge.name.lower() + PROOF
            self._show_proof(challenge.name, content)
        if self._is_shared:
            self._folder.write(file, content)
        await self._host.clock.sleep(SETTLE_SHARED_S if self._is_shared else SETTLE_S)

    def take_down(self, challenge: PutUp) -> None:
        """Answer it no more."""
        if challenge.kind == HTTP_01:
            self._answers.pop(challenge.token, None)
            self._folder.remove(challenge.token + PAGE)
        else:
            self._hide_proof(challenge.name)
            self._folder.remove(challenge.name.lower() + PROOF)

    def follow(self) -> None:
        """Answer what another process of this relay has put up, and no longer what it has taken down."""
        files = [*self._folder.names(PAGE), *self._folder.names(PROOF)]
        for file in [known for known in self._from_folder if known not in files]:
            del self._from_folder[file]
            if file.endswith(PAGE):
                self._answers.pop(file.removesuffix(PAGE), None)
            else:
                self._hide_proof(file.removesuffix(PROOF))
        for file in files:
            state = self._folder.state(file)
            if self._from_folder.get(file) == state or not (content := self._folder.read(file)):
                continue
            self._from_folder[file] = state
            if file.endswith(PAGE):
                self._answers[file.removesuffix(PAGE)] = content.decode("ascii", "replace")
            else:
                self._show_proof(file.removesuffix(PROOF), content)

    def _take(self, bundle: Bundle) -> None:
        """A certificate to be used from now on; the relay's key goes along for fast starts."""
        now = self._host.clock.utc()
        chain = bundle.pem + meta_certificate(self._server_key, now)
        try:
            facts = facts_of(bundle.pem, self._settings.name)
            self._usual = server_context(chain, bundle.pem, only_name=self._only_name, what=self._settings.name)
        except NatscopeError as error:
            self._say("certificate", f"it cannot be used: {error.message}", is_trouble=True)
            return
        self.facts, self._bundle, self._made_at = facts, bundle, now
        self._tell()

    def _show_proof(self, name: str, pem: bytes) -> None:
        context = server_context(read_bundle(pem).pem, pem, what="challenge")
        context.set_alpn_protocols([ACME_TLS.decode()])
        self._proofs[challenge_server_name(name)] = context
        self._tell()

    def _hide_proof(self, name: str) -> None:
        if self._proofs.pop(challenge_server_name(name), None) is not None:
            self._tell()

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed(self.context())

    async def _keep_meta(self) -> None:
        """The announcement of the relay's key lasts for less than some relays run."""
        while True:
            await self._host.clock.sleep(META_LOOK_S)
            if self._bundle is None or self._made_at is None:
                continue
            if self._host.clock.utc() - self._made_at >= RENEW_AFTER:
                self._take(self._bundle)

    async def _follow_others(self) -> None:
        while True:
            await self._host.clock.sleep(FOLLOW_S)
            try:
                self.follow()
            except NatscopeError:
                continue  # half gone: the next look is in a second


def _nothing_yet() -> ssl.SSLContext:
    """A server without a certificate: it refuses each handshake, which is what there is to say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
