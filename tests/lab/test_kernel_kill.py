"""A lab that is killed at any moment leaves nothing once it is taken down: no process, namespace, file or mount."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.errors import UserError
from natscope.lab.kernel import leftovers
from natscope.lab.kernel.bed import Running, open_bed
from natscope.lab.scenario_values import read_scenario
from tests.lab.kernel_lab import require_lab

pytestmark = pytest.mark.kernel

SMALL = 'title = "Small"\n[sites.home]\n[hosts.alice]\nat = "home"\n'
UP = "import sys; from natscope.lab.kernel.bed import open_bed; from natscope.lab.scenario_values import read_scenario;"
UP += f"open_bed().up(read_scenario('small', {SMALL!r})); print('up', flush=True); sys.stdin.read()"
RUN = UP.replace(".up(", ".reports(")
DOWN = "from natscope.lab.kernel.bed import open_bed; open_bed().down()"
KILLS, KILLS_OF_RUNS, SEED = 6, 4, 4
"""How many moments are tried; the last ones come when the lab stands."""


@pytest.fixture
def own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime directory of its own; whatever happens, no lab is left in it."""
    require_lab()
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield tmp_path
    open_bed().down()


def processes_of(runtime: Path) -> list[int]:
    """Who was started with this runtime directory: holders, routers, servers, commands inside."""
    mark = f"XDG_RUNTIME_DIR={runtime}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (
                leftovers.started(int(folder.name)) is not None
                and mark in (folder / "environ").read_bytes().split(b"\0")
                and int(folder.name) != os.getpid()
            ):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def assert_nothing_is_left(runtime: Path, mounts: str) -> None:
    """Namespaces without names end with the last process in them, and all of those carry the runtime directory."""
    assert processes_of(runtime) == []
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert [path.name for path in (runtime / "natscope" / "labs").iterdir()] == ["lock"]


@pytest.mark.parametrize("victim", ["whoever asked", "holder", "first process"])
def test_killed_at_random_moments(own_runtime: Path, victim: str) -> None:
    """The same moments in each run: the seed is fixed, the computer's speed is not."""
    moments = random.Random(f"{SEED}/{victim}")
    for number in range(KILLS):
        mounts = Path("/proc/self/mountinfo").read_text()
        asking = subprocess.Popen([sys.executable, "-c", UP], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if number >= KILLS - 2:
            assert asking.stdout is not None
            assert asking.stdout.readline() == b"up\n"
        else:
            time.sleep(moments.uniform(0.05, 0.9))
        kill(own_runtime, victim, asking)
        asking.kill()
        asking.communicate()
        open_bed().down()
        assert_nothing_is_left(own_runtime, mounts)


def kill(runtime: Path, victim: str, asking: subprocess.Popen[bytes]) -> None:
    """Whoever is there already of the victim's kind; later ones are `down`'s business."""
    if victim == "whoever asked":
        asking.kill()
        return
    name = leftovers.HOLDER if victim == "holder" else leftovers.FIRST
    record = leftovers.read_process(runtime / "natscope" / "labs" / "up" / name)
    if record is not None and record.is_alive:
        os.kill(record.pid, signal.SIGKILL)


@pytest.mark.parametrize("victim", ["whoever asked", "holder", "somebody inside"])
def test_a_run_killed_at_random_moments(own_runtime: Path, victim: str) -> None:
    """While it is built, measured and removed; inside are routers, servers and the netcheck itself."""
    moments = random.Random(f"{SEED}/run/{victim}")
    for _ in range(KILLS_OF_RUNS):
        mounts = Path("/proc/self/mountinfo").read_text()
        asking = subprocess.Popen([sys.executable, "-c", RUN], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.1, 4.0))
        kill_in_run(own_runtime, victim, asking, moments)
        if victim == "whoever asked":
            asking.communicate()
        else:
            out, _ = asking.communicate(timeout=150)
            assert asking.returncode in (0, 1), out
        open_bed().down()
        assert_nothing_is_left(own_runtime, mounts)


def kill_in_run(runtime: Path, victim: str, asking: subprocess.Popen[bytes], moments: random.Random) -> None:
    """One of those that are there at this moment."""
    if victim == "whoever asked":
        asking.kill()
        return
    for folder in (runtime / "natscope" / "labs").glob("run-*"):
        holder, first = (leftovers.read_process(folder / name) for name in (leftovers.HOLDER, leftovers.FIRST))
        if victim == "holder" and holder is not None and holder.is_alive:
            os.kill(holder.pid, signal.SIGKILL)
        elif victim == "somebody inside" and first is not None and first.is_alive:
            inside = processes_inside(first.pid)
            if inside:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(moments.choice(inside), signal.SIGKILL)


def processes_inside(first: int) -> list[int]:
    """All processes of a lab, sorted."""
    try:
        space = os.readlink(f"/proc/{first}/ns/pid")
    except OSError:
        return []
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(folder / "ns" / "pid") == space:
                found.append(int(folder.name))
    return sorted(found)


def test_taking_down_killed_at_random_moments(own_runtime: Path) -> None:
    moments = random.Random(f"{SEED}/down")
    for _ in range(KILLS):
        mounts = Path("/proc/self/mountinfo").read_text()
        open_bed().up(read_scenario("small", SMALL))
        taking = subprocess.Popen([sys.executable, "-c", DOWN])
        time.sleep(moments.uniform(0.05, 0.6))
        taking.kill()
        taking.communicate()
        open_bed().down()
        assert_nothing_is_left(own_runtime, mounts)


def kill_and_wait(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    assert select.select([descriptor], [], [], 10)[0]
    os.close(descriptor)


def test_up_after_a_kill_cleans_and_works(own_runtime: Path) -> None:
    bed, scenario = open_bed(), read_scenario("small", SMALL)
    bed.up(scenario)
    kill_and_wait(Running.find().state.first)
    bed.up(scenario)
    assert bed.is_up() == "small"
    with pytest.raises(UserError, match="is up already"):
        bed.up(scenario)
    assert Running.find().exec("alice", ["cat", "/etc/resolv.conf"]).stdout == "nameserver 203.0.113.53\n"
    assert len(bed.down()) == 1
    assert bed.down() == ()
    with pytest.raises(UserError, match="no lab is up"):
        Running.find()


def test_a_command_inside_ends_with_the_lab(own_runtime: Path) -> None:
    bed = open_bed()
    bed.up(read_scenario("small", SMALL))
    inside = subprocess.Popen(Running.find().command("alice", ["sh", "-c", "echo here; sleep 300"]), stdout=-1)
    assert inside.stdout is not None
    assert inside.stdout.readline() == b"here\n"
    bed.down()
    assert inside.wait(10) == 128 + signal.SIGKILL
    inside.stdout.close()


def test_exit_codes_and_unknown_hosts(own_runtime: Path) -> None:
    bed = open_bed()
    bed.up(read_scenario("small", SMALL))
    assert bed.run_in("alice", ["sh", "-c", "exit 7"]) == 7
    assert Running.find().exec("alice", ["no-such-program"]).returncode == 127
    heard = bed.hear("alice", ["sh", "-c", "echo here; printf '\\377' >&2; exit 7"])
    assert (heard.exit_code, heard.stdout, heard.stderr) == (7, "here\n", "\N{REPLACEMENT CHARACTER}")
    with pytest.raises(UserError, match="no host 'bob'"):
        bed.run_in("bob", ["true"])


EVERYTHING = """
[sites.home]
mapping_service = {}
ipv6 = "firewall"
[sites.linux]
kernel_nat = "masquerade"
[sites.six]
ipv6 = "nat64"
[hosts.alice]
at = "home"
[hosts.bob]
at = "linux"
[hosts.carla]
at = "six"
ipv4 = false
"""
"""Every kind of router and of change to interfaces, routes, sysctls and rules that the lab knows."""
COUNTERS = ("nf_conntrack_count", "fs/", "random", "softnet")


def own_network() -> dict[str, str]:
    """Interfaces, addresses, policy rules, routes of both families, firewall, and every sysctl under `net`."""
    commands = ["link", "address", "rule", "-6 rule", "route show table all", "-6 route show table all"]
    told = {c: said(["ip", *(["-details"] if c == "link" else []), *c.split()]) for c in commands}
    if os.geteuid() == 0:
        told["firewall"] = said(["nft", "--stateless", "list", "ruleset"])
    for path in sorted(Path("/proc/sys/net").rglob("*")):
        if path.is_file() and not any(word in str(path) for word in COUNTERS):
            with contextlib.suppress(OSError):
                told[str(path)] = path.read_text()
    return told


def said(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_the_computers_own_network_is_not_touched(own_runtime: Path) -> None:
    before = own_network()
    assert len(before) > 100
    bed = open_bed()
    bed.up(read_scenario("everything", f'title = "Everything"{EVERYTHING}'))
    assert differences(before, own_network()) == {}
    assert Running.find().exec("alice", ["ping", "-c", "1", "-W", "5", "203.0.113.53"]).returncode == 0
    bed.down()
    assert differences(before, own_network()) == {}


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str, str]]:
    """What is not as it was."""
    names = sorted(before.keys() | after.keys())
    return {n: (before.get(n, ""), after.get(n, "")) for n in names if before.get(n) != after.get(n)}
