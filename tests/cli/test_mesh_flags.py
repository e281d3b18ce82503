"""Each option of `natscope ping` and `path` through the command line: what a daemon was asked, what is printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer

from natscope.cli.path import app as path_app
from natscope.cli.ping import app as ping_app
from natscope.host.real.clock import RealClock
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.mesh.source import PingKind
from natscope.model.mesh_path import PingAnswer
from natscope.model.mesh_status import Way
from natscope.tailscaled.daemon import Daemon
from tests.cli.runner import Result, Runner
from tests.cli.stand_in import serving
from tests.wire.local_api.recorded import FOLDER

NETCHECK = Path(__file__).parents[2] / "fixtures" / "recordings" / "tailscale-netcheck" / "nat-hard.json"
SAVED = FOLDER / "status-active.json"
NAS = StandInPeer("nas", "100.64.0.9", endpoints=("198.51.100.60:33217",), way=Way.RELAYED)
NEAR = StandInPeer("near", "100.64.0.7", direct="203.0.113.9:41641", direct_after=1)
MESH = StandInMesh(peers=(NAS, NEAR), endpoints=("198.51.100.13:63646",))  # where the netcheck was measured


@dataclass
class Seen:
    """`pings` are the queries that came, `waits` how long each pong was waited for, `sleeps` the pauses, in seconds."""

    result: Result = field(default_factory=lambda: Result(-1, "", ""))
    pings: list[dict[str, str]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        """Of the pings that came."""
        return [query["type"] for query in self.pings]

    @property
    def words(self) -> str:
        """What was printed, in one line."""
        return " ".join(self.result.out.split())


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Pauses take no time."""
    found = Seen()
    ping = Daemon.ping

    async def pinged(self: Daemon, ip: str, kind: PingKind, *, timeout_s: float, size: int = 0) -> PingAnswer:
        found.waits.append(timeout_s)
        return await ping(self, ip, kind, timeout_s=timeout_s, size=size)

    async def slept(self: RealClock, seconds: float) -> None:
        found.sleeps.append(seconds)

    monkeypatch.setattr(Daemon, "ping", pinged)
    monkeypatch.setattr(RealClock, "sleep", slept)
    return found


Look = Callable[[Seen], object]
Row = tuple[str, str, Look, object]


def count(seen: Seen) -> object:
    return len(seen.pings)


def out(words: str) -> Look:
    return lambda seen: words in seen.words


def whole(words: str) -> Look:
    """Wherever lines are broken: a path may be longer than a line."""
    return lambda seen: "".join(words.split()) in "".join(seen.result.out.split())


def first_type(seen: Seen) -> object:
    return [json.loads(line)["type"] for line in seen.result.out.splitlines()]


PING: list[Row] = [
    ("count", "nas", count, 10),
    ("count", "nas -c 3", count, 3),
    ("count", "nas --count 1", count, 1),
    ("interval", "nas -c 2", lambda seen: max(seen.sleeps) <= 1.0, True),
    ("interval", "nas -c 2 -i 9000", lambda seen: max(seen.sleeps) > 8000.0, True),
    ("wait", "nas -c 1", lambda seen: seen.waits, [5.0]),
    ("wait", "nas -c 1 -W 33", lambda seen: seen.waits, [33.0]),
    ("deadline", "nas -c 4 -i 90", lambda seen: (len(seen.pings), seen.result.code), (4, 10)),
    ("deadline", "nas -c 4 -i 90 -w 60", lambda seen: (len(seen.pings), seen.result.code), (1, 124)),
    ("size", "nas -c 1", lambda seen: seen.pings[0].get("size"), None),
    ("size", "nas -c 1 -s 1200", lambda seen: seen.pings[0].get("size"), "1200"),
    ("until_direct", "near -c 5", count, 2),
    ("until_direct", "near -c 5 --until-direct", count, 2),
    ("until_direct", "near -c 5 --no-until-direct", count, 5),
    ("disco", "nas -c 1", lambda seen: seen.types, ["disco"]),
    ("disco", "nas -c 1 --disco", lambda seen: seen.types, ["disco"]),
    ("disco", "nas --disco --tsmp", lambda seen: (seen.result.code, seen.types), (2, [])),
    ("tsmp", "nas --tsmp", lambda seen: seen.types, ["TSMP"]),
    ("icmp_kind", "nas --icmp", lambda seen: seen.types, ["ICMP"]),
    ("peer_api", "nas --peerapi", lambda seen: seen.types, ["peerapi"]),
    ("levels", "nas --levels", lambda seen: seen.types, ["disco", "TSMP", "ICMP", "peerapi"]),
    ("report", "nas -c 1", out("This side's network is not known"), True),
    ("report", f"nas -c 1 --report {NETCHECK}", whole(f"the netcheck in {NETCHECK}"), True),
    ("as_json", "nas -c 1 --json", lambda seen: json.loads(seen.result.out)["schema"], "natscope.ping/1"),
    ("as_lines", "nas -c 2 --jsonl", first_type, ["start", "ping", "ping", "end"]),
    ("stamps", "nas -c 2", lambda seen: re.findall(r"(?m)^\[\d+\.\d{6}\] +(\d) ", seen.result.out), []),
    ("stamps", "nas -c 2 -D", lambda seen: re.findall(r"(?m)^\[\d+\.\d{6}\] +(\d) ", seen.result.out), ["1", "2"]),
    ("quiet", "nas -c 1", lambda seen: "via DERP(fra)" in seen.words, True),
    ("quiet", "nas -c 1 -q", lambda seen: "via DERP(fra)" in seen.words, False),
    ("verbose_once", "nas -c 1", out("asking tailscaled at"), False),
    ("verbose_once", "nas -c 1 -v", out("asking tailscaled at"), True),
]
PATH: list[Row] = [
    ("probe", "nas", count, 4),
    ("probe", "nas --probe", count, 4),
    ("probe", "nas --no-probe", count, 0),
    ("as_json", "nas --json", lambda seen: json.loads(seen.result.out)["schema"], "natscope.path/1"),
    ("verbose_once", "nas", out("home relay fra"), False),
    ("verbose_once", "nas -v", out("home relay fra"), True),
    ("files", f"node-u --from {SAVED}", lambda seen: (count(seen), seen.result.out[:8]), (0, "! node-u")),
]
BOTH: list[Row] = [
    ("socket", "nas", lambda seen: seen.types[:1], ["disco"]),
    ("color", "nas", lambda seen: "\x1b[" in seen.result.out, False),
    ("color", "nas --color always", lambda seen: "\x1b[" in seen.result.out, True),
    ("ascii_only", "nas", lambda seen: seen.result.out.isascii(), False),
    ("ascii_only", "nas --ascii", lambda seen: seen.result.out.isascii(), True),
]


@pytest.mark.parametrize(
    ("command", "option", "words", "look", "expected"),
    [
        pytest.param(command, *row, id=f"{command} {row[1].replace(str(FOLDER), '').replace(str(NETCHECK), '')}")
        for command, rows in (("ping", PING + BOTH), ("path", PATH + BOTH))
        for row in rows
    ],
)
def test_an_option_does_what_it_says(
    natscope: Runner, tmp_path: Path, seen: Seen, command: str, option: str, words: str, look: Look, expected: object
) -> None:
    with serving(MESH, tmp_path) as daemon:
        where = () if option == "files" else ("--socket", daemon.socket)
        seen.result = natscope(command, *words.split(), *where)
        seen.pings += daemon.stand_in.pinged
    assert (seen.result.err == "") is (seen.result.code != 2)
    assert look(seen) == expected, seen.result.out


@pytest.mark.parametrize("command", ["ping nas -c 1", "path nas"])
def test_a_netcheck_of_just_now(natscope: Runner, tmp_path: Path, healthy_map: str, command: str) -> None:
    def told(*flags: str) -> Result:
        found: Result = natscope(
            *command.split(), *flags, "--socket", daemon.socket, stderr_terminal=True,
            NATSCOPE_DERP_MAP=healthy_map, NATSCOPE_NETCHECK_PROFILE="quick",
        )  # fmt: skip
        return found

    with serving(MESH, tmp_path) as daemon:
        before, measured, silent = told(), told("--netcheck"), told("--netcheck", "--no-progress")
    judged = "This side is judged by a netcheck of just now"
    assert [judged in result.out for result in (before, measured, silent)] == [False, True, True]
    assert ["measuring this side" in result.err for result in (before, measured, silent)] == [False, True, False]


@pytest.mark.parametrize(("app", "rows"), [(ping_app, PING + BOTH), (path_app, PATH + BOTH)])
def test_no_option_is_forgotten(app: typer.Typer, rows: list[Row]) -> None:
    """`--netcheck` and `--no-progress` have a test of their own."""
    command: Any = typer.main.get_command(app)
    known = {param.name for param in command.params if param.param_type_name == "option"} - {"help"}
    assert known - {"netcheck", "no_progress"} == {row[0] for row in rows}
