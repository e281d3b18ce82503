"""Relay names to addresses: literals of the map first, else DNS, each name and family asked once a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from natscope.host.api import Failure, Host, HostError
from natscope.model.endpoint import Family, IPAddress
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.plugins.stun_plan import stun_literal

LIMIT_S = 1.5
"""Per name and family: a name that takes longer is as good as silent, and its region gets no HTTPS try by name."""
MAX_CONCURRENT = 64

Observe = Callable[..., str]
_OUTCOMES = {
    Failure.TIMEOUT: Outcome.NO_ANSWER,
    Failure.NAME_NOT_FOUND: Outcome.REFUSED,
    Failure.NAME_NO_ADDRESS: Outcome.REFUSED,
    Failure.NAME_SERVER_FAILED: Outcome.REFUSED,
}


class NodeAddresses:
    """One per run. `observe` records look-ups, successful and failed ones."""

    def __init__(self, host: Host, observe: Observe) -> None:
        self._host = host
        self._observe = observe
        self._asked: dict[tuple[str, Family], asyncio.Task[IPAddress]] = {}
        self._gate = asyncio.Semaphore(MAX_CONCURRENT)

    async def of(self, node: RelayNode, family: Family, *, stun: bool) -> IPAddress:
        """The node's address of that family. Raises `HostError`."""
        literal = stun_literal(node, family) if stun else node.literal(family)
        if literal is not None:
            return literal
        if (stun and node.stun_test_ip) or not node.may_have(family):
            raise HostError(Failure.NAME_NO_ADDRESS, f"the map gives {node.name} no IPv{family}")
        key = (node.host_name, family)
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_task(self._ask(node, family))
        return await asyncio.shield(self._asked[key])

    async def close(self) -> None:
        """End the look-ups that nobody waits for any more."""
        open_ones = [task for task in self._asked.values() if not task.done()]
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _ask(self, node: RelayNode, family: Family) -> IPAddress:
        async with self._gate:
            sent_at = self._host.clock.now()
            facts: dict[str, Any] = {"target": node.host_name, "family": family, "node": node.name, "sent_at": sent_at}
            try:
                found = await self._host.resolver.addresses(node.host_name, family, timeout_s=LIMIT_S)
            except HostError as error:
                outcome = _OUTCOMES.get(error.failure, Outcome.LOCAL_ERROR)
                self._observe("dns.lookup", outcome, error=error.failure.value, summary=error.message, **facts)
                raise
            received_at = self._host.clock.now()
            data = {"addresses": [str(ip) for ip in found]}
            self._observe("dns.lookup", Outcome.ANSWERED, received_at=received_at, data=data, **facts)
            return found[0]
