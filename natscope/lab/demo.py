"""`make demo`: a netcheck against relays that it starts on loopback, and a look whether the report came out right.

Seven regions with different latencies, one of them dead and one with a certificate that its map does not expect. The
report is drawn as a user sees it; the recording of the same run is then read as JSON and compared with what is known
about the relays. Nothing leaves loopback: the map is a file, so neither a daemon nor a vendor is asked. Pings are left
out: this computer itself would answer those to the dead relay.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REGIONS, FASTEST_MS, SLOWEST_MS = 7, 12, 150
DEAD, WRONG_CERTIFICATE = 6, 7
HEALTHY = tuple(n for n in range(1, REGIONS + 1) if n not in (DEAD, WRONG_CERTIFICATE))
LIMIT_S = 60.0
COMMAND = ("netcheck", "--https", "--skip", "relay_icmp")


def main() -> int:
    """Run the demo; 0 when the report is right."""
    with tempfile.TemporaryDirectory(prefix="natscope-demo-") as name:
        folder = Path(name)
        environment = clean_environment(folder)
        with relays(folder / "map.json", environment):
            record = str(folder / "run")
            print(f"$ natscope {' '.join(COMMAND)} --derp-map map.json --record run", flush=True)
            options = ["--derp-map", str(folder / "map.json"), "--record", record]
            code = natscope([*COMMAND, *options], environment, capture=False)[0]
        wrong = [] if code == 0 else [f"exit code {code}: a dead relay among living ones is a warning"]
        if code in (0, 1):
            wrong += problems(json.loads(natscope(["netcheck", "--replay", record, "--json"], environment)[1]))
    for line in wrong:
        print(f"demo: the report is wrong: {line}", file=sys.stderr)
    return 1 if wrong else 0


def clean_environment(folder: Path) -> dict[str, str]:
    """Ours without settings, configuration, caches and proxies of whoever runs the demo."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NATSCOPE_") and not k.lower().endswith("_proxy")}
    return kept | {f"XDG_{what}_HOME": str(folder / what.lower()) for what in ("CONFIG", "CACHE", "STATE", "DATA")}


@contextlib.contextmanager
def relays(map_file: Path, environment: dict[str, str]) -> Iterator[None]:
    """The embedded relays as a process of their own, ended at the end. Raises `RuntimeError` when they do not start."""
    command = [sys.executable, "-m", "natscope.lab.loopback", "--regions", str(REGIONS), "--map", str(map_file)]
    command += ["--latency", f"{FASTEST_MS}..{SLOWEST_MS}", "--https", "--dead", "1", "--wrong-cert", "1"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "READY\n":
            raise RuntimeError("the embedded relays did not start")
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def natscope(arguments: list[str], environment: dict[str, str], *, capture: bool = True) -> tuple[int, str]:
    """Run the command line; exit code and, when captured, standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "natscope", *arguments],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if capture else None, text=True,
        timeout=LIMIT_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout or ""


def problems(report: dict[str, Any]) -> list[str]:
    """What in a report does not fit the relays of the demo."""
    relays_by_id = {relay["region_id"]: relay for relay in report["relays"]}
    wrong = [f"{key} is {report[key]}" for key in ("udp",) if report[key] != "yes"]
    if report["ipv4"]["works"] != "yes":
        wrong.append(f"ipv4.works is {report['ipv4']['works']}")
    if report["nat"]["mapping"] != "unknown":
        wrong.append(f"nat.mapping is {report['nat']['mapping']}: relays on this computer cannot see a router")
    if sorted(relays_by_id) != list(range(1, REGIONS + 1)):
        return [*wrong, f"regions {sorted(relays_by_id)}"]
    for number in HEALTHY:
        wrong += healthy_problems(relays_by_id[number])
    wrong += ailing_problems(relays_by_id)
    if report["preferred_relay"]["region_id"] != 1:
        wrong.append(f"the preferred relay is {report['preferred_relay']['region_id']}, the nearest is 1")
    return wrong + finding_problems(report["findings"])


def healthy_problems(relay: dict[str, Any]) -> list[str]:
    """A living relay answers over UDP and HTTPS, no faster than it is."""
    number, latency = relay["region_id"], relay["latency_ms"]
    least = FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * (number - 1) / (REGIONS - 1)
    wrong = [f"region {number}: {relay['error']['message']}"] if relay["error"] else []
    for way in ("stun_v4", "https"):
        if latency[way] is None or not least - 1 <= latency[way] <= least + 500:
            wrong.append(f"region {number}: {way} {latency[way]} ms, it takes {least:.0f} ms")
    return wrong


def ailing_problems(relays_by_id: dict[int, dict[str, Any]]) -> list[str]:
    """The dead one answers nothing; the other answers over UDP and its certificate is refused."""
    dead, pretender = relays_by_id[DEAD], relays_by_id[WRONG_CERTIFICATE]
    wrong = []
    if any(value is not None for value in dead["latency_ms"].values()):
        wrong.append(f"region {DEAD} is dead and has latencies {dead['latency_ms']}")
    if dead["error"] is None:
        wrong.append(f"region {DEAD} is dead and has no error")
    if pretender["latency_ms"]["stun_v4"] is None:
        wrong.append(f"region {WRONG_CERTIFICATE} answers over UDP and has no latency")
    if pretender["error"] is None or pretender["error"]["code"] != "certificate":
        wrong.append(f"region {WRONG_CERTIFICATE} has a wrong certificate and the error {pretender['error']}")
    return wrong


def finding_problems(findings: list[dict[str, Any]]) -> list[str]:
    """Both ailing relays are found, each by its cause."""
    found = {finding["id"] for finding in findings}
    wanted = {"NS-REL-01": "the wrong certificate", "NS-REL-15": "the dead relay"}
    return [f"{what} ({name}) is not among the findings" for name, what in wanted.items() if name not in found]


if __name__ == "__main__":
    sys.exit(main())
