"""`natscope netcheck` in process, against relays on loopback."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.runner import Result, Runner

SERVE_ONCE = """
import http.server, pathlib, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = pathlib.Path(sys.argv[1]).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.handle_request()
"""

OPENING = re.compile(r"^[✓!✗?] Direct: ")


def report_of(result: Result) -> dict[str, object]:
    """The JSON document on standard output, checked against the schema that `natscope schema` prints."""
    document = json.loads(result.out)
    assert isinstance(document, dict)
    return document


def test_the_answer_comes_first_and_stderr_stays_empty(natscope: Runner, healthy_map: str) -> None:
    result = natscope("netcheck", "--derp-map", healthy_map)
    assert result.code == 0
    assert OPENING.match(result.out)
    assert "\x1b" not in result.out
    assert result.err == ""
    assert "exit 0" in result.out
    long = [line for line in result.out.splitlines() if len(line) > 80 and not line.startswith("Next: ")]
    assert long == []


def test_json_is_the_report_and_follows_the_printed_schema(natscope: Runner, healthy_map: str) -> None:
    document = report_of(natscope("netcheck", "--derp-map", healthy_map, "--json"))
    assert document["schema"] == "natscope.report/1"
    jsonschema.validate(document, json.loads(natscope("schema", "report").out))


def test_tailscale_json_and_quick_spellings(natscope: Runner, healthy_map: str) -> None:
    short = json.loads(natscope("netcheck", "--derp-map", healthy_map, "--tailscale-json").out)
    assert short["UDP"] is True
    assert set(short["RegionLatency"]) == {"1", "2"}
    long = json.loads(natscope("netcheck", "--derp-map", healthy_map, "--format", "tailscale-json").out)
    assert list(long) == list(short)


def test_a_map_from_standard_input(natscope: Runner, healthy_map: str) -> None:
    result = natscope("netcheck", "--derp-map", "-", "--json", stdin=Path(healthy_map).read_bytes())
    assert result.code == 0
    relays = report_of(result)["relays"]
    assert isinstance(relays, list)
    assert len(relays) == 2


@pytest.mark.parametrize(
    ("flags", "families"), [(["-4"], {4}), (["-6"], {6}), (["-4", "-6"], {4, 6}), ([], {4, 6})], ids=str
)
def test_families(flags: list[str], families: set[int], natscope: Runner, healthy_map: str) -> None:
    document = json.loads(natscope("netcheck", "--derp-map", healthy_map, "--json", *flags).out)
    asked = {4: False, 6: False}
    for relay in document["relays"]:
        asked[4] |= relay["latency_ms"]["stun_v4"] is not None
        asked[6] |= relay["latency_ms"]["stun_v6"] is not None
    assert {family for family, yes in asked.items() if yes} == families


def test_a_dead_relay_among_living_ones_is_a_warning(natscope: Runner, relay_map: str) -> None:
    folder = str(natscope.home / "run")
    measured = natscope("netcheck", "--derp-map", relay_map, "--record", folder)
    assert measured.code == 0
    assert measured.err == f"recorded in {folder}/run.json\n"
    codes = {
        threshold: natscope("netcheck", "--replay", folder, "--fail-on", threshold).code
        for threshold in ("fail", "warn", "never")
    }
    assert codes == {"fail": 0, "warn": 1, "never": 0}
    replayed = natscope("netcheck", "--replay", folder)
    assert replayed.out == measured.out
    as_json = natscope("netcheck", "--replay", folder, "--json").out
    assert as_json == natscope("netcheck", "--replay", folder, "--json").out
    assert stat.S_IMODE(os.stat(f"{folder}/run.json").st_mode) == 0o600


def test_output_to_a_file_is_whole_and_stdout_empty(natscope: Runner, healthy_map: str) -> None:
    path = natscope.home / "report.json"
    path.write_text("old")
    result = natscope("netcheck", "--derp-map", healthy_map, "--json", "-o", str(path))
    assert (result.code, result.out, result.err) == (0, "", "")
    assert json.loads(path.read_text())["schema"] == "natscope.report/1"
    assert [name for name in os.listdir(natscope.home) if name.endswith(".new")] == []


def test_text_in_a_file_has_no_colour(natscope: Runner, healthy_map: str) -> None:
    path = natscope.home / "report.txt"
    natscope("netcheck", "--derp-map", healthy_map, "--color", "always", "-o", str(path), terminal=True)
    assert "\x1b" not in path.read_text()


def test_output_to_a_device_leaves_it_a_device(natscope: Runner, healthy_map: str) -> None:
    assert natscope("netcheck", "--derp-map", healthy_map, "-o", "/dev/null").code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_colour_and_ascii_reach_the_report(natscope: Runner, healthy_map: str) -> None:
    arguments = ("netcheck", "--derp-map", healthy_map)
    assert "\x1b[" in natscope(*arguments, terminal=True).out
    assert "\x1b[" not in natscope(*arguments, terminal=True, NO_COLOR="1").out
    assert natscope(*arguments, "--ascii").out.isascii()
    assert natscope(*arguments, LANG="C").out.isascii()
    assert natscope(*arguments, encoding="latin-1").out.isascii()


def test_verbosity(natscope: Runner, healthy_map: str) -> None:
    folder = str(natscope.home / "run")
    told = natscope("netcheck", "--derp-map", healthy_map, "--record", folder, "-v")
    lines = told.err.splitlines()
    assert lines[0].startswith("natscope: ")
    assert any("relays 2/2" in line for line in lines)
    assert re.fullmatch(r"natscope: \d+\.\d s done, direct: \w+", lines[-2])
    assert "\r" not in told.err
    assert "\x1b" not in told.err
    quiet = natscope("netcheck", "--replay", folder, "-q")
    assert OPENING.match(quiet.out)
    assert quiet.out.count("\n") == 1
    debug = natscope("netcheck", "--replay", folder, "--debug")
    assert re.search(r"debug: probe relay_stun ran \d+ ms, \d+ packets, \d+ B out", debug.err)
    assert re.search(r"debug: o\d+ stun.binding \S+ answered in [\d.]+ ms", debug.err)
    assert "debug: setting netcheck.replay" in debug.err


def test_progress_is_one_line_redrawn_on_a_terminal(natscope: Runner, healthy_map: str) -> None:
    result = natscope("netcheck", "--derp-map", healthy_map, stderr_terminal=True)
    assert result.err.startswith("\r\x1b[2Kreading the relay map")
    assert "relays 2 of 2 · v4 ✓ v6 ✓" in result.err
    assert result.err.endswith("\r\x1b[2K")
    assert "\n" not in result.err
    assert all(len(line.removeprefix("\x1b[2K")) < 80 for line in result.err.split("\r"))
    for silent in (["--no-progress"], ["-q"]):
        assert natscope("netcheck", "--derp-map", healthy_map, *silent, stderr_terminal=True).err == ""
    assert natscope("netcheck", "--derp-map", healthy_map, stderr_terminal=True, CI="true").err == ""


BAD_MAPS = [
    ("nosuch.yaml", None, "no such file"),
    ("empty.json", b"", "empty"),
    ("text.json", b"hello", "text.json is not JSON"),
    ("none.json", b'{"Regions":{}}', "no relay map"),
    ("bytes.yaml", bytes(range(256)), "bytes.yaml"),
    ("deep.json", b"[" * 100_000, "deep.json"),
]


@pytest.mark.parametrize(("name", "content", "said"), BAD_MAPS, ids=[row[0] for row in BAD_MAPS])
def test_a_map_that_is_none(name: str, content: bytes | None, said: str, natscope: Runner) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    assert_one_error(natscope("netcheck", "--derp-map", name), said)


def test_a_map_that_is_a_folder_a_pipe_or_forbidden(natscope: Runner) -> None:
    os.mkdir("folder")
    os.mkfifo("pipe")
    assert_one_error(natscope("netcheck", "--derp-map", "folder"), "folder: it is a folder")
    assert_one_error(natscope("netcheck", "--derp-map", "pipe"), "pipe: ")
    Path("secret").touch(0o000)
    if os.geteuid() != 0:
        assert_one_error(natscope("netcheck", "--derp-map", "secret"), "secret: this user may not read it")


def test_a_map_url_that_refuses_is_exit_3(natscope: Runner) -> None:
    assert_one_error(natscope("netcheck", "--derp-map", "http://127.0.0.1:9/map"), "cannot fetch", code=3)


def test_offline_without_a_copy_is_exit_3(natscope: Runner) -> None:
    result = natscope("netcheck", "--offline", NATSCOPE_USE_TAILSCALED="no")
    assert_one_error(result, "offline, and no copy", code=3)


BAD_PLACES = [
    (["-o", "nowhere/report.json"], "cannot write nowhere/report.json: there is no folder nowhere"),
    (["-o", "."], "cannot write .: it is a folder"),
    (["--record", "/dev/null"], "cannot record in /dev/null: it is a file"),
    (["--record", "/dev/null/x"], "cannot record in /dev/null/x: not a directory"),
    (["--replay", "nothing"], "no recording at nothing"),
    (["--replay", "x", "--record", "y"], "--replay and --record contradict each other"),
    (["--only", "relay-sutn"], 'error: --only: no probe "relay-sutn". Did you mean relay_stun?'),
    (["--skip", "relay_stun,bogus"], 'error: --skip: no probe "bogus"'),
    (["--bind-address", "here"], "no IP address"),
    (["--format", "jsno"], 'no output format "jsno". Did you mean json?'),
]


@pytest.mark.parametrize(("flags", "said"), BAD_PLACES, ids=[" ".join(flags) for flags, _ in BAD_PLACES])
def test_mistakes_are_found_before_anything_is_measured(
    flags: list[str], said: str, natscope: Runner, healthy_map: str
) -> None:
    assert_one_error(natscope("netcheck", "--derp-map", healthy_map, "-v", *flags), said)


def test_a_map_that_is_served_from_the_cache_says_so_once(natscope: Runner, healthy_map: str) -> None:
    """The copy of a map whose URL no longer answers."""
    with natscope.child("-c", SERVE_ONCE, healthy_map, stdin=subprocess.PIPE, module=False) as server:
        assert server.stdout is not None
        port = server.stdout.readline().decode().strip()
        url = f"http://127.0.0.1:{port}/map"
        assert natscope("netcheck", "--derp-map", url).code == 0
        server.wait(timeout=30)
    text = natscope("netcheck", "--derp-map", url)
    assert (text.code, text.err) == (0, "")
    assert "old" in text.out
    as_json = natscope("netcheck", "--derp-map", url, "--json")
    assert as_json.err.startswith("warning: ")
    assert as_json.err.count("\n") == 1
    assert json.loads(as_json.out)["relay_map"]["cached_age_s"] is not None
    assert natscope("netcheck", "--derp-map", url, "--json", "-q").err == ""


@pytest.mark.skipif(not os.path.isdir("/sys/class/net"), reason="only Linux lists its interfaces there")
def test_an_interface_that_is_not_there(natscope: Runner, healthy_map: str) -> None:
    assert_one_error(
        natscope("netcheck", "--derp-map", healthy_map, "-i", "nope0"), '--interface: no interface "nope0"'
    )
    assert_one_error(natscope("netcheck", "--derp-map", healthy_map, "-i", "../net"), "no interface")


def test_no_socket_for_the_address_is_exit_3_with_a_report(natscope: Runner, healthy_map: str) -> None:
    result = natscope("netcheck", "--derp-map", healthy_map, "--bind-address", "203.0.113.9", "--timeout", "1")
    assert result.code == 3
    assert result.out.startswith("? Direct: unknown")


def test_a_file_in_the_way_of_a_folder(natscope: Runner) -> None:
    Path("file").touch()
    assert_one_error(natscope("netcheck", "--replay", "file"), "cannot be read")
    assert_one_error(natscope("netcheck", "--derp-map", "x", "-o", "file/report.json"), "no folder file")


def test_a_project_file_may_choose_a_map_and_that_is_said(natscope: Runner, healthy_map: str) -> None:
    Path("derp.json").write_bytes(Path(healthy_map).read_bytes())
    Path("natscope.toml").write_text('derp_map = "derp.json"\noutput = "x"\n[netcheck]\nformat = "json"\n')
    result = natscope("netcheck")
    assert result.code == 0
    assert json.loads(result.out)["relay_map"]["regions"] == 2
    assert "the relay map is ./derp.json, as " in result.err.replace(os.getcwd(), ".")
    assert 'no setting "output", ignored' in result.err


def test_variables_and_flags(natscope: Runner, healthy_map: str) -> None:
    natscope.environ |= {"NATSCOPE_DERP_MAP": healthy_map, "NATSCOPE_NETCHECK_FORMAT": "json"}
    assert natscope("netcheck").out.startswith("{")
    assert OPENING.match(natscope("netcheck", "--format", "text").out)


def test_targets(natscope: Runner, healthy_map: str) -> None:
    text = natscope("targets", "--derp-map", healthy_map)
    assert text.code == 0
    assert "STUN to relay 1a" in text.out
    assert [line for line in text.out.splitlines() if len(line) > 100] == []
    document = json.loads(natscope("targets", "--derp-map", healthy_map, "--json").out)
    assert document["schema"] == "natscope.targets/1"
    assert {target["probe"] for target in document["targets"] if target["always"]} == {"relay_stun"}
    assert document["packets"] == sum(target["packets"] for target in document["targets"])
    assert natscope("targets", "--derp-map", healthy_map, "--only", "interfaces").out.startswith("Nobody: ")


def assert_one_error(result: Result, said: str, code: int = 2) -> None:
    lines = [line for line in result.err.splitlines() if not line.startswith("natscope: ")]
    assert result.code == code
    assert result.out == ""
    assert said in lines[0]
    assert lines[0].startswith("error: ")
    assert len(lines) <= 2
    assert "Traceback" not in result.err
