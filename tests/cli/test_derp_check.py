"""`natscope derp check` in the simulator: every planted fault named with the right exit code, options, formats."""

from __future__ import annotations

import asyncio
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from natscope.apps import derp_check
from natscope.cli.derp_check_flow import MEASURING
from natscope.errors import CannotMeasure
from natscope.model.relay_map import LoadedMap, RelayMap, RelayRegion
from natscope.netcheck.options import MapChoice
from natscope.relay_check.options import CheckOptions
from natscope.wire.keys import NODE_PRIVATE, PrivateKey, key_text
from natscope.wire.relay_map_json import encode_relay_map_json
from tests.cli.runner import Result, Runner
from tests.relay_check.test_upgrade import answering
from tests.relay_check.world import DroppingRelay, Planted, Relays

Check = Callable[..., Result]


@pytest.fixture
def check(natscope: Runner, monkeypatch: pytest.MonkeyPatch) -> Check:
    """The command on a computer of a simulated network."""

    def run(relays: Relays, *arguments: str, **how: Any) -> Result:
        async def later(program: Coroutine[Any, Any, Any]) -> Any:
            await asyncio.sleep(0.5)  # servers open their ports, and mesh
            return await program

        Path("map.json").write_bytes(encode_relay_map_json(relays.map))
        with monkeypatch.context() as patch:
            patch.setattr(derp_check, "build_real_host", lambda: relays.us)
            patch.setattr(asyncio, "run", lambda program: relays.net.run(later(program)))
            result = natscope("derp", "check", "--derp-map", "map.json", *arguments, **how)
        relays.net.close()
        return result

    return run


PLANTED: dict[str, tuple[list[Planted], int, str, str]] = {
    "wrong name": ([Planted(certificate="other-name"), Planted(region=2)], 1, "NS-REL-01",
                   "1a: the certificate is for elsewhere.test, not for relay-1a.test"),
    "expired": ([Planted(certificate="expired")], 1, "NS-REL-01", "1a: the certificate expired on 2002-01-01"),
    "STUN closed": ([Planted(stun=False)], 1, "NS-REL-02", "1a: the STUN port, UDP 3478, does not answer."),
    "mesh": ([Planted(), Planted()], 1, "NS-REL-12", "1a and 1b: these nodes of region r1 do not forward"),
    "drops": ([Planted(relay=DroppingRelay)], 1, "NS-REL-21", "1a: lets clients in and drops their packets."),
    "clock": ([Planted(clock_s=-3700), Planted(region=2)], 0, "NS-CTL-06", "1a: the clock is 62 min behind."),
    "upgrade": ([Planted(front=answering(426))], 1, "NS-CTL-04", "1a: something in front (nginx/1.22.1) breaks"),
    "two servers": ([Planted(relays=2)], 1, "NS-REL-05", "1a: 2 servers stand behind one name"),
    "port 80": ([Planted(port80="redirects")], 0, "NS-REL-19", "1a: port 80 redirects."),
}  # fmt: skip
"""Relays, the exit code, the finding's id, its first words."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named(check: Check, name: str) -> None:
    planted, code, finding, words = PLANTED[name]
    result = check(Relays(*planted), "--volume", "0")
    page = " ".join(result.out.split())
    assert result.code == code
    assert words in page
    assert f" {finding} " in page
    assert "→ " in page
    assert page.endswith(f"exit {code}")
    assert result.err == ""


def test_healthy_relays_are_good(check: Check) -> None:
    result = check(Relays(Planted(mesh=True), Planted(mesh=True), Planted(region=2)))
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("✓ Relays: 3 of 3 work\n")
    assert result.out.endswith("nothing to fix · exit 0\n")


@pytest.mark.parametrize(
    ("threshold", "planted", "code"),
    [
        ("fail", Planted(port80="redirects"), 0),
        ("warn", Planted(port80="redirects"), 1),
        ("never", Planted(relay=DroppingRelay), 0),
        ("warn", Planted(decide=lambda client: False), 3),
    ],
)
def test_the_threshold_decides(check: Check, threshold: str, planted: Planted, code: int) -> None:
    assert check(Relays(planted), "--fail-on", threshold, "--volume", "0").code == code


def test_a_node_that_could_not_be_checked_counts_with_warn(check: Check) -> None:
    def relays() -> Relays:
        return Relays(Planted(), Planted(region=2, decide=lambda client: False))

    assert check(relays(), "--volume", "0").code == 0
    assert check(relays(), "--volume", "0", "--fail-on", "warn").code == 1


def test_nothing_answers(check: Check) -> None:
    relays = Relays(Planted())
    relays.net.hosts["relay-1a"].node.is_on = False
    result = check(relays, "--json")
    assert result.code == 3
    assert "nothing answered" in result.err
    assert json.loads(result.out)["verdict"]["state"] == "unknown"


def test_a_key_that_the_relay_knows(check: Check) -> None:
    key = PrivateKey(b"k" * 32)
    Path("client.key").write_text(key_text(key.data, NODE_PRIVATE))
    Path("client.key").chmod(0o600)
    result = check(Relays(Planted(decide=lambda client: client.key == key.public)), "--key-file", "client.key")
    assert (result.code, result.err) == (0, "")
    assert "✓ Relays: 1 of 1 works" in result.out


def test_json_follows_the_printed_schema(check: Check, natscope: Runner) -> None:
    result = check(Relays(Planted(stun=False)), "--json")
    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(natscope("schema", "derp-check").out))
    assert (document["schema"], result.code) == ("natscope.derp-check/1", 1)
    assert "natscope.derp-check/1" in natscope("schema", "--list").out


def test_junit_goes_into_a_file_and_agrees_with_the_exit_code(check: Check) -> None:
    for threshold in ("fail", "warn"):
        relays = Relays(Planted(port80="redirects"))
        result = check(relays, "--format", "junit", "-o", "relays.xml", "--fail-on", threshold, "--volume", "0")
        assert (result.out, result.err) == ("", "")
        assert int(ET.parse("relays.xml").getroot().get("failures", "")) == result.code == (threshold == "warn")


def test_only_what_was_chosen_is_checked(check: Check) -> None:
    planted = [Planted(), Planted(), Planted(region=2)]
    document = json.loads(check(Relays(*planted), "--region", "R2", "--json", "--volume", "0").out)
    assert [node["node"] for node in document["nodes"]] == ["2c"]
    chosen = json.loads(check(Relays(*planted), "--node", "1a", "--json", "--volume", "0", "-4").out)
    assert [node["node"] for node in chosen["nodes"]] == ["1a"]
    mesh = next(step for step in chosen["nodes"][0]["steps"] if step["name"] == "mesh")
    assert (mesh["state"], mesh["says"]) == ("not-asked", "others not chosen")
    assert {address["family"] for address in chosen["nodes"][0]["addresses"]} == {4}


def test_a_recorded_check_gives_the_same_page_again(check: Check, natscope: Runner) -> None:
    result = check(Relays(Planted(stun=False)), "--record", "run1", "--volume", "0")
    assert (result.code, result.err) == (1, "recorded in run1/derp-check.json\n")
    assert Path("run1/derp-check.json").stat().st_mode & 0o777 == 0o600
    for where in ("run1", "run1/derp-check.json"):
        again = natscope("derp", "check", "--replay", where)
        assert (again.code, again.out, again.err) == (1, result.out, "")
    kept = Path("run1/derp-check.json").read_bytes()
    refused = check(Relays(Planted()), "--record", "run1", "--volume", "0")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "error: there is a recording in run1 already\n  → name another folder with --record\n"
    assert natscope("derp", "check", "--replay", "run1", "-o", "run1/derp-check.json").code == 2
    assert Path("run1/derp-check.json").read_bytes() == kept
    values = {"--derp-map": "x", "--key-file": "x", "--ca-file": "x", "--proxy": "direct", "--volume": "0"}
    values |= {"--port80": "8080", "--timeout": "5"}
    for option in MEASURING.values():
        told = natscope("derp", "check", "--replay", "run1", option, *([values[option]] if option in values else []))
        assert (told.code, told.out) == (2, "")
        assert told.err.startswith(f"error: {option} is for measuring, and run1 was measured already\n"), told.err


def test_an_edited_recording_is_told_in_one_line(check: Check, natscope: Runner) -> None:
    check(Relays(Planted()), "--record", "run1", "--volume", "0", "-q")
    path = Path("run1/derp-check.json")
    whole = json.loads(path.read_text())
    told = set()
    for kind, key, value in (
        ("derp.passage", "sizes", None), ("derp.passage", "sizes", [[1]]), ("derp.passage", "sent", "x"),
        ("derp.passage", "median_ms", {}), ("derp.connect", "connect_ms", "soon"), ("derp.connect", "reached", []),
        ("derp.connect", "names", 5), ("derp.page", "clock_off_s", "x"), ("stun.binding", "requests", []),
        ("relay.port80", "state", 7),
    ):  # fmt: skip
        edited = json.loads(json.dumps(whole))
        for observation in edited["record"]["observations"]:
            if observation["kind"] == kind:
                observation["data"][key] = value
        path.write_text(json.dumps(edited))
        result = natscope("derp", "check", "--replay", "run1")
        assert result.code in (0, 1, 2, 3), (kind, key, result.err)
        told.add(result.err.partition(":")[2].strip().splitlines()[0] if result.code == 2 else "")
    assert "the recording run1 does not hang together" in told


def test_the_public_map_is_spared(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    load = derp_check._Check.load

    async def vendors(self: Any) -> Any:
        loaded, regions = await load(self)
        return msgspec.structs.replace(loaded, vendor=True), regions

    monkeypatch.setattr(derp_check._Check, "load", vendors)
    for words, volume in (((), 0), (("--volume", "14"), 14_000)):
        document = json.loads(check(Relays(Planted(mesh=True), Planted(mesh=True)), "--json", *words).out)
        streams = [p["stream_bytes"] for p in document["passages"] if p["sender"] == p["receiver"]]
        between = [p["stream_bytes"] for p in document["passages"] if p["sender"] != p["receiver"]]
        assert (len(streams), len(between)) == (4, 2)
        assert {sent >= volume for sent in streams} == {True}
        assert {sent > 0 for sent in (*streams, *between)} == {volume > 0}


def test_quiet_ascii_and_progress(check: Check) -> None:
    assert check(Relays(Planted()), "-q", "--volume", "0").out == "✓ Relays: 1 of 1 works\n"
    result = check(Relays(Planted()), "--ascii", "-v", "--volume", "0")
    assert result.out.isascii()
    steps = result.err.splitlines()
    assert steps[0] == "natscope: reading the relay map; Ctrl-C shows what is known so far"
    assert "natscope: 0.0 s connecting to 1a, nodes 0/1" in steps
    drawn = check(Relays(Planted()), "--volume", "0", terminal=True, stderr_terminal=True)
    assert "\x1b[32m" in drawn.out
    assert "nodes 0 of 1" in drawn.err


def test_monitoring_goes_on_and_tells_a_line_a_run(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs or three, then somebody wants an end; the JSON of each is a line of its own."""
    for words in ((), ("--json",), ("--format", "junit", "-o", "now.xml")):
        relays = Relays(Planted())
        relays.net.timeline.after(4.2, ending(monkeypatch))
        result = check(relays, "--every", "2s", "--metrics-listen", "203.0.113.1:9479", "--volume", "0", *words)
        assert result.code == 0
        told = result.out.splitlines()
        assert len(told) in (2, 3)
        if "-o" in words:
            assert ET.parse("now.xml").getroot().get("failures") == "0"
        if "--json" in words:
            assert {json.loads(line)["schema"] for line in told} == {"natscope.derp-check/1"}
        else:
            assert told[0].startswith("2026-01-01T00:00:00Z ✓ Relays: 1 of 1 works · ")
            assert told[0].endswith(" s · exit 0")
        assert "checking every 2 s" in result.err
        assert "metrics on http://203.0.113.1:9479/metrics" in result.err


def ending(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it to stop a check, as a signal would."""
    stops: list[asyncio.Event] = []
    prepare = derp_check._prepare

    def remembered(*arguments: Any) -> Any:
        made = prepare(*arguments)
        stops.append(made.stop)
        return made

    monkeypatch.setattr(derp_check, "_prepare", remembered)

    def end() -> None:
        for stop in stops:
            stop.set()

    return end


def test_a_family_that_a_relay_does_not_have_is_not_checked(check: Check) -> None:
    relays = Relays(Planted(map_fields={"ipv6": "none"}))
    result = check(relays, "-6")
    assert result.code == 3
    assert result.out.startswith("? Relays: unknown, 1a: no IPv6 address: not checked\n")
    assert "NS-REL" not in result.out


@pytest.mark.parametrize(
    ("words", "code", "first", "hint"),
    [
        (["--region", "r2x"], 2, 'the map has no region "r2x". Did you mean r2?', "it has 1 (r1), 2 (r2)"),
        (["--node", "relay-1b.tst"], 2, "Did you mean relay-1b.test?", "it has 1a, 1b, 2c"),
        (["--format", "junitt"], 2, 'no output format "junitt". Did you mean junit?', "there are "),
        (["--format", "tailscale-json"], 2, '"tailscale-json"; that is one of netcheck', "there are json, junit, text"),
        (["--json", "--format", "junit"], 2, "--json and --format junit contradict each other", "give one"),
        (["--fail-on", "bad"], 2, "--fail-on bad: not one of fail, warn, never", ""),
        (["-4", "-6"], 2, "-4 and -6 exclude each other", ""),
        (["--timeout", "0"], 2, "--timeout 0: not a number from 0.5 to 600", ""),
        (["--volume", "x"], 2, "--volume x: not a number", ""),
        (["--port80", "0"], 2, "--port80 0: not a port", ""),
        (["--key-file", "none.key"], 2, "none.key: the key cannot be read: no such file", ""),
        (["--key-file", "map.json"], 2, "map.json: holds no private node key", "expected privkey:"),
        (["--ca-file", "none.pem"], 2, "--ca-file none.pem: no such file", ""),
        (["--ca-file", "map.json"], 2, "--ca-file map.json: holds no certificates", ""),
        (["--proxy", "socks5://a.test"], 2, "--proxy: proxies of the kind socks5://", "--proxy http://"),
        (["--metrics-listen", "127.0.0.1:1"], 2, "--metrics-listen needs --every", "--every 30s"),
        (["--every", "soon"], 2, "--every soon: not a time", "--every 30s"),
        (["--every", "30h"], 2, "--every 30h: must lie between 1 s and 24 h", ""),
        (["--every", "30s", "--metrics-listen", ":9479"], 2, "--metrics-listen :9479: not ADDRESS:PORT", "or off"),
        (["--every", "30s", "--format", "junit"], 2, "--every with --format junit needs a file", ""),
        (["--every", "30s", "--record", "x"], 2, "--record keeps one check, --every makes many", "--json"),
        (["--replay", "x", "--record", "y"], 2, "--replay and --record contradict each other", ""),
        (["--replay", "x", "--node", "1a"], 2, "--replay and --node contradict each other", ""),
        (["--replay", "none"], 2, "there is no recorded check at none", "--record"),
        (["--replay", "map.json"], 2, "the recording cannot be read", ""),
        (["-o", "no/such/folder.txt"], 2, "cannot write no/such/folder.txt", ""),
        (["--derp-map", "mop.json"], 2, "mop.json: no such file", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_a_hint(check: Check, words: list[str], code: int, first: str, hint: str) -> None:
    result = check(Relays(Planted(), Planted(), Planted(region=2)), *words)
    told, *hints = result.err.splitlines()
    assert (result.code, result.out) == (code, "")
    assert first in told
    assert hint in "".join(hints)


def test_a_region_that_the_reader_left_out_is_no_region_and_the_way_on_is_told(check: Check) -> None:
    relays = Relays(Planted())
    empty = RelayRegion(region_id=7, region_code="off", region_name="Off", nodes=())
    relays.map = msgspec.structs.replace(relays.map, regions=(*relays.map.regions, empty))
    result = check(relays, "--region", "off")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[0] == 'error: the map has no region "off"'
    assert "natscope derp map lint" in result.err


def test_nothing_to_check() -> None:
    region = RelayRegion(region_id=7, region_code="off", region_name="Off", nodes=())
    loaded = LoadedMap(relay_map=RelayMap(regions=(region,)), source="map.json", kind="file")
    request = derp_check.CheckRequest(MapChoice(), CheckOptions(), regions=("off",))
    with pytest.raises(CannotMeasure, match="these regions have no nodes"):
        derp_check.selected(loaded, request)


def test_formats_of_netcheck_and_of_this_do_not_mix(natscope: Runner) -> None:
    for name in ("derp-check-text", "derp-check-json", "derp_check_text"):
        assert natscope("netcheck", "--format", name).err.startswith(f'error: no output format "{name}"')
