"""The report is right for IPv4 and IPv6 against Debian's coturn, upstream's derper and our own server.

The client's addresses and the router's behaviour are known, so every line of the report has one right value.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop import peers
from tests.interop.netcheck_lab import CLIENT_V6, NAT, PRIVATE_V4, PUBLIC_V4, ROUTER_V4, NetcheckLab
from tests.interop.test_netcheck_tailscale import clean_environment
from tests.kernel.namespaces import bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

Run = tuple[str, dict[str, Any]]

COTURN, DERPER, OURS = 900, 901, 902
SECOND_DERPER = 903
REGIONS = (COTURN, DERPER, OURS)


def start_servers(lab: NetcheckLab) -> None:
    lab.start_coturn(lab.add_host())
    lab.start_derper(lab.add_host())
    ours = lab.add_host()
    listen = ["--listen", f"{ours.v4}:3478", "--listen", f"[{ours.v6}]:3478"]
    lab.start(ours, "ready on", [sys.executable, "-m", "natscope", "stun", "serve", *listen])


@contextlib.contextmanager
def netcheck_in(kind: str, folder: Path) -> Iterator[dict[str, Any]]:
    for program in ("turnserver", "derper", "nft", "ip", "unshare", "nsenter"):
        peers.require(program)
    with bed() as made:
        lab = NetcheckLab(made, folder, kind)
        start_servers(lab)
        if kind == "no-udp":
            lab.start_derper(lab.add_host())  # two that speak HTTPS prove that it is not one relay's closed port
        (folder / "map.json").write_text(json.dumps(lab.relay_map()))
        command = [sys.executable, "-m", "natscope", "netcheck", "--json", "--derp-map", str(folder / "map.json")]
        done = lab.client.run(*command, env=clean_environment(folder))
        assert done.returncode in (0, 1), done.stderr
        yield json.loads(done.stdout)


@pytest.fixture(scope="module", params=[kind for kind in NAT if kind != "no-udp"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A network where UDP works, and the report of a netcheck in it."""
    with netcheck_in(request.param, tmp_path_factory.mktemp("report")) as report:
        yield request.param, report


@pytest.fixture(scope="module")
def blocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The report of a netcheck behind a router that drops UDP."""
    with netcheck_in("no-udp", tmp_path_factory.mktemp("blocked")) as report:
        yield report


def test_udp_and_both_families_work(run: Run) -> None:
    _, report = run
    assert report["udp"] == "yes"
    for family in ("ipv4", "ipv6"):
        assert (report[family]["os_support"], report[family]["works"]) == ("yes", "yes")


def test_public_addresses_are_the_clients_or_its_routers(run: Run) -> None:
    kind, report = run
    wanted = {"ipv4": PUBLIC_V4 if kind == "public" else ROUTER_V4, "ipv6": CLIENT_V6}
    for family, address in wanted.items():
        assert {e["address"] for e in report[family]["endpoints"]} == {address}
        assert sorted(n for e in report[family]["endpoints"] for n in e["seen_by"]) == list(REGIONS)
    assert (PUBLIC_V4 if kind == "public" else PRIVATE_V4) in report["ipv4"]["local"]
    assert CLIENT_V6 in report["ipv6"]["local"]


def test_translation_is_what_the_router_does(run: Run) -> None:
    kind, report = run
    v4, v6 = report["nat"]["v4"], report["nat"]["v6"]
    assert (v6["mapping"], v6["port_preservation"]) == ("none", "yes")
    assert (v4["mapping"] == "none") == (kind == "public")
    assert v4["mapping_varies"] == ("yes" if kind == "random" else "no")
    assert v4["port_preservation"] == ("no" if kind == "random" else "yes")
    assert report["nat"]["mapping"] == v4["mapping"]


def test_what_plain_servers_cannot_tell_is_unknown(run: Run) -> None:
    _, report = run
    for family in ("v4", "v6"):
        nat = report["nat"][family]
        assert (nat["filtering"], nat["hairpinning"], nat["mapping_lifetime_s"]) == ("unknown", "unknown", None)


@pytest.mark.parametrize("region", REGIONS)
def test_every_server_answers_over_both_families(run: Run, region: int) -> None:
    _, report = run
    relay = next(r for r in report["relays"] if r["region_id"] == region)
    assert relay["error"] is None
    assert relay["loss"] == 0.0
    assert 0 < relay["latency_ms"]["stun_v4"] < 250
    assert 0 < relay["latency_ms"]["stun_v6"] < 250


def test_without_udp_the_report_says_so_and_names_the_relays_that_speak_https(blocked: dict[str, Any]) -> None:
    relays = {r["region_id"]: r["latency_ms"] for r in blocked["relays"]}
    assert (blocked["udp"], blocked["ipv4"]["works"]) == ("no", "yes")
    assert [n for n, latency in relays.items() if latency["https"] is not None] == [DERPER, SECOND_DERPER]
    assert all(latency["stun_v4"] is None and latency["stun_v6"] is None for latency in relays.values())
    assert "NS-UDP-01" in [f["id"] for f in blocked["findings"]]
    assert blocked["verdict"]["direct"] == "no"
    assert blocked["nat"]["mapping"] == "unknown"


def test_all_evidence_exists(run: Run, blocked: dict[str, Any]) -> None:
    for report in (run[1], blocked):
        known = {o["id"] for o in report["observations"]}
        cited = list(all_evidence({k: v for k, v in report.items() if k != "observations"}))
        assert cited
        assert set(cited) <= known


def all_evidence(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        cited = value.get("evidence", ())
        yield from (one for ids in cited.values() for one in ids) if isinstance(cited, dict) else cited
        for inner in value.values():
            yield from all_evidence(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from all_evidence(inner)
