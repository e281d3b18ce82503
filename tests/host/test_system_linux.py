"""A Linux computer about itself, in namespaces with rules and routes of every kind; and nothing is ever changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from natscope.host.system_api import FirewallFacts, RouteChoice, SystemFacts
from tests.interop import peers
from tests.kernel.namespaces import Namespace, bed

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's"),
    pytest.mark.skipif(
        not os.access("/dev/net/tun", os.R_OK | os.W_OK), reason="this user may not open /dev/net/tun, which it needs"
    ),
]

ROOT = Path(__file__).parents[2]
NFT_RULES = """
table inet mine {
  chain arriving {
    type filter hook input priority filter; policy accept;
    iifname != "tailscale0" ip saddr 100.64.0.0/10 counter drop
  }
}
"""


class Told(msgspec.Struct):
    """What `system_dump` prints."""

    facts: SystemFacts
    drops: int | None
    ways: tuple[RouteChoice, ...]
    marked: tuple[RouteChoice, ...]
    firewall: FirewallFacts


def told_by(space: Namespace, *targets: str, prefix: tuple[str, ...] = ()) -> Told:
    said = space.must(*prefix, sys.executable, "-m", "tests.host.system_dump", *targets, cwd=str(ROOT))
    return msgspec.json.decode(said, type=Told)


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with bed() as made:
        here, there = made.add("here"), made.add("there")
        made.connect(here, "eth0", there, "far0")
        here.ip(
            "address add 192.168.1.20/24 dev eth0",
            "route add default via 192.168.1.1 dev eth0",
            "tuntap add Meta mode tun",
            "address add 198.18.0.1/30 dev Meta",
            "link set Meta up",
            "tuntap add tap7 mode tap",
            "link add docker0 type bridge",
            "route add default dev Meta table 2022",
            "route add unreachable 203.0.113.0/24",
            "rule add pref 9000 fwmark 0x80000/0xff0000 lookup main",
            "rule add pref 9001 not to 192.168.1.0/24 lookup 2022",
        )
        here.sysctl("net/ipv4/conf/eth0/rp_filter=1")
        yield here


@pytest.fixture(scope="module")
def told(space: Namespace) -> Told:
    return told_by(space, "192.0.2.1", "192.168.1.7", "2001:db8::1", "203.0.113.9")


def test_drivers_states_and_settings_of_interfaces(told: Told) -> None:
    drivers = {d.name: d.driver for d in told.facts.devices}
    assert drivers == {"lo": "loopback", "eth0": "veth", "Meta": "tun", "tap7": "tap", "docker0": "bridge"}
    eth0, docker0 = told.facts.device("eth0"), told.facts.device("docker0")
    assert eth0 is not None
    assert docker0 is not None
    assert eth0.strict_source is True
    assert (eth0.up, docker0.up) == (True, False)
    assert "192.168.1.20" in eth0.addresses


def test_policy_rules_in_words_and_routes_of_all_tables(told: Told) -> None:
    rules = {r.priority: (r.table, r.selectors) for r in told.facts.rules if r.family == 4}
    assert rules[9000] == (254, "fwmark 0x80000/0xff0000")
    assert rules[9001] == (2022, "not to 192.168.1.0/24")
    routes = {(r.destination, r.table): (r.interface, r.kind) for r in told.facts.routes if r.family == 4}
    assert routes["0.0.0.0/0", 254] == ("eth0", "unicast")
    assert routes["0.0.0.0/0", 2022] == ("Meta", "unicast")
    assert routes["203.0.113.0/24", 254] == ("", "unreachable")


def test_ways_are_looked_up_as_the_kernel_does(told: Told) -> None:
    far, near, six, closed = told.ways
    assert (far.interface, far.source, far.table) == ("Meta", "198.18.0.1", 2022)
    assert (near.interface, near.gateway) == ("eth0", "")
    assert six.failure == "network is unreachable"
    assert closed.interface == "Meta"
    marked_far, _, _, marked_closed = told.marked
    assert (marked_far.interface, marked_far.gateway) == ("eth0", "192.168.1.1")
    assert marked_closed.failure


def test_settings_and_what_is_not_known(told: Told) -> None:
    facts = told.facts
    assert facts.receive_buffer_max is None or facts.receive_buffer_max > 0
    assert told.drops is not None
    assert facts.source_drops == told.drops
    assert facts.wsl is not None
    assert "metered" in facts.unread
    for name in ("container", "cloud", "clock_synchronised", "conntrack_count"):
        assert (getattr(facts, name) is None) == (name in facts.unread)


def test_rules_are_read_with_their_counters(space: Namespace) -> None:
    peers.require("nft")
    space.nft(NFT_RULES)
    firewall = told_by(space).firewall
    assert firewall.rules is not None, firewall.reason
    chain = next(c for c in firewall.rules.chains if c.name == "arriving")
    assert (chain.hook, chain.rules[0].verdict, chain.rules[0].packets) == ("input", "drop", 0)


def test_rules_of_iptables_in_both_forms(space: Namespace) -> None:
    peers.require("nft")
    for tool, engine in (("iptables", "iptables"), ("iptables-legacy", "iptables-legacy")):
        peers.require(tool)
        space.must(tool, "-I", "INPUT", "-s", "100.64.0.0/10", "!", "-i", "tailscale0", "-m", "conntrack",
                   "--ctstate", "NEW", "-j", "DROP")  # fmt: skip
        rules = told_by(space).firewall.rules
        assert rules is not None
        chain = next(c for c in rules.chains if c.engine == engine and c.name == "INPUT")
        assert {m.field for m in chain.rules[0].matches} == {"saddr", "iif", "state"}


def test_without_privilege_all_but_the_rules_is_told(space: Namespace) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("takes root to become somebody else")
    as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    told = told_by(space, "192.0.2.1", prefix=as_nobody)
    assert told.ways[0].interface == "Meta"
    assert {d.driver for d in told.facts.devices} >= {"tun", "veth"}
    assert told.firewall.rules is None
    assert "root" in told.firewall.reason
    assert "counter" in told.firewall.hint


STATE = """ip -d link; ip address; ip rule; ip -6 rule; ip route show table all; ip -6 route show table all
nft list ruleset 2>/dev/null | sed 's/packets [0-9]* bytes [0-9]*//'; cat /proc/net/ip_tables_names 2>/dev/null
for f in all default eth0 Meta; do cat /proc/sys/net/ipv4/conf/$f/*; done 2>/dev/null
cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ping_group_range"""


def test_looking_changes_no_rule_no_route_and_no_setting(space: Namespace) -> None:
    before = space.must("/bin/sh", "-c", STATE)
    assert "Meta" in before
    told_by(space, "192.0.2.1")
    assert space.must("/bin/sh", "-c", STATE) == before


def test_nothing_is_left_behind(space: Namespace) -> None:
    """Neither a process of a tool nor an open descriptor."""
    script = (
        "import asyncio, os, ipaddress\n"
        "from natscope.host.real.system_linux import LinuxSystem\n"
        "async def main():\n"
        "    system = LinuxSystem()\n"
        "    async def all_of_it():\n"
        "        await system.look(); await system.firewall(timeout_s=5)\n"
        "        await system.route_to([ipaddress.ip_address('192.0.2.1')])\n"
        "    await all_of_it()\n"
        "    before = len(os.listdir('/proc/self/fd'))\n"
        "    for _ in range(5): await all_of_it()\n"
        "    print(len(os.listdir('/proc/self/fd')) - before)\n"
        "asyncio.run(main())\n"
    )
    assert space.must(sys.executable, "-c", script, cwd=str(ROOT)).strip() == "0"


def test_a_tool_that_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "nft").write_text("#!/bin/sh\nexec sleep 1000\n")
    (tmp_path / "nft").chmod(0o755)
    script = (
        "import asyncio\n"
        "from natscope.host.real import firewall_linux as f\n"
        f"f._PATH = {str(tmp_path)!r} + ':/usr/bin:/bin'\n"
        "f._may_read = lambda: True\n"
        "print(asyncio.run(f.read_firewall(0.2)).reason)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, cwd=ROOT)
    assert done.stdout.strip() == "reading the firewall rules took longer than 0.2 s", done.stderr
