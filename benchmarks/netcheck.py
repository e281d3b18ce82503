"""Wall time over the slowest relay and CPU time of a netcheck, beside `tailscale netcheck` on the same map.

`python benchmarks/netcheck.py [--runs 5] [--regions 1,10,50,200]`, as root or as an ordinary user; needs `tailscale`
(see tests/interop/peers.py). A client and a host that plays all relays are two namespaces with a veth between them.
Region k of n answers after 10 ms to 100 ms, over IPv4 and IPv6; in the second half of the table one more region never
answers. `tailscale netcheck` stops once three regions have answered, so it runs with `--verbose` too, which waits
for all. The runs of the three programs are interleaved, medians are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.interop.local_api import local_api
from tests.interop.netcheck_lab import wait_for_line
from tests.kernel.namespaces import Bed, Namespace, addresses, bed, route

FASTEST_MS, SLOWEST_MS = 10.0, 100.0
NATSCOPE = str(Path(sys.executable).with_name("natscope"))
RUN_LIMIT_S = 30.0


@dataclass(slots=True)
class Program:
    """One program under test and what its runs took."""

    name: str
    argv: list[str]
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)


def relay_hosts(regions: int, silent: bool) -> list[tuple[int, float | None]]:
    """Region ids with their delay; a silent one comes last."""
    step = (SLOWEST_MS - FASTEST_MS) / max(1, regions - 1)
    living: list[tuple[int, float | None]] = [(k + 1, SLOWEST_MS - k * step) for k in range(regions)]
    return [*living, (regions + 1, None)] if silent else living


def v4(number: int) -> str:
    return f"198.51.100.{number}"


def v6(number: int) -> str:
    return f"2001:db8:100::{number:x}"


def relay_map(hosts: list[tuple[int, float | None]]) -> dict[str, Any]:
    """Tailscale's JSON form, addresses literal."""
    regions = {}
    for number, _ in hosts:
        node = {"Name": f"{number}a", "RegionID": number, "HostName": f"r{number}.test", "IPv4": v4(number),
                "IPv6": v6(number), "InsecureForTests": True}  # fmt: skip
        regions[str(number)] = {"RegionID": number, "RegionCode": f"r{number}", "RegionName": f"R{number}",
                                "Nodes": [node]}  # fmt: skip
    return {"Regions": regions}


def build(made: Bed, folder: Path, hosts: list[tuple[int, float | None]]) -> Namespace:
    """Two namespaces and the process that plays the relays; returns the client's."""
    client, relays = made.add("client"), made.add("relays")
    made.connect(client, "eth0", relays, "eth0")
    addresses(client, "eth0", ["198.51.100.254/24", "2001:db8:100::ffff/64"])
    addresses(relays, "eth0", [a for n, _ in hosts for a in (f"{v4(n)}/24", f"{v6(n)}/64")])
    route(client, f"default via {v4(1)}", f"default via {v6(1)}")
    relays.ip("route add unreachable default")
    listing = folder / "hosts.json"
    listing.write_text(json.dumps([[a, delay] for n, delay in hosts for a in (v4(n), v6(n))]))
    server = made.start(relays, sys.executable, str(Path(__file__).with_name("stun_hosts.py")), str(listing), stdout=-1)
    wait_for_line(server.stdout, "ready")
    return client


def run_once(client: Namespace, program: Program, environment: dict[str, str], output: Path) -> None:
    """One run: wall from start to exit, CPU as the kernel accounts it (nsenter's own 1 ms included)."""
    started = time.perf_counter()
    with output.open("wb") as stdout:
        process = subprocess.Popen(
            client.command(*program.argv), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    program.wall_ms.append((time.perf_counter() - started) * 1000)
    program.cpu_ms.append((usage.ru_utime + usage.ru_stime) * 1000)
    try:
        program.answered.append(count_answers(json.loads(output.read_text())))
    except json.JSONDecodeError:
        raise SystemExit(f"{program.name}: exit code {process.returncode} and no report") from None


def count_answers(report: dict[str, Any]) -> int:
    """Regions with a latency over UDP, in either program's report."""
    if "relays" in report:
        both = (r["latency_ms"] for r in report["relays"])
        return sum(1 for latency in both if latency["stun_v4"] is not None or latency["stun_v6"] is not None)
    return len(report["RegionV4Latency"].keys() | report["RegionV6Latency"].keys())


def programs(tailscale: str, socket: Path, map_file: Path) -> list[Program]:
    upstream = [tailscale, f"--socket={socket}", "netcheck", "--format=json"]
    return [
        Program("natscope", [NATSCOPE, "netcheck", "--json", "--derp-map", str(map_file)]),
        Program("tailscale", upstream),
        Program("tailscale --verbose", [*upstream, "--verbose"]),
    ]


def measure(regions: int, silent: bool, runs: int, tailscale: str) -> list[Program]:
    """All programs on one map; one uncounted round first."""
    hosts = relay_hosts(regions, silent)
    with tempfile.TemporaryDirectory() as name, bed() as made:
        folder = Path(name)
        client = build(made, folder, hosts)
        map_file = folder / "map.json"
        map_file.write_text(json.dumps(relay_map(hosts)))
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("NATSCOPE_", "PYTHON"))}
        environment |= {f"XDG_{k}_HOME": f"{name}/{k}" for k in ("CONFIG", "CACHE", "STATE", "DATA")}
        environment |= {"HOME": name, "TS_NO_LOGS_NO_SUPPORT": "true", "TS_LOGS_DIR": name}
        with local_api(folder / "local.sock", relay_map(hosts)) as socket:
            table = programs(tailscale, socket, map_file)
            for number in range(runs + 1):
                for program in table:
                    run_once(client, program, environment, folder / "out.json")
                    if not number:
                        program.wall_ms.clear()
                        program.cpu_ms.clear()
    return table


def lines(regions: int, silent: bool, table: list[Program]) -> Iterator[str]:
    """The rows of one map; ratios are to natscope's own time."""
    ours_wall, ours_cpu = statistics.median(table[0].wall_ms), statistics.median(table[0].cpu_ms)
    slowest = SLOWEST_MS
    for program in table:
        wall, cpu = statistics.median(program.wall_ms), statistics.median(program.cpu_ms)
        yield (
            f"{regions:7} {'one' if silent else '-':>6} {program.name:20} {min(program.answered):8}"
            f" {wall:8.0f} {wall - slowest:9.0f} {cpu:8.0f} {ours_wall / wall:10.2f} {ours_cpu / cpu:9.2f}"
        )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--regions", default="1,10,50,200")
    options = parser.parse_args()
    from tests.interop import peers

    tailscale = peers.find("tailscale")
    if tailscale is None:
        print("tailscale is not installed: set NATSCOPE_PEERS (see tests/interop/peers.py)", file=sys.stderr)
        return 1
    print(f"medians of {options.runs} interleaved runs; slowest relay {SLOWEST_MS:.0f} ms, fastest {FASTEST_MS:.0f} ms")
    print(f"{'regions':>7} {'silent':>6} {'program':20} {'answered':>8} {'wall ms':>8} {'over RTT':>9} {'CPU ms':>8}"
          f" {'ours/wall':>10} {'ours/CPU':>9}")  # fmt: skip
    for silent in (False, True):
        for regions in map(int, options.regions.split(",")):
            for line in lines(regions, silent, measure(regions, silent, options.runs, tailscale)):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
