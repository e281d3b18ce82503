"""What `ping`, `path` and `status` say in the lab's scenarios: a stand-in daemon serves a scenario's truth, this side's
report is a netcheck there in the simulator, and the reasons are the engine's. Nothing is patched.

`python -m tests.cli.truth_scenes` writes the golden files again; read the difference before you keep it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from natscope.apps.mesh_overview import Wanted
from natscope.apps.mesh_path import look_at
from natscope.apps.mesh_source import MeshInputs
from natscope.apps.mesh_status import Sight
from natscope.cli.path import exit_code as code_of_path
from natscope.cli.path_text import draw_path
from natscope.cli.pen import Pen
from natscope.cli.ping_flow import PingCommand
from natscope.cli.status_flow import exit_code as code_of_status
from natscope.cli.status_text import draw_overview
from natscope.host.api import Clock
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.lab.stand_in_scenario import mesh_of
from natscope.mesh.overview import Overview, ReportUse
from natscope.mesh.peer_path import PathView
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.cli.ping_scenes import Scene, play
from tests.mesh.virtual import daemon_of, in_virtual_time

GOLDEN = Path(__file__).parent / "golden_truth"


@dataclass(frozen=True)
class TruthScene:
    """What `host` sees of `peer`. `codes` are the exit codes of ping, path, and `status --fail-on offline`."""

    scenario: str
    codes: tuple[int, int, int]
    host: str = "alice"
    peer: str = "bob"
    away: bool = False
    expired: bool = False


SCENES = {
    "pair-cones": TruthScene("pair-cones", (0, 0, 0)),
    "pair-symmetric": TruthScene("pair-symmetric", (10, 10, 10)),
    "pair-cone-symmetric": TruthScene("pair-cone-symmetric", (10, 10, 10)),
    "pair-symmetric-cone": TruthScene("pair-cone-symmetric", (10, 10, 10), host="bob", peer="alice"),
    "offline": TruthScene("pair-cones", (20, 20, 20), away=True),
    "expired-key": TruthScene("pair-symmetric", (20, 20, 20), expired=True),
}


@cache
def report_of(scenario: str, host: str) -> Report:
    """A netcheck of that host."""
    return sim_reports(load_scenario(scenario))[host]


def drawn(scene: TruthScene) -> tuple[str, tuple[int, int, int]]:
    """(all three screens, each under its command; their exit codes)."""
    peer = scene.peer
    mesh = mesh_of(
        load_scenario(scene.scenario),
        scene.host,
        away=(peer,) if scene.away else (),
        expired=(peer,) if scene.expired else (),
    )
    report = report_of(scene.scenario, scene.host)
    given = ReportUse(report=report, origin="file", name=f"{scene.host}.json")
    kept = ReportUse(report=report, origin="kept", age_s=60.0, same_network=Tri.YES)
    command = PingCommand(peer=peer, report=given.name)
    pinged, ping_code, _ = play(Scene(command, why=None, report=given, mesh=mesh))

    async def looks(clock: Clock) -> tuple[PathView, Overview]:
        source, _ = daemon_of(mesh, clock)
        sight = Sight(cast("Any", SimpleNamespace(clock=clock)), MeshInputs(source), kept)
        view = await look_at(sight, peer, probe=True)
        return view, await sight.look(Wanted(probe=True))

    view, overview = in_virtual_time(looks)
    codes = (ping_code, code_of_path(view), code_of_status(overview, "offline"))
    screens = (
        (f"natscope ping {peer} --report {given.name}", pinged),
        (f"natscope path {peer}", draw_path(view, Pen())),
        ("natscope status --probe --fail-on offline", draw_overview(overview, Pen(), hint="natscope path PEER")),
    )
    text = "\n".join(
        f"$ {typed}\n{shown.rstrip()}\n[exit {code}]\n" for (typed, shown), code in zip(screens, codes, strict=True)
    )
    return text, codes


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, scene in SCENES.items():
        (GOLDEN / f"{name}.txt").write_text(drawn(scene)[0], encoding="utf-8")


if __name__ == "__main__":
    main()
