"""The names of `/bootstrap-dns`: looked up now and then, so that clients whose DNS is broken find control and relays.

Source: upstream cmd/derper/bootstrap_dns.go. What cannot be looked up keeps its last addresses.
"""

from __future__ import annotations

from collections.abc import Sequence

from natscope.host.api import Host, HostError
from natscope.machines.derp.effects import Effects
from natscope.model.endpoint import Family
from natscope.relay.log import Level, Log
from natscope.relay.service import RelayService

REFRESH_S = 600.0
LOOK_UP_S = 10.0
FAMILIES: tuple[Family, ...] = (4, 6)


class NamesPart:
    """Implements `natscope.relay.service.Part`. `unlisted` names are told only to who asks for them."""

    def __init__(self, names: Sequence[str], unlisted: Sequence[str]) -> None:
        """Nothing was looked up."""
        self._names = tuple(names)
        self._unlisted = tuple(unlisted)
        self._service: RelayService | None = None
        self._is_kept = False

    def start(self, service: RelayService) -> None:
        """Look up now, and again every ten minutes."""
        self._service = service
        if self._names or self._unlisted:
            self._is_kept = True
            service.aside.keep("bootstrap names", self._keep())

    def change(self, names: Sequence[str], unlisted: Sequence[str]) -> None:
        """Other names, from the next `reload` on."""
        self._names, self._unlisted = tuple(names), tuple(unlisted)

    def reload(self) -> None:
        """Look up again now."""
        if self._service is not None:
            if self._is_kept:
                self._service.aside.keep("bootstrap names", self.refresh())
            else:
                self.start(self._service)

    def close(self) -> None:
        """Nothing is open."""

    async def refresh(self) -> None:
        """Look all of them up once."""
        assert self._service is not None
        service = self._service
        found = {name: await _addresses(service.host, service.log, name) for name in (*self._names, *self._unlisted)}

        def take(_: float) -> Effects:
            pages = service.front.pages
            pages.names = _newer(pages.names, found, self._names)
            pages.unlisted = _newer(pages.unlisted, found, self._unlisted)
            return Effects()

        service.post(take)

    async def _keep(self) -> None:
        assert self._service is not None
        while True:
            await self.refresh()
            await self._service.host.clock.sleep(REFRESH_S)


def _newer(
    old: dict[str, Sequence[str]], found: dict[str, list[str]], names: Sequence[str]
) -> dict[str, Sequence[str]]:
    return {name: found[name] or old[name] for name in names if found[name] or name in old}


async def _addresses(host: Host, log: Log, name: str) -> list[str]:
    """Both families in a random order, so that no client prefers one because it comes first."""
    found: list[str] = []
    reasons = []
    for family in FAMILIES:
        try:
            found += [str(ip) for ip in await host.resolver.addresses(name, family, timeout_s=LOOK_UP_S)]
        except HostError as error:
            reasons.append(error.message)
    if not found:
        log.say("bootstrap-names", reasons[0] if reasons else f"{name} has no address", Level.WARNING)
    for last in range(len(found) - 1, 0, -1):
        other = host.rng.below(last + 1)
        found[last], found[other] = found[other], found[last]
    return found
