"""A real router's mapping service, Debian's miniupnpd, judged by a whole netcheck in namespaces.

```
host ── eth0 192.168.50.10   lan ── router ── wan 44.128.0.2 ── 44.128.0.10 server (a relay that helps)
     └─ eth1 192.168.60.10   other ──┘
```
miniupnpd takes documentation addresses for private ones, so the outside is of 44.0.0.0/8, which nobody outside sees.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from natscope.model.report import Report
from tests.interop import peers
from tests.kernel.namespaces import Bed, Namespace, addresses, bed, route

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

HOST, GATEWAY = "192.168.50.10", "192.168.50.1"
START_LIMIT_S, POLL_S = 15.0, 0.05
RULES = """
table inet upnp {
  chain forward { type filter hook forward priority -10; policy accept; jump miniupnpd; }
  chain miniupnpd { }
  chain prerouting { type nat hook prerouting priority -105; jump prerouting_miniupnpd; }
  chain prerouting_miniupnpd { }
  chain postrouting { type nat hook postrouting priority 90; jump postrouting_miniupnpd; }
  chain postrouting_miniupnpd { }
}
table inet router {
  chain out { type nat hook postrouting priority 100
    oifname "wan" masquerade
  }
  chain pass { type filter hook forward priority 0
    iifname "wan" ct state new ct status & dnat == 0 drop
  }
  chain input { type filter hook input priority 0
    iifname "wan" ct state new drop
  }
}
"""
CONFIG = {
    "ext_ifname": "wan",
    "listening_ip": "lan",
    "http_port": "5000",
    "ipv6_disable": "yes",
    "enable_upnp": "yes",
    "enable_natpmp": "yes",
    "secure_mode": "yes",
    "system_uptime": "no",
    "min_lifetime": "120",
    "max_lifetime": "86400",
    "uuid": "11111111-2222-3333-4444-555555555555",
    "force_igd_desc_v1": "no",
    "upnp_table_name": "upnp",
    "upnp_nat_table_name": "upnp",
}
SILENT = """
table inet slow {
  chain in { type filter hook input priority 0
    udp dport 3478 drop
  }
}
"""
PERMISSIONS = "allow 1024-65535 192.168.50.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"


@dataclass
class Lab:
    """The three namespaces, with the router's service running."""

    bed: Bed
    host: Namespace
    router: Namespace
    server: Namespace
    folder: Path
    wan: str

    @property
    def relay(self) -> str:
        return f"{self.wan.rpartition('.')[0]}.10"

    def netcheck(self, *flags: str) -> list[str]:
        """The command line of a netcheck on the host."""
        region = {"RegionID": 1, "RegionCode": "lab", "RegionName": "Lab"}
        node = {"Name": "1a", "RegionID": 1, "HostName": "relay.test", "IPv4": self.relay, "IPv6": "none"}
        relay_map = self.folder / "map.json"
        relay_map.write_text(json.dumps({"Regions": {"1": region | {"Nodes": [node]}}}), encoding="utf-8")
        python = [sys.executable, "-m", "natscope", "netcheck", "--derp-map", str(relay_map), "--json"]
        return [*python, "--only", "port_mapping,relay_stun,interfaces", *flags]

    def report(self, *flags: str) -> Report:
        done = self.host.run(*self.netcheck(*flags), env=self.environment)
        assert done.stdout, done.stderr
        return msgspec.json.decode(done.stdout, type=Report)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return kept | dict.fromkeys(("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"), str(self.folder))

    def open_ports(self) -> int:
        """Rules that the service has made and not taken back."""
        return self.router.must(peers.require("nft"), "list", "table", "inet", "upnp").count("dnat")

    def sent(self, device: str) -> int:
        """Packets that the host has sent on a device."""
        found: Any = json.loads(self.host.must(peers.require("ip"), "-j", "-s", "link", "show", device))
        return int(found[0]["stats64"]["tx"]["packets"])


@contextlib.contextmanager
def lab(
    folder: Path, config: dict[str, str] | None = None, *, wan: str = "44.128.0.2", service: bool = True
) -> Iterator[Lab]:
    """With `config` in place of the usual options of miniupnpd."""
    program = peers.require("miniupnpd")
    with bed() as made:
        host, router, server = made.add("host"), made.add("router"), made.add("server")
        host.sysctl("net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1")
        made.connect(host, "eth0", router, "lan")
        made.connect(host, "eth1", router, "other")
        made.connect(router, "wan", server, "eth0")
        network = wan.rpartition(".")[0]
        addresses(host, "eth0", [f"{HOST}/24"])
        addresses(host, "eth1", ["192.168.60.10/24"])
        addresses(router, "lan", [f"{GATEWAY}/24"])
        addresses(router, "wan", [f"{wan}/24"])
        addresses(server, "eth0", [f"{network}.10/24"])
        route(host, f"default via {GATEWAY}")
        router.sysctl("net/ipv4/ip_forward=1")
        router.nft(RULES)
        built = Lab(made, host, router, server, folder, wan)
        made.start(
            server, sys.executable, "-m", "natscope", "stun", "serve", "--listen", built.relay, "--helper", "--quiet",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=built.environment,
        )  # fmt: skip
        if service:
            _start(built, program, config or {})
        _until(lambda: built.relay in server.must(peers.require("ss"), "-Hnlu"), "the relay")
        yield built


def _start(built: Lab, program: str, config: dict[str, str]) -> None:
    options = CONFIG | {"lease_file": str(built.folder / "leases")} | config
    file = built.folder / "miniupnpd.conf"
    text = "".join(f"{name}={value}\n" for name, value in options.items() if value)
    file.write_text(text + PERMISSIONS, encoding="utf-8")
    pid = str(built.folder / "miniupnpd.pid")
    with (built.folder / "log").open("wb") as log:
        built.bed.start(built.router, program, "-d", "-f", str(file), "-P", pid, stdout=log, stderr=log)
    ports = (":1900", ":5351") if options["enable_natpmp"] == "yes" else (":1900",)
    ports = ports if options["enable_upnp"] == "yes" else (":5351",)

    def listens() -> bool:
        bound = built.router.must(peers.require("ss"), "-Hnlu")
        return all(port in bound for port in ports)

    _until(listens, "miniupnpd")


def _until(condition: Any, what: str) -> None:
    end = time.monotonic() + START_LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come up")
        time.sleep(POLL_S)


def told(report: Report) -> dict[str, tuple[str, str | None]]:
    group = report.port_mapping
    services = {"upnp": group.upnp, "nat_pmp": group.nat_pmp, "pcp": group.pcp}
    return {name: (str(service.state), service.proof) for name, service in services.items()}


ALL = dict.fromkeys(("upnp", "nat_pmp", "pcp"), ("yes", "proved"))


def test_every_protocol_opens_a_port_that_is_proved_and_closed_again(tmp_path: Path) -> None:
    with lab(tmp_path) as built:
        before = built.sent("eth1")
        report = built.report()
        assert told(report) == ALL, report.port_mapping
        group = report.port_mapping
        assert {s.router_external for s in (group.upnp, group.nat_pmp)} == {built.wan}
        assert {s.lifetime_s for s in (group.upnp, group.nat_pmp, group.pcp)} == {120}
        assert all((s.external or "").startswith(f"{built.wan}:") for s in (group.upnp, group.nat_pmp, group.pcp))
        assert any("MiniUPnPd" in o.data.get("server", "") for o in report.observations)
        assert built.open_ports() == 0
        assert built.sent("eth1") == before, "something left by an interface without a default route"


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"force_igd_desc_v1": "yes"}, ALL),
        ({"enable_upnp": "no"}, ALL | {"upnp": ("no", None)}),
        ({"enable_natpmp": "no"}, ALL | {"nat_pmp": ("no", None), "pcp": ("no", None)}),
        ({"min_lifetime": "30", "max_lifetime": "90"}, ALL),
    ],
)
def test_what_is_switched_off_is_not_there(tmp_path: Path, config: dict[str, str], wanted: dict[str, Any]) -> None:
    with lab(tmp_path, config) as built:
        report = built.report()
        assert told(report) == wanted, report.port_mapping
        if "max_lifetime" in config:
            assert report.port_mapping.pcp.lifetime_s == 90  # NAT-PMP and UPnP get what they ask for
        assert built.open_ports() == 0


def test_a_router_without_the_service_says_so(tmp_path: Path) -> None:
    with lab(tmp_path, service=False) as built:
        assert told(built.report()) == dict.fromkeys(ALL, ("no", None))


def test_a_private_outside_address_is_refused_in_the_routers_words(tmp_path: Path) -> None:
    with lab(tmp_path, wan="10.77.0.2") as built:
        report = built.report()
        group = report.port_mapping
        assert (group.nat_pmp.proof, group.pcp.proof) == ("refused", "refused"), group
        assert group.nat_pmp.error is not None
        assert group.nat_pmp.error.words == "network failure"
        assert group.upnp.state == "yes"
        assert group.upnp.proof != "proved"
        assert built.open_ports() == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_open(tmp_path: Path, how: signal.Signals) -> None:
    with lab(tmp_path) as built:
        built.server.nft(SILENT)  # without a helper the port stays open for a while
        process = built.bed.start(
            built.host, *built.netcheck(), env=built.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        _until(lambda: built.open_ports() > 0, "an open port")
        os.kill(process.pid, how)
        process.wait(10)
        assert built.open_ports() == 0
