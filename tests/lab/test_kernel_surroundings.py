"""Hosts with tunnels and rules of their own in the kernel bed: the rules are those of the simulator, ordinary users
learn what they may, and a netcheck leaves every rule, route and setting as it was.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from natscope.host.system_api import FirewallFacts
from natscope.lab.host_rules import WRITTEN, HostRules
from natscope.lab.kernel.bed import MAP, Running, standing
from natscope.lab.library import load_scenario
from natscope.model.nat import Filtering, Mapping
from natscope.model.packet_filter import RuleSet
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.host.test_system_linux import STATE
from tests.lab.kernel_lab import lab_of, require_lab

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
HOME = """
[sites.home]
nat = "port-restricted"
mapping_service = {}
[hosts.alice]
at = "home"
"""
RULED = """
[sites.home]
[hosts.tailscale]
at = "home"
rules = "tailscale"
[hosts.closed]
at = "home"
rules = "closed"
[hosts.no-udp]
at = "home"
rules = "no-udp"
"""


class Told(msgspec.Struct):
    firewall: FirewallFacts


@pytest.fixture(scope="module")
def ruled() -> Iterator[Running]:
    with lab_of(RULED) as lab:
        yield lab


@pytest.fixture(scope="module")
def proxied() -> Iterator[Running]:
    require_lab()
    with standing(load_scenario("tun-proxy")) as lab:
        yield lab


def uncounted(rules: RuleSet) -> RuleSet:
    """With every counter at nought."""
    chains = tuple(
        msgspec.structs.replace(
            chain,
            rules=tuple(msgspec.structs.replace(r, packets=None if r.packets is None else 0) for r in chain.rules),
        )
        for chain in rules.chains
    )
    return RuleSet(chains, rules.left_out)


@pytest.mark.parametrize("name", list(HostRules))
def test_the_simulators_rules_are_those_that_the_kernel_tells(ruled: Running, name: HostRules) -> None:
    said = ruled.exec(name, ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.host.system_dump"])
    told = msgspec.json.decode(said.stdout, type=Told).firewall.rules
    assert told is not None, said.stderr
    by_place = {chain.place: chain for chain in uncounted(told).chains}
    assert by_place == {chain.place: chain for chain in WRITTEN[name].values.chains}


def test_a_netcheck_changes_no_rule_no_route_and_no_setting(proxied: Running) -> None:
    before = proxied.exec("alice", ["/bin/sh", "-c", STATE]).stdout
    assert "Meta" in before
    report = proxied.netcheck("alice", load_scenario("tun-proxy"))
    assert report.surroundings.hijacked is Tri.YES
    assert proxied.exec("alice", ["/bin/sh", "-c", STATE]).stdout == before


def test_a_host_shows_its_firmware_and_its_own_cards(ruled: Running) -> None:
    with lab_of(
        '[sites.home]\n[hosts.cloudy]\nat = "home"\nfirmware = "Amazon EC2"\n[hosts.plain]\nat = "home"\n'
    ) as lab:
        look = "cat /sys/class/dmi/id/sys_vendor; ls /sys/class/net; cat /sys/class/net/eth0/mtu"
        said = lab.exec("cloudy", ["/bin/sh", "-c", look])
        assert (said.returncode, said.stdout.split("\n")) == (0, ["Amazon EC2", "eth0", "lo", "1500", ""])
        assert "Amazon" not in lab.exec("plain", ["/bin/sh", "-c", look]).stdout


def as_nobody(lab: Running, *flags: str) -> Report:
    """A netcheck of alice's by a user with no rights at all; skips where that one may not read this installation."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("takes root to become somebody else")
    with tempfile.TemporaryDirectory(prefix="natscope-nobody-") as folder:
        os.chmod(folder, 0o777)
        the_map = shutil.copy(lab.folder / MAP, folder)
        os.chmod(the_map, 0o644)
        homes = [f"XDG_{kind}_HOME={folder}/{kind.lower()}" for kind in ("CONFIG", "CACHE", "STATE")]
        nobody = ["env", *homes, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        command = [sys.executable, "-m", "natscope", "netcheck", "--json", "--derp-map", the_map, *flags]
        if lab.exec("alice", [*nobody, sys.executable, "-c", "import natscope"]).returncode:
            pytest.skip("nobody may not read this installation")
        done = lab.exec("alice", [*nobody, *command])
    assert "Traceback" not in done.stderr
    return msgspec.json.decode(done.stdout, type=Report)


def test_an_ordinary_user_learns_all_but_the_rules_and_how_to_learn_them(proxied: Running) -> None:
    report = as_nobody(proxied)
    around = report.surroundings
    assert (around.hijacked, around.ways[0].owner) == (Tri.YES, "proxy")
    assert [(u.interface, u.answers) for u in around.uplinks] == [("eth0", Tri.YES)]
    assert (around.firewall.readable, around.firewall.unasked) == (Tri.NO, "unknown")
    assert "as root" in around.firewall.hint
    (untold,) = (n for n in report.not_measured if n.what == "this computer's own firewall rules")
    assert "only root may read" in untold.reason
    assert "counter" in untold.reason


def test_an_ordinary_user_learns_of_the_way_and_the_router_what_root_does() -> None:
    """Hops (IP_RECVERR), lengths of packets, echoes and port mappings take no privilege.

    Echoes take ping sockets, which systemd allows to everybody and a new network namespace to nobody.
    """
    with lab_of(HOME) as lab:
        lab.exec("alice", ["/bin/sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range"])
        report = as_nobody(lab)
    truth = {probe.name: (probe.state, probe.reason) for probe in report.probes if probe.state == "failed"}
    assert truth == {}
    ran = {probe.name for probe in report.probes if probe.state == "ran"}
    assert {
        "nat_layers",
        "path_mtu",
        "port_mapping",
        "nat_mapping",
        "nat_filtering",
        "nat_ports",
        "shared_space",
    } <= ran
    nat = report.nat.v4
    assert (nat.mapping, nat.filtering) == (Mapping.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT)
    assert [(hop.number, hop.place) for hop in nat.hops][:1] == [(1, "private")]
    assert report.path.v4.mtu is not None
    control = next(o for o in report.observations if o.kind == "portmap.control")
    assert control.data["answered"] == control.data["sent"] > 0
    assert report.port_mapping.pcp.proof == "proved"
