"""The golden screens of `natscope status` and `natscope path`: every recorded body, a mesh with everything, saved ones.

`python -m tests.cli.mesh_goldens` writes them again, and those of docs/mesh-status.md; read the difference before you
keep it. In the screens of what was recorded and in those named `saved-…` the reasons are the engine's: the others hold
a fixed one, because they are about drawing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest import mock

import msgspec

from natscope.apps.mesh_overview import Wanted, look
from natscope.apps.mesh_path import look_at
from natscope.apps.mesh_source import MeshInputs
from natscope.apps.mesh_status import Sight
from natscope.cli.path_text import draw_path
from natscope.cli.pen import Pen
from natscope.cli.status_json import encode_overview
from natscope.cli.status_state import draw_state
from natscope.cli.status_text import draw_overview
from natscope.host.api import Host
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.lab.stand_in_daemon import StandIn
from natscope.lab.stand_in_serve import StandInHttp
from natscope.mesh.history import Since, Step, StepKind
from natscope.mesh.overview import Overview, PeerLine, ReportUse
from natscope.mesh.peer_path import build_path
from natscope.mesh.saved import SavedStatus
from natscope.mesh.saved_files import SavedReport, read_saved
from natscope.model.finding import Certainty, Fix
from natscope.model.mesh_status import MeshState, Way
from natscope.model.pair import Blame, CandidatePath, Explanation, Outcome, Prediction, Via
from natscope.model.tri import Tri
from natscope.tailscaled.client import LOCAL_HOST
from natscope.tailscaled.daemon import Daemon
from tests.mesh.saved_mesh import AT, FOLDER, Clock
from tests.netcheck.map_http import TableHttp
from tests.wire.local_api.recorded import STATUS, body

GOLDEN = Path(__file__).parent / "golden_mesh"
PAGE = Path(__file__).parents[2] / "docs" / "mesh-status.md"
SHOWN = re.compile(r"(<!-- golden: (\S+) -->\n```text\n).*?```", re.DOTALL)
NETCHECKS = Path(__file__).parents[2] / "fixtures" / "recordings" / "tailscale-netcheck"
NEXT = "natscope path PEER"
WHY = Explanation(
    short="its router: random ports",
    sentence="The router of that node picks a new port for each peer (symmetric NAT).",
    blame=Blame.PEER,
    certainty=Certainty.LIKELY,
    causes=("NS-NAT-02",),
    this_side="lets in ports it wrote to",
    peer_side="a new random port for each peer",
    fixes=(Fix(do="Let its router open ports (PCP, UPnP).", who="owner of the peer", effort="E2", duration="5 min"),),
    unknowable=("whom its router lets in",),
    peer_command="natscope netcheck --json > peer.json",
    prediction=Prediction(
        path="relay",
        relay="fra",
        relay_rtt_ms=43.2,
        reason="you let in one port, it shows another",
        candidates=(
            CandidatePath(
                via=Via.LAN, endpoint="192.168.178.4:41641", tried=Tri.YES, answered=Tri.NO, result=Outcome.NO,
                reason="its home network, not yours",
            ),
            CandidatePath(
                via=Via.V6, endpoint="[2001:db8:7::9e]:41641", tried=Tri.YES, result=Outcome.UNKNOWN,
                reason="nobody tells whether it has IPv6",
            ),
            CandidatePath(
                via=Via.V4, endpoint="198.51.100.60:33217", tried=Tri.YES, answered=Tri.NO, result=Outcome.NO,
                reason="you let in one port, it shows another, so nothing that it sends gets in",
            ),
            CandidatePath(via=Via.PORT_GUESSING, result=Outcome.GUESS, reason="most clients do not"),
        ),
    ),
)  # fmt: skip
PLAIN_WHY = Explanation(short="no traffic, not tested", sentence="Nothing was sent lately.", blame=Blame.NOBODY)
MESH = StandInMesh(
    peers=(
        StandInPeer(
            "nas", "100.64.0.9", endpoints=("198.51.100.60:33217", "192.168.178.4:41641"), way=Way.RELAYED,
            bytes_in=123_456, bytes_out=654_321, handshake=AT - timedelta(seconds=70), version="1.80.2",
            tags=("tag:server",),
        ),
        StandInPeer(
            "office", "100.64.0.3", direct="203.0.113.9:41641", way=Way.DIRECT, routes=("192.168.50.0/24",),
            bytes_in=10**9, bytes_out=5 * 10**8, handshake=AT - timedelta(seconds=20),
            key_expiry=AT + timedelta(days=90),
        ),
        StandInPeer("build", "100.64.0.4", direct="192.168.1.40:41641", way=Way.DIRECT),
        StandInPeer("far", "100.64.0.6", peer_relay="203.0.113.7:40000:vni:7", way=Way.PEER_RELAY),
        StandInPeer("phone", "100.64.0.5", os="android"),
        StandInPeer("lab-pi", "100.64.0.8", online=False, last_seen=AT - timedelta(days=3)),
        StandInPeer("old", "100.64.0.10", expired=True, key_expiry=AT - timedelta(days=9)),
    ),
    health=(
        "Some peers are advertising routes but --accept-routes is false",
        "Tailscale couldn't listen for incoming UDP connections.",
        "a warning that nobody knows",
    ),
)  # fmt: skip


@contextmanager
def fixed_reasons() -> Iterator[None]:
    """The same reason for each active peer."""

    def explain(status: object, peer: object, **known: object) -> Explanation:
        return WHY if getattr(peer, "is_active", None) and getattr(peer, "current", None) is None else PLAIN_WHY

    with mock.patch("natscope.mesh.overview.explain_peer", explain):
        yield


def saved(data: bytes, name: str, report: SavedReport | None = None) -> Overview:
    """As `--from` reads it."""
    use = ReportUse(report=report.report, origin="file", name=report.name) if report is not None else None
    return asyncio.run(look(SavedStatus(data, name), Wanted(), report=use, is_saved=True))


class QuickClock(Clock):
    """Sleeps no time."""

    async def sleep(self, seconds: float) -> None:
        return


def live(mesh: StandInMesh = MESH, use: ReportUse | None = None, *, probe: bool = False) -> Overview:
    """As a daemon tells it, at a time that stands still."""
    clock = QuickClock()
    daemon = Daemon(StandInHttp(StandIn(mesh, clock), clock), "/t.sock")
    return asyncio.run(look(daemon, Wanted(probe=probe), report=use, at=clock.utc, sleep=clock.sleep))


def recorded_path(folder: str, at: datetime) -> str:
    """`natscope path` to the one peer of which everything was recorded, with what the daemon answered then."""
    api = f"http://{LOCAL_HOST}/localapi/v0/"
    http = TableHttp({
        f"{api}status": body(f"{folder}status.http"),
        f"{api}whois?addr=100.64.0.2%3A0": body(f"{folder}whois.http"),
        f"{api}whois?addr=100.64.0.1%3A0": 404,  # of the node itself, which nobody recorded
        f"{api}debug-peer-endpoint-changes?ip=100.64.0.2": body(f"{folder}peer-endpoint-changes.http"),
    })  # fmt: skip
    host = cast("Host", SimpleNamespace(clock=SimpleNamespace(utc=lambda: at, sleep=None)))
    sight = Sight(host, MeshInputs(Daemon(http, "/t.sock")), None)
    return draw_path(asyncio.run(look_at(sight, "100.64.0.2", probe=False)), Pen())


def report_of(file: Path) -> SavedReport:
    """A saved netcheck, of either form."""
    found = read_saved(file.read_bytes(), file.name)
    assert isinstance(found, SavedReport)
    return found


def screen(overview: Overview, pen: Pen | None = None, verbosity: int = 0) -> str:
    """As the command draws it."""
    pen = pen or Pen()
    if overview.status.state is not MeshState.RUNNING:
        return draw_state(overview, pen, verbosity=verbosity)
    return draw_overview(overview, pen, verbosity=verbosity, hint=NEXT)


def path_screen(line: PeerLine, overview: Overview, pen: Pen | None = None) -> str:
    """The way to one peer with a history of every kind of step."""
    at = AT - timedelta(hours=4)
    steps = (
        Step(kind=StepKind.RELAY, first=at, last=at, addresses=("127.3.3.40:900",)),
        Step(kind=StepKind.ENDPOINTS, first=at, last=at, addresses=("198.51.100.60:33217", "192.168.178.4:41641")),
        Step(kind=StepKind.CALLED, first=at + timedelta(seconds=9), last=at, addresses=("198.51.100.60:33218",)),
        Step(kind=StepKind.DIRECT, first=at + timedelta(hours=1), last=at + timedelta(hours=2), count=40),
        Step(kind=StepKind.LOST, first=at + timedelta(hours=2), last=at, addresses=("198.51.100.60:33217",)),
        Step(kind=StepKind.OTHER, first=AT, last=AT, what="somethingNew", count=2),
    )
    since = Since(at=at + timedelta(hours=2))
    line = msgspec.structs.replace(line, since=since)
    told = WHY.prediction
    assert told is not None
    overview = msgspec.structs.replace(overview, lines=(line,))
    view = build_path(overview, line, prediction=told, candidates=told.candidates)
    return draw_path(msgspec.structs.replace(view, steps=steps), pen or Pen())


def drawn() -> dict[str, str]:
    """File name to text."""
    found: dict[str, str] = {}
    for name in (*STATUS, "status.http", "status-nopeers.http"):
        file = f"{name.partition('.')[0]}{'-http' if name.endswith('.http') else ''}.txt"
        found[file] = screen(saved(body(name), name))
    for name in ("status", "status-needslogin"):
        found[f"1.76.6-{name}.txt"] = screen(saved(body(f"1.76.6/{name}.http"), f"{name}.http"))
    found["path-recorded.txt"] = recorded_path("", datetime(2026, 11, 24, 21, 36, 30, tzinfo=UTC))
    found["1.76.6-path-recorded.txt"] = recorded_path("1.76.6/", datetime(2026, 11, 29, 9, 41, tzinfo=UTC))
    with fixed_reasons():
        mesh = live()
        found["mesh.txt"] = screen(mesh)
        found["mesh-v.txt"] = screen(mesh, verbosity=1)
        found["mesh-ascii.txt"] = screen(mesh, Pen(ascii_only=True))
        found["mesh-colour.txt"] = screen(mesh, Pen(colour=True))
        found["mesh-50-columns.txt"] = screen(mesh, Pen(width=50))
        found["mesh-140-columns.txt"] = screen(mesh, Pen(width=140))
        found["mesh-probe.txt"] = screen(live(probe=True))
        found["mesh.json"] = encode_overview(mesh)
        report = report_of(NETCHECKS / "public.json").report
        for name, use in (
            ("old", ReportUse(report=report, origin="kept", age_s=7200, same_network=Tri.YES, is_outdated=True)),
            ("perhaps-elsewhere", ReportUse(report=report, origin="kept", age_s=120, same_network=Tri.UNKNOWN)),
            ("elsewhere", ReportUse(report=None, origin="kept", age_s=120, same_network=Tri.NO, is_outdated=True)),
            ("too-old", ReportUse(report=None, origin="kept", age_s=200_000, same_network=Tri.YES, is_outdated=True)),
            ("fresh", ReportUse(report=report, origin="fresh", age_s=0, same_network=Tri.YES)),
        ):
            own = replace(MESH, endpoints=("198.51.100.11:41641",), health=(), peers=MESH.peers[:2])
            found[f"report-{name}.txt"] = screen(live(own, use))
        nas = next(line for line in mesh.lines if line.node.host_name == "nas")
        found["path.txt"] = path_screen(nas, mesh)
        found["path-ascii.txt"] = path_screen(nas, mesh, Pen(ascii_only=True))
    status = (FOLDER / "status.json").read_bytes()
    found["saved-symmetric.txt"] = screen(saved(status, "status.json", report_of(FOLDER / "netcheck.json")))
    found["saved-symmetric-ascii.txt"] = screen(
        saved(status, "status.json", report_of(FOLDER / "netcheck.json")), Pen(ascii_only=True)
    )
    found["saved-no-netcheck.txt"] = screen(saved(status, "status.json"))
    active = saved(body("status-active.json"), "status.json", report_of(NETCHECKS / "public.json"))
    found["saved-upstreams-netcheck.txt"] = screen(active)
    elsewhere = saved(status, "status.json", report_of(NETCHECKS / "nat-hard.json"))
    found["saved-other-network.txt"] = screen(elsewhere)
    return found


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    texts = drawn()
    for file in GOLDEN.iterdir():
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
    PAGE.write_text(SHOWN.sub(lambda found: f"{found[1]}{texts[Path(found[2]).name]}```", PAGE.read_text()))


if __name__ == "__main__":
    main()
