"""Pings of a stand-in daemon in virtual time, drawn. `python -m tests.cli.ping_scenes` writes the golden files."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from natscope.apps.mesh_ping import PingRun, ping
from natscope.apps.mesh_source import MeshInputs
from natscope.apps.mesh_status import Sight
from natscope.cli.pen import Pen
from natscope.cli.ping_flow import PingCommand, exit_code, plan_of
from natscope.cli.ping_json import PingDocument, PingLines
from natscope.cli.ping_text import PingScreen
from natscope.cli.render import Console
from natscope.cli.streams import Streams
from natscope.host.api import Clock
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.mesh.overview import ReportUse
from natscope.model.finding import Certainty, Fix
from natscope.model.pair import Blame, CandidatePath, Explanation, Outcome, Prediction, Via
from natscope.model.tri import Tri
from tests.cli.runner import Terminal
from tests.mesh.virtual import daemon_of, in_virtual_time

GOLDEN = Path(__file__).parent / "golden_ping"
NAS = StandInPeer(
    "nas",
    "100.64.0.9",
    endpoints=("198.51.100.60:33217", "192.168.178.4:41641"),
    network={"MappingVariesByDestIP": True},
)
DB = StandInPeer(
    "db-1",
    "100.64.0.7",
    endpoints=("[2001:db8:7::9e]:41641", "203.0.113.9:41641"),
    direct="[2001:db8:7::9e]:41641",
    direct_after=2,
    tags=("tag:db",),
)
OFFLINE = StandInPeer("lab-pi", "100.64.0.8", online=False, last_seen=datetime(2025, 12, 29, tzinfo=UTC))
EXPIRED = StandInPeer("old", "100.64.0.11", expired=True, key_expiry=datetime(2025, 12, 23, tzinfo=UTC))
SILENT = StandInPeer("gone", "100.64.0.13", levels=frozenset())
NO_ICMP = StandInPeer("acl", "100.64.0.12", levels=frozenset({"disco", "TSMP"}))
NO_WIREGUARD = StandInPeer("rekeyed", "100.64.0.16", levels=frozenset({"disco"}))
LOSSY = StandInPeer("lossy", "100.64.0.14", lost=frozenset({1, 3}))
THROUGH = StandInPeer("through", "100.64.0.15", peer_relay="198.51.100.9:40000:vni:7")
LAN = StandInPeer("printer", "100.64.0.17", direct="192.168.1.30:41641", direct_after=0)
HOSTILE = StandInPeer("na\x1b[31ms\u202e" + "x" * 40, "100.64.0.66", relay="f\x07ra", endpoints=("198.51.100.66:1",))
PATTERN = StandInPeer(
    "bundle", "100.64.0.19", direct="198.51.100.61:41641", direct_after=0,
    lost=frozenset(number for number in range(1, 73) if (number - 1) % 18 >= 3),
)  # fmt: skip
DETOUR = StandInPeer(
    "faraway", "100.64.0.20", direct="198.51.100.62:41641", direct_after=3, relay_ms=48.0, direct_ms=171.0
)
ROUTER = StandInPeer("branch", "100.64.0.18", routes=("192.168.50.0/24",), direct="203.0.113.5:41641", direct_after=0)
MESH = StandInMesh(
    peers=(
        NAS,
        DB,
        OFFLINE,
        EXPIRED,
        SILENT,
        NO_ICMP,
        NO_WIREGUARD,
        LOSSY,
        THROUGH,
        LAN,
        HOSTILE,
        ROUTER,
        PATTERN,
        DETOUR,
    )
)
WHY = Explanation(
    short="its router: random ports",
    sentence="Its router picks a new public port for each peer, and yours lets in only ports that you wrote to.",
    blame=Blame.PEER,
    certainty=Certainty.LIKELY,
    causes=("NS-NAT-02",),
    this_side="lets in only ports you wrote to, as most home routers do",
    peer_side="gets a new random port for each peer (symmetric NAT)",
    fixes=(
        Fix(
            do="Let the router of nas open ports (PCP, NAT-PMP or UPnP).", who="owner of nas", effort="E2",
            duration="5 min",
        ),
        Fix(do="Turn on IPv6 on both sides.", who="provider", effort="E5", duration="days"),
    ),
    unknowable=("whether the router of nas could open ports", "its IPv6"),
    peer_command="natscope netcheck --json > nas.json",
    prediction=Prediction(
        path="relay",
        candidates=(
            CandidatePath(
                via=Via.V4, endpoint="198.51.100.60:33217", tried=Tri.YES, answered=Tri.NO, result=Outcome.NO,
                reason="another peer's port, not yours",
            ),
            CandidatePath(via=Via.LAN, endpoint="192.168.178.4:41641", result=Outcome.NO, reason="not your network"),
            CandidatePath(via=Via.V6, result=Outcome.NO, reason="nas has no IPv6"),
        ),
    ),
)  # fmt: skip
NOT_KNOWN = Explanation(
    short="reason not known",
    sentence="Its packets go through a relay, and why is not known.",
    unknowable=("what the peer's router does",),
    peer_command="natscope netcheck --json > peer.json",
)
"""What the engine says is tested where the engine is: the drawings here do not depend on it."""
KEPT = ReportUse(report=None, origin="kept", age_s=7260.0, same_network=Tri.NO)


@dataclass(frozen=True)
class Scene:
    """`why` in place of the engine's explanation (None: the engine's own), `stop_after_s`: Ctrl-C then."""

    command: PingCommand
    why: Explanation | None = NOT_KNOWN
    report: ReportUse | None = None
    verbosity: int = 0
    ascii_only: bool = False
    width: int = 80
    stop_after_s: float = 1e6
    rows: int = 0
    mesh: StandInMesh = field(default=MESH)


SCENES: dict[str, Scene] = {
    "relay-then-direct": Scene(PingCommand(peer="db-1")),
    "stays-relayed": Scene(PingCommand(peer="nas"), why=WHY),
    "stays-relayed-verbose": Scene(PingCommand(peer="nas", count="3"), why=WHY, verbosity=1, report=KEPT),
    "stays-relayed-ascii-narrow": Scene(PingCommand(peer="nas", count="2"), why=WHY, ascii_only=True, width=60),
    "stays-relayed-quiet": Scene(PingCommand(peer="nas", count="2"), why=WHY, verbosity=-1),
    "stays-relayed-folded": Scene(PingCommand(peer="nas"), why=WHY, rows=24),
    "offline": Scene(PingCommand(peer="lab-pi", count="2", wait="1")),
    "expired-key": Scene(PingCommand(peer="old", count="2")),
    "silent": Scene(PingCommand(peer="gone", count="1")),
    "lossy": Scene(PingCommand(peer="lossy", count="5", wait="2")),
    "peer-relay": Scene(PingCommand(peer="through", count="2"), why=WHY),
    "lan": Scene(PingCommand(peer="printer")),
    "levels-all": Scene(PingCommand(peer="db-1", levels=True)),
    "levels-icmp": Scene(PingCommand(peer="acl", levels=True, wait="1")),
    "levels-wireguard": Scene(PingCommand(peer="rekeyed", levels=True, wait="1", count="1")),
    "levels-none": Scene(PingCommand(peer="lab-pi", levels=True, wait="1")),
    "tsmp": Scene(PingCommand(peer="nas", kinds=("tsmp",))),
    "icmp-counted": Scene(PingCommand(peer="nas", kinds=("icmp",), count="3")),
    "peerapi": Scene(PingCommand(peer="nas", kinds=("peerapi",))),
    "this-node": Scene(PingCommand(peer="laptop")),
    "interrupted": Scene(PingCommand(peer="nas", count="0"), why=WHY, stop_after_s=2.5),
    "deadline": Scene(PingCommand(peer="nas", count="30", deadline="2.5"), why=WHY),
    "hostile-names": Scene(PingCommand(peer="100.64.0.66", count="1"), verbosity=1),
    "loss-in-a-pattern": Scene(PingCommand(peer="bundle", count="72", until_direct=False, wait="1"), rows=24),
    "direct-is-a-detour": Scene(PingCommand(peer="faraway", count="8", until_direct=False), verbosity=1),
    "behind-a-router": Scene(PingCommand(peer="192.168.50.7", until_direct=False, count="2", stamps=True)),
}  # fmt: skip


def play(scene: Scene, form: str = "text") -> tuple[str, int, PingRun]:
    """(what is printed, exit code, the run)."""
    out = Terminal()
    console = Console(Streams(None, out, None), {}, verbosity=scene.verbosity, ascii_only=scene.ascii_only)
    plan = plan_of(scene.command)
    shower: Any
    if form == "text":
        pen = Pen(scene.width, scene.ascii_only)
        command = scene.command
        explains = bool(command.report or command.netcheck)
        shower = PingScreen(
            console, pen, plan, stamps=command.stamps, levels=command.levels, rows=scene.rows, explains=explains
        )
    else:
        shower = (PingDocument if form == "json" else PingLines)(console, plan)

    async def work(clock: Clock) -> PingRun:
        source, _ = daemon_of(scene.mesh, clock)
        sight = Sight(cast("Any", SimpleNamespace(clock=clock)), MeshInputs(source), scene.report)
        stop = asyncio.Event()

        async def end() -> None:
            await clock.sleep(scene.stop_after_s)
            stop.set()

        ending = asyncio.ensure_future(end())
        try:
            return await ping(sight, scene.command.peer, plan, shower, stop, levels=scene.command.levels)
        finally:
            ending.cancel()

    run = in_virtual_time(work)
    code = exit_code(run, count_given=bool(scene.command.count))
    with patch("natscope.apps.mesh_ping.explain_peer", return_value=scene.why) if scene.why else nullcontext():
        shower.end(run, scene.report, code)
    return out.text(), code, run


def main() -> None:
    for name, scene in SCENES.items():
        (GOLDEN / f"{name}.txt").write_bytes(play(scene)[0].encode())


if __name__ == "__main__":
    main()
