"""The four levels on which a node can be pinged, from below upwards, and what it means where the first one fails.

Source: upstream cmd/tailscale/cli/ping.go, wgengine/userspace.go: disco is answered by the peer's transport, TSMP by
its daemon through WireGuard, ICMP by its operating system through WireGuard, peerapi by its daemon's HTTP server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from natscope.host.api import Clock
from natscope.mesh.pinging import PingPlan, ping_peer
from natscope.mesh.source import NO_ANSWER, MeshSource, PingKind
from natscope.model.mesh_ping import PingShot, PingWay
from natscope.model.mesh_status import MeshNode

LEVELS = (PingKind.DISCO, PingKind.TSMP, PingKind.ICMP, PingKind.PEER_API)
TRIES = 3
NAMES = {
    PingKind.DISCO: "disco",
    PingKind.TSMP: "TSMP",
    PingKind.ICMP: "ICMP",
    PingKind.PEER_API: "peerapi",
}
"""As users write them."""
ASKS = {
    PingKind.DISCO: "is it there, on any way?",
    PingKind.TSMP: "does WireGuard carry packets to its daemon?",
    PingKind.ICMP: "does its operating system answer?",
    PingKind.PEER_API: "does its daemon's HTTP server answer?",
}


@dataclass(frozen=True, slots=True)
class LevelResult:
    """One level. `shots` are its pings: the first pong is enough."""

    kind: PingKind
    shots: tuple[PingShot, ...]

    @property
    def pong(self) -> PingShot | None:
        """The pong, if one came."""
        return next((shot for shot in self.shots if shot.way is not PingWay.NONE), None)

    @property
    def error(self) -> str:
        """Why there is none, in the source's words."""
        return "" if self.pong is not None or not self.shots else self.shots[-1].answer.error


@dataclass(frozen=True, slots=True)
class LevelVerdict:
    """The first level that fails (None: all answer), a sentence that says what that means, and what to do."""

    failed: PingKind | None
    sentence: str
    fix: str = ""


async def ping_levels(
    source: MeshSource, ip: str, plan: PingPlan, clock: Clock, stop: asyncio.Event
) -> AsyncGenerator[LevelResult, None]:
    """All four in order, also behind one that fails: what a higher level says tells more of the lower one."""
    began = clock.now()
    for kind in LEVELS:
        left = None if plan.deadline_s is None else plan.deadline_s - (clock.now() - began)
        if stop.is_set() or (left is not None and left <= 0):
            return
        one = replace(plan, kind=kind, stop_at_first=True, deadline_s=left, size=0)
        shots = [shot async for shot in ping_peer(source, ip, one, clock, stop)]
        if shots:
            yield LevelResult(kind, tuple(shots))


def judge_levels(results: tuple[LevelResult, ...], peer: MeshNode) -> LevelVerdict:
    """What the results mean. A level that was not tried is not judged."""
    failed = next((result for result in results if result.pong is None), None)
    name = peer.short_name or "the peer"
    if failed is None:
        if len(results) < len(LEVELS):
            return LevelVerdict(
                None, f"{name} answers on {len(results)} of {len(LEVELS)} levels; the rest was not tried"
            )
        return LevelVerdict(None, f"{name} answers on all four levels")
    answered = {result.kind for result in results if result.pong is not None}
    if failed.kind is PingKind.DISCO and answered:
        above = NAMES[max(answered, key=LEVELS.index)]
        return LevelVerdict(
            failed.kind,
            f"disco got no pong though {above} did: packets reach {name}, but its transport does not answer pings",
            "nothing to do unless it stays relayed: then update the program on its side",
        )
    if failed.error not in ("", NO_ANSWER):
        return LevelVerdict(
            failed.kind, f"{NAMES[failed.kind]} is the first level that fails, and not by silence: {failed.error}"
        )
    sentence, fix = _MEANINGS[failed.kind]
    return LevelVerdict(failed.kind, sentence.replace("PEER", name), fix.replace("PEER", name))


_MEANINGS = {
    PingKind.DISCO: (
        "disco is the first level that fails: nothing comes back from PEER, not even through its relay",
        "look on PEER: is it on, has it internet, is it connected? tailscale status",
    ),
    PingKind.TSMP: (
        "TSMP is the first level that fails: PEER is there, but WireGuard carries nothing to its program",
        "at the console of PEER (it cuts the mesh): sudo tailscale down, then up; if that is no help, log it in again",
    ),
    PingKind.ICMP: (
        "ICMP is the first level that fails: WireGuard works, but PEER's operating system sends no answer",
        "look at the firewall of PEER for its mesh interface, then whether the mesh's access rules let you ping it",
    ),
    PingKind.PEER_API: (
        "peerapi is the first level that fails: PEER answers pings, but the HTTP server of its daemon is not reached",
        "let TCP in on the mesh interface of PEER: in its firewall, and in the access rules of the mesh",
    ),
}
