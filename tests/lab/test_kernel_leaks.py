"""A run leaves nothing behind in its process and on its host: no socket, thread, task, child, route or file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from natscope.lab.kernel.bed import Running
from tests.lab.kernel_lab import lab_of

pytestmark = pytest.mark.kernel

COUNTING = """
import json, os, subprocess, sys, threading, time
from natscope.apps.netcheck import run_netcheck
from natscope.netcheck.options import MapChoice, NetcheckOptions

def look():
    routes = [subprocess.run(["ip", f, "route"], capture_output=True, text=True).stdout for f in ("-4", "-6")]
    return {
        "descriptors": sorted(os.readlink(f"/proc/self/fd/{n}").partition(":")[0] for n in os.listdir("/proc/self/fd")
                              if os.path.exists(f"/proc/self/fd/{n}") or os.path.islink(f"/proc/self/fd/{n}")),
        "threads": threading.active_count(),
        "children": open(f"/proc/self/task/{os.getpid()}/children").read(),
        "routes": routes,
        "sockets": subprocess.run(["ss", "-Hanu"], capture_output=True, text=True).stdout.count("\\n"),
        "files": sorted(os.listdir(sys.argv[2])),
    }

def settled():
    # The library of names closes a channel in a thread of its own, a second after we let it go.
    until, seen = time.monotonic() + 15, look()
    while time.monotonic() < until:
        time.sleep(2)
        again = look()
        if again == seen:
            break
        seen = again
    return seen

def run():
    choice, ran = MapChoice(where=sys.argv[1], use_tailscaled=False), {}
    for fields in json.loads(sys.argv[3]):
        options = NetcheckOptions(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})
        pcap = os.path.join(sys.argv[2], "run.pcapng")
        record = run_netcheck(options, choice, state_dir="", progress=None, environ={}, pcap=pcap).record
        ran |= {o.name: o.state for o in record.probes if o.state != "skipped"}
        ran |= {"says": o.data.get("says", o.summary) for o in record.observations if o.kind == "nat.second-opinion"}
    return ran

run()  # what is loaded once stays
before = settled()
for _ in range(int(sys.argv[4])):
    ran = run()
print(json.dumps([before, settled(), ran]))
"""
LAST = ("interfaces", "relay_stun", "nat_servers", "nat_hairpin", "nat_cross_check")
HOME = """
[sites.home]
ipv6 = "firewall"
mapping_service = {}
[servers.ours]
kind = "stun"
[hosts.alice]
at = "home"
"""


def map_with_server(lab: Running) -> str:
    """The lab's map and its server with two addresses, which pystun3 needs."""
    told = json.loads(lab.map_file.read_bytes())
    node = {
        "Name": "9a",
        "RegionID": 9,
        "HostName": "ours.test",
        "IPv4": "198.51.100.10",
        "IPv6": "none",
        "STUNOnly": True,
    }
    nine = {"RegionID": 9, "RegionCode": "ours", "RegionName": "ours", "Nodes": [node]}
    path = lab.folder / "with-server.json"
    path.write_text(json.dumps(told | {"Regions": told["Regions"] | {"9": nine}}))
    return str(path)


def counted(
    tmp_path: Path, rounds: list[dict[str, object]], times: int
) -> tuple[object, dict[str, object], dict[str, str]]:
    """What there is before and after, and which probes ran."""
    with lab_of(HOME) as lab:
        argv = [sys.executable, "-c", COUNTING, map_with_server(lab), str(tmp_path), json.dumps(rounds), str(times)]
        done = lab.exec("alice", argv, timeout_s=240)
    assert done.returncode == 0, done.stderr
    before, after, ran = json.loads(done.stdout)
    return before, after, ran


def test_a_run_leaves_nothing_behind(tmp_path: Path) -> None:
    before, after, _ = counted(tmp_path, [{}], 2)
    assert after == before
    assert after["files"] == ["run.pcapng"]


def test_slow_and_last_probes_leave_nothing_behind_when_they_are_cut_and_when_they_end(tmp_path: Path) -> None:
    """Lifetimes hold some forty sockets when the limit comes; pystun3 is a child of its own."""
    cut: dict[str, object] = {"profile": "full", "limit_s": 12.0}
    ended: dict[str, object] = {"only": LAST, "hairpin": True, "cross_check": True, "limit_s": 40.0}
    before, after, ran = counted(tmp_path, [cut, ended], 1)
    assert after == before
    assert after["files"] == ["run.pcapng"]
    assert {"nat_lifetime", "udp_rate", "path_mtu", "nat_hairpin", "nat_cross_check"} <= set(ran)
    assert ran["says"] == "Restric Port NAT"
