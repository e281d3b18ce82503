"""Two scenarios in one simulated internet, side by side: the first host of each, with the routers before it."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

import msgspec

from natscope.lab.build_sim import sim_reports, simulated
from natscope.lab.scenario import INTERNET, Scenario
from natscope.lab.scenario_truth import MappingTruth
from natscope.lab.scenario_values import read_scenario
from natscope.lab.sim_ports import ToldPorts
from natscope.machines.nat.forwards import Forward, Transport
from natscope.model.endpoint import Endpoint
from natscope.model.report import Report
from natscope.plugins.scenario import scenario_files
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from tests.punching.punch import PORT

_NAMES = ("at", "also", "dmz", "host", "http_proxy", "stuck_to")
"""Keys whose values name a site or a host."""
_PUBLIC = re.compile(rb"203\.0\.113\.(\d+)")
MOVED, LAN, OTHER_LAN = 100, "192.168.1.0/24", "192.168.77.0/24"
"""The second side's public addresses are so much higher, and its usual home network is another one."""
_SHARED = (53, 254)
"""The internet's own: its name server and its router."""
OPENED_PORT = 50_000
_KEPT = ("seed", "map", "dns", "dns_lies", "dns_wildcards", "netcheck", "relays")
"""Of the internet, so the first scenario's holds for both."""


def text_of(name: str) -> str:
    """A shipped scenario's file."""
    return next(file.read() for file in scenario_files() if file.name == name)


def side_by_side(first: str, second: str) -> tuple[Scenario, str, str]:
    """Both networks, and the names of the two hosts. Texts are those of scenario files."""
    trees = [_first(first), _second(second)]
    merged: dict[str, Any] = {"title": "two sides"} | {key: trees[0][key] for key in _KEPT if key in trees[0]}
    merged["netcheck"] = {**merged.get("netcheck", {}), "known_wrong": {}}
    for group in ("sites", "hosts"):
        merged[group] = trees[0].get(group, {}) | trees[1].get(group, {})
    hosts = [next(name for name, h in tree["hosts"].items() if h.get("measured", True)) for tree in trees]
    merged["hosts"] = {name: host | {"measured": name in hosts} for name, host in merged["hosts"].items()}
    return read_scenario("two-sides", "\n".join(_toml(merged))), hosts[0], hosts[1]


def both_reports(text: str) -> tuple[Report, Report]:
    """A netcheck of a scenario's first host, and the same one by a host with the other side's addresses."""
    scenario = _alone(text)
    only = scenario.measured()[0].name
    scenario = replace(scenario, hosts={n: replace(h, measured=n == only) for n, h in scenario.hosts.items()})
    report = sim_reports(scenario)[only]
    return report, msgspec.json.decode(_moved_text(msgspec.json.encode(report)), type=Report)


def _moved_text(text: bytes) -> bytes:
    """Addresses of the first side as those of the second; prefixes of IPv6 too, which count over all sites."""
    text = _PUBLIC.sub(lambda match: b"203.0.113.%d" % _moved(int(match[1])), text)
    text = text.replace(b"192.168.1.", b"192.168.77.").replace(b"fd00:db8:0:", b"fd00:db8:f:")
    return text.replace(b"2001:db8:0:", b"2001:db8:f:")


def _moved(number: int) -> int:
    return number if number in _SHARED else number + MOVED


@dataclass(frozen=True)
class Standing:
    """Two hosts in a network without relays, ready to run; `opened` are ports that routers opened for them."""

    net: Network
    one: SimHost
    other: SimHost
    opened: dict[str, list[Endpoint]]


@contextmanager
def standing(first: str, second: str) -> Iterator[Standing]:
    """Both, with the ports open that by the scenarios' truth open for who asks."""
    scenario, one, other = side_by_side(first, second)
    sites = {n: replace(site, mapping_service=None, opens_tls=False) for n, site in scenario.sites.items()}
    with simulated(replace(scenario, sites=sites, relays={}, faults=())) as net:
        opened = {
            name: [_open(net, scenario, name)] for name, text in ((one, first), (other, second)) if _opens(_alone(text))
        }
        yield Standing(net, net.hosts[one], net.hosts[other], opened)


def _opens(scenario: Scenario) -> bool:
    truth = scenario.truth.get(scenario.measured()[0].name)
    return truth is not None and MappingTruth.PROVED in (truth.pcp, truth.nat_pmp, truth.upnp)


def _open(net: Network, scenario: Scenario, name: str) -> Endpoint:
    """What a client that asks gets, done at the router itself."""
    host = scenario.hosts[name]
    site = net.sites[host.at]
    assert site.up is not None
    nat, inside = site.up.nat(4), host.address(4)
    assert nat is not None
    assert inside is not None
    forward = Forward(transport=Transport.UDP, external_port=OPENED_PORT, internal=Endpoint(inside, PORT))
    found = ToldPorts(nat, net.world).open(forward, net.timeline.now, 7200.0)
    assert found is not None
    return found


@functools.cache
def _alone(text: str) -> Scenario:
    return read_scenario("alone", text)


@functools.cache
def _first(text: str) -> dict[str, Any]:
    return _renamed(tomllib.loads(text), "a")


@functools.cache
def _second(text: str) -> dict[str, Any]:
    return _renamed(_readdressed(tomllib.loads(text), _alone(text)), "b")


def _renamed(tree: dict[str, Any], letter: str) -> dict[str, Any]:
    """Sites and hosts with a letter before their names."""
    names = {name: f"{letter}-{name}" for group in ("sites", "hosts") for name in tree.get(group, {})}

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, key) for inner in value]
        if isinstance(value, str) and key in _NAMES:
            value = names.get(value, value)
        return value

    moved = {g: {names[n]: walk(t) for n, t in tree.get(g, {}).items()} for g in ("sites", "hosts")}
    if "relays" in tree:
        moved["relays"] = walk(tree["relays"])
    return tree | moved


def _readdressed(tree: dict[str, Any], alone: Scenario) -> dict[str, Any]:
    """What the scenario has alone, moved: so addresses do not hang on who stands beside it."""
    for name, site in alone.sites.items():
        form = tree["sites"][name]
        form.pop("count", None)
        if site.at == INTERNET or site.external[:1] == ():
            form["external"] = [_moved_ip(ip) for ip in site.external or (site.wan,)]
        if site.lan is not None and str(site.lan) == LAN:
            form["lan"] = OTHER_LAN
    for name, host in alone.hosts.items():
        ip = host.interfaces[0].ipv4
        if ip is not None and _PUBLIC.fullmatch(str(ip).encode()):
            tree["hosts"][name]["ipv4"] = _moved_ip(ip)
    return tree


def _moved_ip(ip: IPv4Address) -> str:
    return _moved_text(str(ip).encode()).decode()


def _toml(tree: dict[str, Any]) -> Iterator[str]:
    """As a text again: tables of the two upper levels, everything below inline."""
    for key, value in tree.items():
        if key not in ("sites", "hosts", "relays"):
            yield f"{key} = {_inline(value)}"
    for group in ("sites", "hosts", "relays"):
        for name, table in tree.get(group, {}).items():
            yield f"[{group}.{name}]"
            yield from (f"{key} = {_inline(value)}" for key, value in table.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
