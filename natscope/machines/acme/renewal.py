"""When a certificate is renewed, and when a failure is tried again. Times are UTC; nothing here reads a clock.

A third of its life before the end, as Let's Encrypt recommends; half of it for short-lived certificates. After a
failure the pauses double from five minutes, which stays below the five failures an hour and name that Let's Encrypt
allows, and nobody waits longer than leaves some tries before the certificate ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from natscope.errors import RefusedError

SHORT_LIVED = timedelta(days=10)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 300.0, 6 * 3600.0
SPREAD = 0.02
"""Of its life: how much earlier than necessary, by chance, so that many relays do not come at once."""
LONGEST_ASKED_S = 24 * 3600.0
"""A server may ask for more patience than ours, but not for ever."""
_TRIES_LEFT = 8
_PROOF_PROBLEMS = frozenset(
    {"unauthorized", "connection", "tls", "incorrectResponse", "unsupportedChallenge", "dns", "unknownHost"}
)
HTTP_01, TLS_ALPN_01 = "http-01", "tls-alpn-01"
"""How a name is proved: by a page on port 80 (RFC 8555 section 8.3), by a certificate on port 443 (RFC 8737)."""


class AcmeError(RefusedError):
    """The ACME server says no. `problem` is its error type without the prefix, `asked_s` the patience it asks for."""

    code = "acme"

    def __init__(self, message: str, *, problem: str = "", asked_s: float = 0.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problem = problem
        self.asked_s = asked_s

    @property
    def is_about_proof(self) -> bool:
        """Whether the name was not proved: another kind of proof may do."""
        return self.problem in _PROOF_PROBLEMS


class Validity(msgspec.Struct, frozen=True):
    """From when until when."""

    not_before: datetime
    not_after: datetime


def renewal_time(validity: Validity, jitter: float) -> datetime:
    """When to begin; `jitter` is 0 to 1."""
    life = validity.not_after - validity.not_before
    left = life / 2 if life <= SHORT_LIVED else life / 3
    return validity.not_after - left - life * SPREAD * jitter


def pause_s(failures: int, left_s: float | None, jitter: float, asked_s: float = 0.0) -> float:
    """Seconds until the next try after so many failures in a row (at least 1).

    `left_s` is what the certificate in use is still good for, None or less than 0 without one. `asked_s` is what the
    server asked for.
    """
    pause: float = min(FIRST_PAUSE_S * 2 ** min(failures - 1, 20), LONGEST_PAUSE_S)
    if left_s is not None and left_s > 0:
        pause = min(pause, max(FIRST_PAUSE_S, left_s / _TRIES_LEFT))
    return max(pause * (0.75 + 0.5 * jitter), min(asked_s, LONGEST_ASKED_S))


class Renewal:
    """The state of one certificate. `jitter` is 0 to 1 each time."""

    def __init__(self) -> None:
        """No certificate, no failure: the first try is due at once."""
        self.validity: Validity | None = None
        self.failures = 0
        self._next: datetime | None = None

    def wait_s(self, now: datetime) -> float:
        """Seconds until the next try, 0 when it is due."""
        return 0.0 if self._next is None else max(0.0, (self._next - now).total_seconds())

    def left_s(self, now: datetime) -> float | None:
        """What the certificate in use is still good for; None without one, negative when it has expired."""
        return None if self.validity is None else (self.validity.not_after - now).total_seconds()

    def found(self, validity: Validity, jitter: float) -> None:
        """A certificate is there from an earlier run, or from another process."""
        self.validity = validity
        self.failures = 0
        self._next = renewal_time(validity, jitter)

    def obtained(self, validity: Validity, jitter: float, now: datetime) -> None:
        """A new one was issued. Where that is due already (a wrong clock?), the pauses are those of failures."""
        failures = self.failures
        self.found(validity, jitter)
        if self.wait_s(now) <= 0:
            self.failures = failures
            self.failed(now, jitter)

    def failed(self, now: datetime, jitter: float, asked_s: float = 0.0) -> float:
        """A try failed; gives the seconds until the next one. The certificate in use stays."""
        self.failures += 1
        pause = pause_s(self.failures, self.left_s(now), jitter, asked_s)
        self._next = now + timedelta(seconds=pause)
        return pause

    def at_once(self) -> None:
        """Somebody asked for a try now, if one is due or has failed; a certificate that is good enough stays."""
        if self.failures:
            self._next = None
