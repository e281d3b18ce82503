"""Keeps one name's certificate: obtains it, renews it in time, and goes on with the old one when that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from typing import Protocol

import msgspec

from natscope.acme.conversation import Challenges, hold
from natscope.acme.folder import ACCOUNT, AcmeFolder
from natscope.errors import NatscopeError
from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.machines.acme.key_material import (
    RANDOM_BYTES,
    Bundle,
    BundleError,
    PrivateKey,
    key_pem,
    make_bundle,
    new_key,
    read_bundle,
    read_key,
)
from natscope.machines.acme.renewal import HTTP_01, TLS_ALPN_01, AcmeError, Renewal

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LOOK_S = 3600.0
"""The longest sleep: a computer's clock may be set, or it may have slept itself."""
FOLLOW_S = 1.0
"""How often a process that does not renew looks whether another has."""
_JITTER = 1 << 16


class AcmeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate for `name`, a host name or an address.

    `kinds` are tried in this order. `eab`: key id and key (base64) of an external account. `ca_file` (PEM) is trusted
    besides the system's authorities when the ACME server is asked.
    """

    name: str
    directory_url: str = LETS_ENCRYPT
    kinds: tuple[str, ...] = (TLS_ALPN_01, HTTP_01)
    email: str = ""
    eab: tuple[str, str] = ("", "")
    profile: str = ""
    ca_file: str = ""


class Say(Protocol):
    """One line for the operator."""

    def __call__(self, event: str, words: str, *, is_trouble: bool) -> None:
        """`event` is a stable name."""
        ...


class Keeper:
    """`take` is given each certificate to be used from then on. One process of those that share the folder renews."""

    def __init__(
        self, host: Host, http: Http, folder: AcmeFolder, settings: AcmeSettings, challenges: Challenges,
        take: Callable[[Bundle], None], say: Say,
    ) -> None:  # fmt: skip
        """Nothing is read or asked yet."""
        self.renewal = Renewal()
        self._host = host
        self._http = http
        self._folder = folder
        self._settings = settings
        self._challenges = challenges
        self._take = take
        self._say = say
        self._seen: tuple[int, int] | None = None
        self._is_told = False
        self._woken = asyncio.Event()

    def look(self) -> bool:
        """Take what is in the folder, if it is new; whether it was. Never raises."""
        seen = self._folder.state(self._file)
        if seen is None or seen == self._seen:
            return False
        self._seen = seen
        try:
            bundle = self._fitting(read_bundle(self._folder.read(self._file) or b""))
        except NatscopeError as error:
            self._say("certificate", f"{self._folder.path / self._file} is not used: {error.message}", is_trouble=True)
            return False
        self.renewal.found(bundle.validity, self._jitter())
        self._use(bundle)
        return True

    def wake(self) -> None:
        """Look at the folder again, and do not wait any longer after a failure."""
        self.renewal.at_once()
        self._woken.set()

    async def keep(self) -> None:
        """Until cancelled."""
        try:
            while True:
                if not self._leads():
                    await self._sleep(FOLLOW_S)
                    self.look()
                    continue
                self.look()
                wait = self.renewal.wait_s(self._host.clock.utc())
                if wait > 0:
                    await self._sleep(min(wait, LOOK_S))
                else:
                    await self.try_once()
        finally:
            self._folder.close()

    async def try_once(self) -> bool:
        """Obtain a certificate now, by each kind of proof until one is accepted; whether it worked. Never raises."""
        try:
            bundle = await self._obtain()
            self._folder.write(self._file, bundle.pem)
        except NatscopeError as error:
            asked_s = error.asked_s if isinstance(error, AcmeError) else 0.0
            self._failed(error.message, asked_s)
            return False
        self._seen = self._folder.state(self._file)
        self.renewal.obtained(bundle.validity, self._jitter(), self._host.clock.utc())
        self._use(bundle)
        return True

    def _leads(self) -> bool:
        try:
            return self._folder.take_lead()
        except NatscopeError as error:
            if not self._is_told:
                self._is_told = True
                self._say("certificate-failed", f"certificates are not renewed: {error.message}", is_trouble=True)
            return False

    @property
    def _file(self) -> str:
        return self._settings.name.lower()

    async def _obtain(self) -> Bundle:
        from natscope.machines.acme.dialogue import Wish, obtain

        settings = self._settings
        key = new_key(self._host.rng.bytes(RANDOM_BYTES))
        account = self._account_key()
        reasons: list[AcmeError] = []
        for kind in settings.kinds:
            wish = Wish(
                settings.directory_url, settings.name, key, (kind,), settings.email, settings.eab, settings.profile
            )
            dialogue = obtain(wish, account)
            try:
                chain = await hold(dialogue, self._http, self._host.clock, self._challenges, settings.ca_file)
            except AcmeError as error:
                reasons.append(error)
                if not error.is_about_proof:
                    break
            else:
                return self._fitting(make_bundle(key, chain))
        raise AcmeError(
            "; ".join(error.message for error in reasons), asked_s=max((error.asked_s for error in reasons), default=0)
        )

    def _account_key(self) -> PrivateKey:
        """The one in the folder, or a new one. Raises `NatscopeError`: nobody's account is thrown away."""
        known = self._folder.read(ACCOUNT)
        if known is not None:
            return read_key(known)
        key = new_key(self._host.rng.bytes(RANDOM_BYTES))
        self._folder.write(ACCOUNT, key_pem(key))
        return key

    def _fitting(self, bundle: Bundle) -> Bundle:
        if self._settings.name.lower() not in bundle.names:
            raise BundleError(f"the certificate is not for {self._settings.name}")
        return bundle

    def _use(self, bundle: Bundle) -> None:
        until = bundle.validity.not_after
        issuer = f" from {bundle.issuer}" if bundle.issuer else ""
        words = f"certificate for {self._settings.name}{issuer}, good until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        self._take(bundle)
        self._say("certificate", words, is_trouble=False)

    def _failed(self, reason: str, asked_s: float) -> None:
        now = self._host.clock.utc()
        pause = self.renewal.failed(now, self._jitter(), asked_s)
        left_s = self.renewal.left_s(now)
        validity = self.renewal.validity
        if validity is None or left_s is None:
            state = "there is none yet"
        elif left_s <= 0:
            state = f"the one in use has expired on {validity.not_after:%Y-%m-%d}"
        else:
            state = f"the one in use is good until {validity.not_after:%Y-%m-%d}"
        again = f"next try in {_duration(pause)}"
        words = f"no new certificate for {self._settings.name}: {reason.rstrip('.')}; {state}, {again}"
        self._say("certificate-failed", words, is_trouble=True)

    async def _sleep(self, seconds: float) -> None:
        """That long, or until somebody wakes us."""
        waiting = asyncio.ensure_future(self._woken.wait())
        sleeping = asyncio.ensure_future(self._host.clock.sleep(seconds))
        try:
            await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()
        self._woken.clear()

    def _jitter(self) -> float:
        return self._host.rng.below(_JITTER) / _JITTER


def _duration(seconds: float) -> str:
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"
