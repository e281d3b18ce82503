"""The container's files: the program's flags exist, ports and folders agree, nothing is left open."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from natscope.apps.derp_settings import BY_NAME
from tests.docs.test_readme import wrong
from tests.house.tree import ROOT
from tests.interop import peers

FOLDER = ROOT / "packaging" / "container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
RELAY: dict[str, Any] = COMPOSE["services"]["relay"]
ENTER = """
set -e
ip link set lo up
mount --bind "$1" "$1"
mount -o remount,bind,ro /
caps=$2
shift 2
exec setpriv --bounding-set="$caps" --inh-caps=-all --no-new-privs "$@"
"""
"""A network of its own, one folder that can be written, and the capabilities that are left."""
ASK = """
import ssl, urllib.request
context = ssl._create_unverified_context()
for url in ("https://127.0.0.1/healthz", "http://127.0.0.1:9477/metrics"):
    with urllib.request.urlopen(url, timeout=20, context=context) as answer:
        print(answer.status, answer.read(30).decode().split()[:2])
"""


def entry_point() -> list[str]:
    [found] = re.findall(r"^ENTRYPOINT (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    return [str(word) for word in json.loads(found)]


def test_the_command_and_its_flags_exist() -> None:
    words = [*entry_point(), *RELAY["command"]]
    assert words[0].endswith("/natscope")
    assert wrong(["natscope", *words[1:]]) == []


def test_all_that_is_written_is_on_the_volume() -> None:
    [volume] = re.findall(r"^VOLUME (\S+)$", CONTAINERFILE, re.MULTILINE)
    words = entry_point()
    for flag in ("--key-file", "--cert-dir"):
        assert words[words.index(flag) + 1].startswith(f"{volume}/")
    assert RELAY["volumes"] == [f"relay:{volume}"]
    assert RELAY["read_only"] is True
    assert "relay" in COMPOSE["volumes"]


def test_the_ports_are_those_of_the_relay() -> None:
    [line] = re.findall(r"^EXPOSE (.*)$", CONTAINERFILE, re.MULTILINE)
    exposed = {port.rpartition("/")[0] for port in line.split()}
    usual = str([BY_NAME[name].default for name in ("listen", "stun.listen", "http")])
    assert exposed == set(re.findall(r":(\d+)", usual))


def test_it_may_bind_low_ports_and_nothing_else() -> None:
    assert (RELAY["cap_drop"], RELAY["cap_add"]) == (["ALL"], ["NET_BIND_SERVICE"])
    assert "no-new-privileges:true" in RELAY["security_opt"]
    assert "privileged" not in RELAY


def test_the_build_is_the_one_of_this_folder() -> None:
    context = (FOLDER / RELAY["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / RELAY["build"]["dockerfile"]) == FOLDER / "Containerfile"
    assert f"-f {RELAY['build']['dockerfile']} -t {RELAY['image']} ." in CONTAINERFILE


def test_time_to_let_clients_go() -> None:
    drain = BY_NAME["drain"].default
    assert isinstance(drain, float)
    assert int(RELAY["stop_grace_period"].rstrip("s")) > drain


def test_it_serves_with_what_compose_leaves_it(tmp_path: Path) -> None:
    """The entry point without an image: no capability but one, all files read-only but the volume, usual ports."""
    process = confined(tmp_path)
    try:
        assert process.stderr is not None
        events = []
        for line in process.stderr:
            events.append(json.loads(line)["event"] if line.startswith("{") else line)
            if events[-1] == "ready":
                break
        assert events[-1:] == ["ready"], events
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(r"^CapEff:\t0+400$", status, re.MULTILINE)  # CAP_NET_BIND_SERVICE is number 10
        inside = [peers.require("nsenter"), "-t", str(process.pid), "-n", "--", sys.executable]
        asked = subprocess.run([*inside, "-c", ASK], capture_output=True, text=True, timeout=60)
        assert asked.stdout.splitlines() == ["200 ['ok']", "200 ['#', 'HELP']"], asked.stderr
        stun = [*inside, "-m", "natscope", "stun", "query", "127.0.0.1:3478"]
        assert subprocess.run(stun, capture_output=True, timeout=60, env=environment()).returncode == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    kept = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert kept == ["certificates/127.0.0.1.crt", "certificates/127.0.0.1.key", "relay.key"]


def confined(volume: Path) -> subprocess.Popen[str]:
    """The container's command as a process; skips where this user may not build such a place."""
    for program in ("unshare", "setpriv", "ip", "mount"):
        peers.require(program)
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True).returncode:
        peers.missing("no namespaces for a container here: it needs root")
    words = [word.replace("/var/lib/natscope", str(volume)) for word in [*entry_point(), *RELAY["command"]]]
    words[words.index("--hostname") + 1] = "127.0.0.1"  # a self-signed certificate: no authority is there
    capabilities = ",".join(["-all", *(f"+{name.lower()}" for name in RELAY["cap_add"])])
    place = ["unshare", "-n", "-m", "--propagation", "private", "sh", "-c", ENTER, "sh", str(volume), capabilities]
    return subprocess.Popen(
        [*place, sys.executable, "-m", "natscope", *words[1:]],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": "/"}
