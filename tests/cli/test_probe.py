"""`natscope probe`: the list, one probe in words and as JSON, mistakes, exit codes."""

from __future__ import annotations

import json

import pytest

from natscope.cli import exit_codes
from natscope.plugins.loader import PROBES, find
from tests.cli.runner import Runner


def test_the_list_has_every_probe_with_its_question(natscope: Runner) -> None:
    names = sorted(module.name for module in find(PROBES).modules)
    document = json.loads(natscope("probe", "--list", "--json").out)
    assert document["schema"] == "natscope.probes/1"
    assert [row["name"] for row in document["probes"]] == names
    assert [row["name"] for row in document["probes"] if not row["question"].endswith("?")] == []
    text = natscope("probe", "--list")
    assert (text.code, text.err) == (exit_codes.GOOD, "")
    assert [name for name in names if f"\n{name} " not in "\n" + text.out] == []
    assert max(map(len, text.out.splitlines())) <= 80


def test_the_list_names_what_makes_a_probe_run(natscope: Runner) -> None:
    told = " ".join(natscope("probe", "--list").out.split())
    assert "s; only with --cross-check) nat_filtering" in told
    assert "only with --hairpin or --full)" in told
    assert "all of it with --icmp or --full)" in told
    assert "3 s; profile full) nat_cross_check" in told


def test_one_probe_in_words(natscope: Runner, healthy_map: str) -> None:
    result = natscope("probe", "relay-stun", "--derp-map", healthy_map)
    assert result.code == exit_codes.GOOD
    lines = result.out.splitlines()
    assert lines[-1].startswith("relay_stun: ran, ")
    assert "stun.binding    answered  127." in result.out
    assert "dns.lookup" not in result.out


def test_one_probe_as_json(natscope: Runner, healthy_map: str) -> None:
    document = json.loads(natscope("probe", "interfaces", "--derp-map", healthy_map, "--json").out)
    assert (document["schema"], document["name"], document["state"]) == ("natscope.probe/1", "interfaces", "ran")
    assert {o["kind"] for o in document["observations"]} == {"host.links"}
    assert document["interrupted"] is False


def test_a_probe_brings_what_it_reads(natscope: Runner, healthy_map: str) -> None:
    result = natscope("probe", "nat_ports", "--derp-map", healthy_map, "-v")
    assert result.code == exit_codes.GOOD, result.err
    assert "it had nothing to observe here" in result.out  # loopback translates nothing
    assert "stun.binding" in result.out.partition("of other probes:")[2]


def test_a_probe_that_needs_a_flag_runs_when_it_is_named(natscope: Runner, healthy_map: str) -> None:
    for name in ("nat_hairpin", "nat_lifetime"):
        assert f"{name}: ran" in natscope("probe", name, "--derp-map", healthy_map).out


def test_nobody_answers(natscope: Runner) -> None:
    """A relay on the port of nobody: refused or silent, in any case no answer."""
    node = {"Name": "1a", "RegionID": 1, "HostName": "r.test", "IPv4": "127.77.9.1", "IPv6": "none", "STUNPort": 9}
    document = {"Regions": {"1": {"RegionID": 1, "RegionCode": "r1", "RegionName": "One", "Nodes": [node]}}}
    path = natscope.home / "silent.json"
    path.write_text(json.dumps(document))
    result = natscope("probe", "nat_ports", "--derp-map", str(path), "--timeout", "2")
    assert "nat_ports: ran" in result.out
    assert result.code == exit_codes.CANNOT_TEST
    assert natscope("probe", "interfaces", "--derp-map", str(path)).code == exit_codes.GOOD


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nat_port"], 'error: no probe "nat_port". Did you mean nat_ports?'),
        (["xyzzy"], 'error: no probe "xyzzy"\n'),
        ([], "error: name a probe, or ask for --list"),
        (["nat_ports", "--list"], "error: a name and --list contradict each other"),
        (["nat_ports", "--timeout", "900"], "error: --timeout must be between"),
    ],
)
def test_mistakes(arguments: list[str], words: str, natscope: Runner) -> None:
    result = natscope("probe", *arguments)
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert words in result.err


@pytest.mark.parametrize("name", ["interfaces", "host_facts", "host_firewall", "host_connections"])
def test_a_probe_of_this_computer_reads_no_map(natscope: Runner, name: str) -> None:
    result = natscope("probe", name, "--derp-map", str(natscope.home / "there-is-none.json"), "--json")
    document = json.loads(result.out)
    assert (document["state"], document["relay_map"], result.err) == ("ran", "", "")
