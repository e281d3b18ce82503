"""`natscope derp map`: frames as they are drawn, exit codes, and nothing foreign that a terminal would obey."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from natscope.cli.frames import FrameStyle
from natscope.cli.map_frames import draw_problems
from natscope.model.relay_map import MapProblem, RelayMap
from natscope.wire.relay_map_json import decode_relay_map_json
from tests.cli.runner import Runner
from tests.wire.relay_maps import FIXTURES, HOSTILE, node, region, written

BROKEN = FIXTURES / "maps" / "derp-broken.yaml"
GOLDEN = FIXTURES / "maps" / "derp-broken.lint.txt"


@pytest.fixture
def cli(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_the_frames_of_a_broken_map(cli: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES / "maps")
    result = cli("derp", "map", "lint", "derp-broken.yaml")
    assert result.out == GOLDEN.read_text()
    assert (result.code, result.err) == (1, "")


def test_ascii_has_the_same_lines_and_words(cli: Runner) -> None:
    result = cli("derp", "map", "lint", "--ascii", str(BROKEN))
    assert result.out.isascii()
    assert len(result.out.splitlines()) == len(cli("derp", "map", "lint", str(BROKEN)).out.splitlines())


def test_no_line_of_the_frame_is_wider_than_the_screen_but_what_to_write(cli: Runner) -> None:
    for width in ("40", "80"):
        lines = cli("derp", "map", "lint", str(BROKEN), COLUMNS=width).out.splitlines()[:-1]
        assert [line for line in lines if len(line) > int(width) and "└─" not in line] == []


def test_nothing_wrong(cli: Runner) -> None:
    result = cli("derp", "map", "lint", "-", stdin=written(region(900), region(901)))
    assert (result.code, result.out, result.err) == (0, "nothing is wrong · 2 regions · exit 0\n", "")


@pytest.mark.parametrize(("threshold", "code"), [("fail", 0), ("warn", 1), ("never", 0)])
def test_warnings_alone_count_only_when_asked(cli: Runner, threshold: str, code: int) -> None:
    result = cli("derp", "map", "lint", "--fail-on", threshold, "-", stdin=written(region(900)))
    assert result.code == code
    assert "NS-REL-07" in result.out
    assert f"1 warning · 1 region · exit {code}" in result.out


def test_errors_may_be_tolerated(cli: Runner) -> None:
    assert cli("derp", "map", "lint", "--fail-on", "never", str(BROKEN)).code == 0


def test_an_unknown_threshold(cli: Runner) -> None:
    result = cli("derp", "map", "lint", "--fail-on", "often", str(BROKEN))
    assert (result.code, result.out) == (2, "")
    assert "--fail-on often" in result.err


def test_json(cli: Runner) -> None:
    result = cli("derp", "map", "lint", "--json", str(BROKEN))
    document = json.loads(result.out)
    assert result.code == 1
    assert document["schema"] == "natscope.derp-map-lint/1"
    assert document["regions"] == {"total": 4, "usable": 2}
    first = document["problems"][0]
    assert (first["code"], first["line"], first["place"]) == ("cert-pin", 12, "$.regions.900.nodes[0].certname")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("lint", "missing.yaml"), 2, "error: missing.yaml: no such file"),
        (("lint", str(HOSTILE / "cut.json")), 2, "cut.json is not JSON: it ends too early"),
        (("lint", str(HOSTILE / "sign-in.json")), 2, "is a web page, not a relay map"),
        (("lint", str(HOSTILE / "aliases.yaml")), 2, "is no relay map: it has no Regions"),
        (("lint", "http://127.0.0.1:9/derpmap"), 3, "cannot fetch the relay map http://127.0.0.1:9/derpmap"),
        (("lint", "ftp://x/"), 2, "ftp:// cannot be fetched"),
        (("lint",), 2, "error: "),
        (("show", "/dev/zero"), 2, "not a regular file"),
    ],
)
def test_no_map_is_one_line_and_a_hint(cli: Runner, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = cli("derp", "map", *arguments)
    assert (result.code, result.out) == (code, "")
    assert words in result.err
    assert len(result.err.splitlines()) <= 2
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", ["lint", "show"])
def test_nothing_that_a_terminal_would_obey(cli: Runner, command: str) -> None:
    result = cli("derp", "map", command, str(HOSTILE / "escapes.json"), terminal=True, NO_COLOR="1")
    for char in result.out + result.err:
        assert char == "\n" or char.isprintable()


def test_hostile_names_in_a_map_that_can_be_used(cli: Runner) -> None:
    data = written(
        region(900, node(900, "\x1b[2J", HostName="a.example"), RegionCode="\u202e", RegionName="\x9b31m\n\n"),
        region(901, **{"\x1b]0;x\x07": 1}),
    )
    for command in ("lint", "show"):
        result = cli("derp", "map", command, "-", stdin=data)
        assert all(char == "\n" or char.isprintable() for char in result.out + result.err)
    assert "\\x1b[2J" in cli("derp", "map", "show", "-", stdin=data).out


def test_colour_marks_the_word_only(cli: Runner) -> None:
    plain = cli("derp", "map", "lint", str(BROKEN)).out
    coloured = cli("derp", "map", "lint", "--color", "always", str(BROKEN)).out
    assert "\x1b[1;31merror\x1b[0m" in coloured
    stripped = coloured.replace("\x1b[1;31m", "").replace("\x1b[1;33m", "").replace("\x1b[0m", "")
    assert stripped == plain


def test_show(cli: Runner) -> None:
    result = cli("derp", "map", "show", str(FIXTURES / "maps" / "localapi-derpmap.json"))
    assert result.code == 0
    assert result.out == (
        "900   near     Near Lab\n"
        "      900a  near.derp.test  198.51.100.1  IPv6 by DNS  STUN 3478, TLS 443, pinned\n"
        "901   far      Far Lab\n"
        "      901a  far.derp.test   198.51.100.2  IPv6 by DNS  STUN 3478, TLS 443, pinned\n"
    )


def test_show_turns_headscales_form_into_tailscales(cli: Runner) -> None:
    result = cli("derp", "map", "show", "--json", str(FIXTURES / "maps" / "headscale-form.yaml"))
    relay_map, problems = decode_relay_map_json(result.out.encode())
    assert problems == ()
    assert relay_map.regions[0].nodes[0].host_name == "myderp.example.com"


def test_show_says_what_was_left_out_on_standard_error(cli: Runner) -> None:
    result = cli("derp", "map", "show", str(BROKEN))
    assert "warning: $.regions.902: RegionID is missing" in result.err
    assert "region" not in result.out


def test_a_frame_without_the_text_of_the_map() -> None:
    problem = MapProblem(severity="error", code="x-y", place="$.Regions.9", message="m " * 60, region_id=9)
    drawn = draw_problems([problem], "https://x.example/map", (), RelayMap(), FrameStyle())
    lines = drawn.splitlines()
    assert lines[0].startswith("error: https://x.example/map: region 9 cannot be used ")
    assert lines[1] == "  ┌─ https://x.example/map: $.Regions.9  x-y"
    assert max(len(line) for line in lines) <= 80


def test_a_problem_far_to_the_right_is_still_seen() -> None:
    line = '{"a": "' + "x" * 500 + '", "Name": "here"}'
    problem = MapProblem(severity="warning", code="c", place="$", message="m", line=1, column=line.index('"here"') + 1)
    drawn = draw_problems([problem], "m.json", (line,), RelayMap(), FrameStyle()).splitlines()
    column = drawn[4].index("^")
    assert drawn[3][column : column + 6] == '"here"'
    assert drawn[4][column:].startswith("^^^^^^ m")


def test_lint_for_code_scanning_and_annotations(natscope: Runner, tmp_path: Path) -> None:
    path = tmp_path / "derp.yaml"
    path.write_text("regions:\n  900:\n    regionid: 900\n    nodes: []\n", encoding="utf-8")
    sarif = natscope("derp", "map", "lint", str(path), "--format", "sarif", "--fail-on", "never")
    assert sarif.code == 0, sarif.err
    assert json.loads(sarif.out)["runs"][0]["results"]
    github = natscope("derp", "map", "lint", str(path), "--format", "github", "--fail-on", "never")
    assert github.out.startswith(("::error file=", "::warning file="))
    wrong = natscope("derp", "map", "lint", str(path), "--format", "html")
    assert (wrong.code, wrong.out) == (2, "")
