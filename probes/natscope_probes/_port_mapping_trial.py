"""One protocol at one gateway: is it there, does it open a port, does a packet come in, is the port closed again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from natscope.host.api import HostError, UdpSocket
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.portmap_client.values import Protocol
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.portmap.openers import Denial, Grant, Kind, Opener, Presence
from natscope_probes._port_mapping_multicast import compare
from natscope_probes._port_mapping_proof import prove

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

LEASE_S = 120
"""Routers give no less; what a crash leaves behind is gone after that."""
MAP_S, PROOF_S, REMOVE_S = 2.0, 1.5, 0.8
HASTY_REMOVE_S = 0.9
"""When the run was cut: what does not work within that lapses with its lease."""
CLOSING_S = 0.1

OUTCOMES = {
    Kind.REFUSED: Outcome.REFUSED,
    Kind.CLOSED: Outcome.ICMP_ERROR,
    Kind.SILENT: Outcome.NO_ANSWER,
    Kind.OTHER_PROTOCOL: Outcome.REFUSED,
    Kind.FAILED: Outcome.WRONG,
    Kind.NOT_SENT: Outcome.LOCAL_ERROR,
}


class Trial:
    """Runs the steps and writes an observation for each; `wait_until` is how long the gateway may stay silent."""

    def __init__(self, ctx: ProbeContext, way: Way, opener: Opener, wait_until: float) -> None:
        self._ctx = ctx
        self._way = way
        self._opener = opener
        self._wait_until = wait_until
        self._counted = (0, 0, 0)
        self._socket: UdpSocket | None = None

    async def run(self) -> None:
        """All steps. What was opened is closed, also when the run is cut."""
        opener = self._opener
        try:
            found = await self._find()
            if isinstance(found, Presence) and self._time_left() > 0:
                async with asyncio.TaskGroup() as tasks:
                    if found.protocol is Protocol.UPNP and not found.source:
                        tasks.create_task(compare(self._ctx, self._way, self._ctx.deadline - CLOSING_S))
                    await self._open_and_close(found)
        finally:
            await opener.end()

    async def _find(self) -> Presence | Denial:
        ctx, opener = self._ctx, self._opener
        started_at = ctx.host.clock.now()
        try:
            found = await opener.find(self._wait_until)
        except asyncio.CancelledError:
            self._observe("portmap.service", Outcome.CANCELLED, started_at, summary="cut off")
            raise
        if isinstance(found, Denial):
            self._observe_denial("portmap.service", found, started_at)
            return found
        data: dict[str, Any] = dict(found.details)
        data |= {"epoch_s": found.epoch_s, "restarted": found.restarted, "elsewhere": found.source}
        data["external"] = None if found.external is None else str(found.external)
        self._observe(
            "portmap.service", Outcome.ANSWERED, started_at, answered_at=found.answered_at, took_s=found.took_s,
            data=data, source=found.source,
        )  # fmt: skip
        return found

    async def _open_and_close(self, found: Presence) -> None:
        ctx = self._ctx
        try:
            way = self._way
            own = way.own if way.family == 6 else None
            self._socket = await ctx.host.udp.open(way.family, address=own, interface=way.interface)
        except HostError as error:
            at = ctx.host.clock.now()
            self._observe("portmap.map", Outcome.LOCAL_ERROR, at, error=error.failure.value, summary=error.message)
            return
        port = self._socket.local.port
        is_cut = True
        try:
            granted = await self._open(port)
            if isinstance(granted, Grant):
                await prove(ctx, self._way, self._socket, granted, found, ctx.host.clock.now() + PROOF_S)
            is_cut = False
        finally:
            try:
                await self._remove(port, is_cut=is_cut)
            finally:
                self._socket.close()

    async def _open(self, port: int) -> Grant | Denial:
        ctx, opener = self._ctx, self._opener
        started_at = ctx.host.clock.now()
        granted = await opener.open(port, LEASE_S, self._limit(MAP_S))
        if isinstance(granted, Denial):
            self._observe_denial("portmap.map", granted, started_at, internal_port=port)
            return granted
        external = "" if granted.external is None else str(Endpoint(granted.external, granted.external_port))
        data = {
            "external": external,
            "external_port": granted.external_port,
            "internal_port": port,
            "lifetime_s": granted.lifetime_s,
            "epoch_s": granted.epoch_s,
            "restarted": granted.restarted,
            "notes": list(granted.notes),
            "differences": list(granted.differences),
            "read_back": granted.read_back,
        }
        self._observe(
            "portmap.map", Outcome.ANSWERED, started_at, answered_at=ctx.host.clock.now(), data=data,
            summary=f"granted {external or granted.external_port} for {granted.lifetime_s} s",
        )  # fmt: skip
        return granted

    async def _remove(self, port: int, *, is_cut: bool) -> None:
        """One datagram leaves before anything is waited for: a second interruption finds it sent."""
        ctx, opener = self._ctx, self._opener
        started_at = ctx.host.clock.now()
        if is_cut:
            opener.abandon()
        limit = started_at + HASTY_REMOVE_S if is_cut else self._limit(REMOVE_S)
        before = opener.packets
        is_gone = await opener.close(port, limit)
        if is_gone and opener.packets == before and not is_cut:
            return  # there was nothing to remove
        outcome = Outcome.ANSWERED if is_gone else Outcome.NO_ANSWER
        words = "" if is_gone else f"not confirmed; it lapses after {LEASE_S} s at the latest"
        self._observe("portmap.removed", outcome, started_at, summary=words, data={"internal_port": port})

    def _time_left(self) -> float:
        return self._ctx.deadline - CLOSING_S - self._ctx.host.clock.now()

    def _limit(self, seconds: float) -> float:
        return min(self._ctx.host.clock.now() + seconds, self._ctx.deadline - CLOSING_S)

    def _observe_denial(self, kind: str, denial: Denial, started_at: float, **more: Any) -> None:
        data: dict[str, Any] = {"kind": denial.kind.value, "words": denial.words, "elsewhere": denial.source}
        if denial.retry_after_s is not None:
            data["retry_after_s"] = denial.retry_after_s
        self._observe(
            kind, OUTCOMES[denial.kind], started_at, answered_at=denial.at or None, error=denial.code,
            summary=denial.words, source=denial.source, data=data | dict(denial.details) | more,
        )  # fmt: skip

    def _observe(
        self,
        kind: str,
        outcome: Outcome,
        started_at: float,
        *,
        answered_at: float | None = None,
        took_s: float | None = None,
        error: str = "",
        summary: str = "",
        source: str = "",
        data: dict[str, Any] | None = None,
    ) -> str:
        opener = self._opener
        before, self._counted = self._counted, (opener.packets, opener.bytes_sent, opener.bytes_received)
        packets, sent, received = (now - then for now, then in zip(self._counted, before, strict=True))
        took = {} if took_s is None else {"rtt_ms": round(took_s * 1000, 4)}
        return self._ctx.observe(
            kind,
            outcome,
            family=self._way.family,
            target=str(self._way.gateway),
            source=source,
            sent_at=started_at,
            received_at=answered_at,
            packets=packets,
            bytes_sent=sent,
            bytes_received=received,
            error=error,
            summary=summary,
            data={"protocol": opener.protocol.value, "interface": self._way.interface, **(data or {})},
            **took,
        )


async def opened(ctx: ProbeContext, way: Way, make: Any, protocol: str) -> Opener | None:
    """An opener, or None and an observation where this host gives no socket."""
    try:
        found: Opener = await make
    except HostError as error:
        ctx.observe(
            "portmap.service", Outcome.LOCAL_ERROR, family=way.family, target=str(way.gateway),
            error=error.failure.value, summary=error.message,
            data={"protocol": protocol, "interface": way.interface, "kind": Kind.NOT_SENT.value},
        )  # fmt: skip
        return None
    return found
