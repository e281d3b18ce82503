"""A run leaves nothing behind in its process and on its host: no socket, thread, task, child, route or file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

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

def run(profile):
    choice = MapChoice(where=sys.argv[1], use_tailscaled=False)
    options = NetcheckOptions(profile=profile)
    run_netcheck(options, choice, state_dir="", progress=None, environ={}, pcap=os.path.join(sys.argv[2], "run.pcapng"))

run("default")  # what is loaded once stays
before = settled()
run("default")
run("default")
print(json.dumps([before, settled()]))
"""


def test_a_run_leaves_nothing_behind(tmp_path: Path) -> None:
    with lab_of('[sites.home]\nipv6 = "firewall"\nmapping_service = {}\n[hosts.alice]\nat = "home"\n') as lab:
        argv = [sys.executable, "-c", COUNTING, str(lab.map_file), str(tmp_path)]
        done = lab.exec("alice", argv)
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)
    assert after == before
    assert after["files"] == ["run.pcapng"]
