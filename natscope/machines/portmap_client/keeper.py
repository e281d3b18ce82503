"""Keeps one port open: which protocol to try next, when to renew, when to look whether the router still knows.

All three protocols are tried, also after a refusal: many routers refuse one and grant another. What refused or was
silent is left alone for a while (for PCP as long as the router says). A mapping whose outside address is public is
kept; one behind a private address is kept only where no other protocol gives a better one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from natscope.machines.portmap_client.timing import renew_after_s
from natscope.machines.portmap_client.values import MAX_LEASE_S, Protocol
from natscope.model.address_space import is_inside
from natscope.model.endpoint import IPAddress

REFUSED_S, SILENT_S = 1800.0, 600.0
"""How long a protocol is left alone after that, unless the router says otherwise."""
LEAST_S, MOST_S = 30.0, 86_400.0
CHECK_S = 300.0
"""How often the router's clock is looked at between renewals: a restart loses every mapping."""


@dataclass(frozen=True, slots=True)
class Held:
    """The mapping that is open. `expires_at` is the time at which the router forgets it unless it is renewed."""

    protocol: Protocol
    external: IPAddress | None
    external_port: int
    lease_s: float
    granted_at: float
    renewals: int = 0

    @property
    def expires_at(self) -> float:
        """On the clock of `granted_at`."""
        return self.granted_at + self.lease_s

    @property
    def is_public(self) -> bool:
        """Its outside address may be reached from the internet, as far as the address tells."""
        return self.external is None or not is_inside(self.external)


@dataclass(frozen=True, slots=True)
class Open:
    """Ask that protocol for the port; `external_port` is the one that we had, 0 for none."""

    protocol: Protocol
    external_port: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """Ask whether the service is there, and look at its clock."""

    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Release:
    """Close what that protocol opened: another one's is better, or it was never wanted."""

    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until then."""

    until: float


Step: TypeAlias = Open | Check | Release | Wait


class Keeper:
    """Ask `step` what to do, do it, and tell `granted`, `denied`, `checked` or `released`.

    `chance` gives numbers from 0 to 1 for renewals; `protocols` in the order in which they are tried.
    """

    def __init__(self, chance: Callable[[], float], protocols: Sequence[Protocol] = tuple(Protocol)) -> None:
        self.held: Held | None = None
        self._chance = chance
        self._protocols = tuple(protocols)
        self._blocked: dict[Protocol, float] = {}
        self._renew_at = self._check_at = float("inf")
        self._last_port = 0
        self._spare: Protocol | None = None
        self._better: list[Protocol] = []

    def step(self, now: float) -> Step:
        """What to do at `now`."""
        if self._spare is not None:
            return Release(self._spare)
        held = self.held
        if held is not None and now >= held.expires_at:
            self._lose(held, now)
            held = None
        if held is None:
            return self._try(now)
        if self._better:
            return Open(self._better[0], held.external_port)
        if now >= self._renew_at:
            return Open(held.protocol, held.external_port)
        if now >= self._check_at:
            return Check(held.protocol)
        return Wait(min(self._renew_at, self._check_at, held.expires_at))

    def granted(
        self, protocol: Protocol, external: IPAddress | None, external_port: int, lifetime_s: float, now: float
    ) -> None:
        """A port is open, or open for longer. `lifetime_s` 0: until it is removed, looked after all the same."""
        lease = min(lifetime_s, float(MAX_LEASE_S)) or float(MAX_LEASE_S)
        found = Held(protocol, external, external_port, max(lease, 1.0), now)
        before, self._last_port = self.held, external_port
        if before is not None and before.protocol is not protocol:
            if not found.is_public:
                self._spare = protocol  # no better than what we have
                self._better = [p for p in self._better if p is not protocol]
                return
            self._spare = before.protocol
        self.held = found
        self._blocked.pop(protocol, None)
        self._renew_at = now + renew_after_s(found.lease_s, 0, self._chance())
        self._check_at = now + CHECK_S
        if before is None and not found.is_public:
            self._better = [p for p in self._protocols if p is not protocol and not self._is_blocked(p, now)]
        elif found.is_public:
            self._better = []

    def denied(self, protocol: Protocol, now: float, *, silent: bool, retry_after_s: float | None = None) -> None:
        """No, or no answer: to a new request, a renewal, or a search for something better."""
        wait_s = retry_after_s if retry_after_s is not None else SILENT_S if silent else REFUSED_S
        self._better = [p for p in self._better if p is not protocol]
        held = self.held
        if held is None or held.protocol is not protocol:
            self._blocked[protocol] = now + min(max(wait_s, LEAST_S), MOST_S)
            return
        renewals = held.renewals + 1
        self.held = replace(held, renewals=renewals)
        self._renew_at = held.granted_at + renew_after_s(held.lease_s, renewals, self._chance())
        if not silent:  # the router does not want us any more
            self._blocked[protocol] = now + min(max(wait_s, LEAST_S), MOST_S)
            self._lose(self.held, now)

    def checked(self, now: float, *, restarted: bool) -> None:
        """The service has answered a check, or not; `restarted`: it has lost its table."""
        self._check_at = now + CHECK_S
        if restarted:
            self._renew_at = now

    def released(self, protocol: Protocol) -> None:
        """A mapping was given back, or could not be."""
        if self._spare is protocol:
            self._spare = None

    def _try(self, now: float) -> Step:
        for protocol in self._protocols:
            if not self._is_blocked(protocol, now):
                return Open(protocol, self._last_port)
        return Wait(min(self._blocked[p] for p in self._protocols))

    def _is_blocked(self, protocol: Protocol, now: float) -> bool:
        return self._blocked.get(protocol, 0.0) > now

    def _lose(self, held: Held, now: float) -> None:
        """What was there is gone; its protocol is tried again, unless it is blocked."""
        self.held = None
        self._last_port = held.external_port
        self._renew_at = self._check_at = float("inf")
        self._better = []
