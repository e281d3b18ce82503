"""What each program says of every network of the lab, held against the truth: natscope beside four others.

`python benchmarks/accuracy.py [--jobs 4] [--write | --add] [--kept FILE] [SCENARIO …]` builds each scenario in
namespaces of this kernel with a coturn server more for the programs that need one, and runs them one after the other on
its first measured host. It needs what `natscope lab run` needs, coturn, stun-client, pystun3 and tailscale
(`tests/interop/peers.py`). `--write` puts the whole table into `docs/accuracy.md`; without it, the table goes to
standard output. `--kept` holds the rows that were measured before, so that a network that was added or changed can be
measured alone. `--add` puts the networks that it is given into the page's part of those that were added since.

Seconds are those of the whole process; packets are what the host's interfaces sent meanwhile, of every protocol.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.accuracy_findings import simulated_findings
from benchmarks.accuracy_page import Judged, Row, page, with_added
from benchmarks.accuracy_pairs import measured_pairs
from natscope.errors import NatscopeError
from natscope.lab.kernel.bed import Running, standing
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Bed, Scenario, ServerKind
from natscope.lab.scenario_values import read_scenario
from natscope.lab.truth import UNKNOWN, Agreement, compare, out_of_place
from natscope.model.nat import Filtering, Mapping
from natscope.model.report import Report
from natscope.netcheck.assemble_filtering import rfc3489_name
from natscope.plugins.scenario import scenario_files
from tests.interop import peers
from tests.interop.local_api import local_api
from tests.interop.nat_tools import TOOLS, Claims, read_tailscale

PAGE = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"
SERVER_NAME = "tools-server"
LIMIT_S = 240.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program printed, how long it took, how many packets left."""

    text: str
    seconds: float
    packets: int


def main() -> int:
    """Measure and print, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--add", action="store_true")
    parser.add_argument("--kept", type=Path)
    options = parser.parse_args()
    scenarios = [load_scenario(file.name) for file in scenario_files()]
    everything = [scenario.name for scenario in scenarios if scenario.can(Bed.KERNEL)]
    left_out = {scenario.name: scenario.cannot[Bed.KERNEL] for scenario in scenarios if not scenario.can(Bed.KERNEL)}
    if options.add:
        rows = [measured(name) for name in options.scenarios]
        PAGE.write_text(with_added(PAGE.read_text(), rows))
        return int(any(row.failure for row in rows))
    before = kept(options.kept)
    names = options.scenarios or [name for name in everything if name not in before]
    with ThreadPoolExecutor(options.jobs) as pool:
        now = {row.scenario: row for row in pool.map(measured, names)}
    known = before | now
    if options.kept is not None:
        options.kept.write_bytes(msgspec.json.encode([row for row in known.values() if not row.failure]))
    rows = [known[name] for name in everything if name in known]
    whole = len(rows) == len(everything)
    text = page(rows, measured_pairs(), left_out, simulated_findings()) if whole else page(rows)
    if options.write:
        PAGE.write_text(text)
    else:
        print(text)
    return int(any(row.failure for row in rows))


def kept(file: Path | None) -> dict[str, Row]:
    """Rows of earlier runs, by scenario."""
    if file is None or not file.exists():
        return {}
    return {row.scenario: row for row in msgspec.json.decode(file.read_bytes(), type=list[Row])}


def measured(name: str) -> Row:
    """One scenario, every program."""
    scenario = with_tool_server(name)
    host = scenario.measured()[0].name
    row = Row(scenario=name, title=scenario.title, truth=name_in_truth(scenario))
    try:
        with standing(scenario) as lab:
            row = dataclasses.replace(row, judged=tuple(every_program(lab, scenario, host)))
    except (NatscopeError, OSError, ValueError) as error:
        row = dataclasses.replace(row, failure=str(error))
    print(f"{name}: {row.failure or 'measured'}", file=sys.stderr, flush=True)
    return row


def name_in_truth(scenario: Scenario) -> str:
    """Of the first measured host's NAT, in RFC 3489."""
    return str(scenario.truth[scenario.measured()[0].name].claims().get("rfc3489_name", UNKNOWN))


def verdict(said: Claims) -> str:
    """The name that a program's words about the NAT come to."""
    if said.get("udp") == "no":
        return "no UDP"
    if "mapping" in said and "filtering" in said:
        return rfc3489_name(Mapping(said["mapping"]), Filtering(said["filtering"]), several=False) or UNKNOWN
    return {"no": "one port for all", "yes": "varies"}.get(said.get("mapping_varies", ""), "no name")


def with_tool_server(name: str) -> Scenario:
    """The scenario with a coturn of two addresses on the internet; the netcheck does not know of it."""
    text = next(file.read() for file in scenario_files() if file.name == name)
    return read_scenario(name, f'{text}\n[servers.{SERVER_NAME}]\nkind = "{ServerKind.COTURN}"\n')


def every_program(lab: Running, scenario: Scenario, host: str) -> Iterator[Judged]:
    """Natscope first, then the others."""
    yield natscope(lab, scenario, host)
    yield tailscale(lab, scenario, host)
    server = str(scenario.servers[SERVER_NAME].addresses[0])
    for tool in TOOLS:
        argv = ["timeout", f"{tool.patience_s:.0f}", *tool.argv(server)]
        ran = run(lab, host, argv)
        yield judge(tool.name, scenario, host, tool.read(ran.text), ran)


def natscope(lab: Running, scenario: Scenario, host: str) -> Judged:
    """The product's own netcheck, with the flags that the scenario asks for."""
    ran = run(lab, host, lab.netcheck_command(host, scenario))
    report = msgspec.json.decode(ran.text, type=Report)
    found = compare(scenario, {host: report})
    nat = report.nat.v4 if scenario.truth[host].nat_family == 4 else report.nat.v6
    mine = [one for one in found if one.who == host]
    return Judged(
        program="natscope",
        right=sum(one.agreement is Agreement.AGREE for one in mine),
        verdict=nat.rfc3489_name or UNKNOWN,
        wrong=tuple(
            f"{one.what}: {one.measured}, in truth {one.truth}" for one in mine if one.agreement is Agreement.WRONG
        ),
        untold=tuple(one.what for one in mine if one.agreement is Agreement.NOT_MEASURED),
        unknowable=scenario.truth[host].unknowable,
        out_of_place=out_of_place(scenario, host, report),
        seconds=ran.seconds,
        packets=ran.packets,
    )


def tailscale(lab: Running, scenario: Scenario, host: str) -> Judged:
    """`tailscale netcheck` with the scenario's map, as a daemon would hand it over."""
    relay_map = json.loads(lab.map_file.read_bytes())
    with (
        tempfile.TemporaryDirectory(prefix="accuracy-") as folder,
        local_api(Path(folder, "api.sock"), relay_map) as socket,
    ):
        argv = ["env", f"HOME={folder}", "TS_NO_LOGS_NO_SUPPORT=true", peers.require("tailscale")]
        ran = run(lab, host, [*argv, f"--socket={socket}", "netcheck", "--format=json"])
    return judge("tailscale netcheck", scenario, host, read_tailscale(ran.text), ran)


def judge(program: str, scenario: Scenario, host: str, said: Claims, ran: Ran) -> Judged:
    """A program's claims against the truth. It is asked only what it can speak of at all: the rest is `untold`."""
    truth = scenario.truth[host]
    told = {what: " ".join(sorted(value)) if what == "public" else str(value) for what, value in truth.claims().items()}
    wrong = [f"{what}: {value}, in truth {told[what]}" for what, value in said.items() if not fits(what, value, told)]
    right = sum(fits(what, value, told) for what, value in said.items() if what in told)
    untold = tuple(what for what in told if what not in said and told[what] != UNKNOWN)
    return Judged(
        program=program,
        right=right,
        verdict=verdict(said),
        wrong=tuple(wrong),
        untold=untold,
        seconds=ran.seconds,
        packets=ran.packets,
    )


def fits(what: str, value: str, told: dict[str, str]) -> bool:
    """Whether a claim may stand: true, or nothing is said of it. Of a pool some addresses are enough."""
    if what not in told:
        return True
    if what == "public":
        return set(value.split()) <= set(told[what].split())
    return value == told[what]


def run(lab: Running, host: str, argv: Sequence[str]) -> Ran:
    """Run to the end, with clock and packet counters."""
    before, began = sent(lab, host), time.monotonic()
    done = lab.exec(host, argv, timeout_s=LIMIT_S)
    return Ran(done.stdout, time.monotonic() - began, sent(lab, host) - before)


def sent(lab: Running, host: str) -> int:
    """Packets that left the host's interfaces."""
    shown = json.loads(lab.exec(host, ["ip", "-json", "-statistics", "link", "show"]).stdout)
    return sum(link["stats64"]["tx"]["packets"] for link in shown if link["ifname"] != "lo")


if __name__ == "__main__":
    sys.exit(main())
