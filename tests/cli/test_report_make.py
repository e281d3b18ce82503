"""`natscope report make`: from recordings, upstream's netcheck and by measuring; nothing is lost by accident."""

from __future__ import annotations

import inspect
import json
import zipfile
from pathlib import Path

import pytest

from natscope.cli.originals import MEASURING
from natscope.cli.report_make import destinations, make
from natscope.plugins.report_format import Format
from tests.cli.runner import Runner

ROOT = Path(__file__).parents[2]
BLOCKED = str(ROOT / "fixtures" / "reports" / "udp-blocked.json")
UPSTREAM = ROOT / "fixtures" / "recordings" / "tailscale-netcheck"
HARD = str(UPSTREAM / "nat-hard.json")
STATUS = str(ROOT / "fixtures" / "peers" / "local_api" / "status-active.json")
MESH_STATUS = str(ROOT / "fixtures" / "mesh" / "symmetric-nat" / "status.json")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, healthy_map: str) -> str:
    """A netcheck of relays on loopback, recorded."""
    folder = tmp_path_factory.mktemp("recorded")
    runner = Runner(folder)
    done = runner("netcheck", "--derp-map", healthy_map, "--profile", "quick", "--record", str(folder / "run1"), "-q")
    assert done.code == 0, done.err
    return str(folder / "run1")


def test_a_recording_is_judged_as_a_replay_judges_it(natscope: Runner, recording: str, tmp_path: Path) -> None:
    replayed = natscope("netcheck", "--replay", recording, "--json")
    for arguments in ((recording,), (f"{recording}/run.json",), ("--replay", recording)):
        made = natscope("report", "make", *arguments, "--json")
        assert (made.code, made.out) == (replayed.code, replayed.out)
    piped = natscope("report", "make", "-", "--json", stdin=Path(recording, "run.json").read_bytes())
    assert piped.out == replayed.out
    target = tmp_path / "report.html"
    written = natscope("report", "make", recording, "--format", "html", "-o", str(target))
    assert (written.code, written.out, written.err) == (0, "", f"written: {target}\n")
    assert target.read_text(encoding="utf-8") == natscope("netcheck", "--replay", recording, "--format", "html").out


def test_upstream_netcheck_is_judged_by_todays_catalogue(natscope: Runner) -> None:
    made = natscope("report", "make", HARD, "--json")
    report = json.loads(made.out)
    assert report["schema"] == "natscope.report/1"
    assert "NS-NAT-01" in [finding["id"] for finding in report["findings"]]
    assert report["verdict"]["direct"] == "unlikely"
    assert report["host"]["name"] == ""


def test_its_status_names_the_computer_in_either_order(natscope: Runner) -> None:
    name = json.loads(Path(STATUS).read_bytes())["Self"]["HostName"]
    for files in ((HARD, STATUS), (STATUS, HARD)):
        made = natscope("report", "make", *files, "--json")
        assert json.loads(made.out)["host"]["name"] == name


def test_another_computers_status_is_told(natscope: Runner) -> None:
    made = natscope("report", "make", HARD, MESH_STATUS, "--json")
    assert "may be of two computers: the netcheck shows 198.51.100.13 as its public address" in made.err
    assert natscope("report", "make", str(UPSTREAM / "public.json"), STATUS, "--json").err == ""


def test_an_older_report_and_a_bundle_are_judged_again(natscope: Runner, tmp_path: Path) -> None:
    tree = json.loads(Path(BLOCKED).read_bytes())
    tree["findings"] = []
    old = tmp_path / "old.json"
    old.write_text(json.dumps(tree), encoding="utf-8")
    assert json.loads(natscope("report", "view", str(old), "--json").out)["findings"] == []
    again = natscope("report", "make", str(old), "--json")
    assert again.out == Path(BLOCKED).read_text(encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(old, "report.json")
    assert natscope("report", "make", str(tmp_path / "b.zip"), "--json") == again


def test_without_a_file_it_measures(natscope: Runner, healthy_map: str, tmp_path: Path) -> None:
    """Which also keeps a recording where it is asked to."""
    run = str(tmp_path / "run1")
    made = natscope(
        "report", "make", "--derp-map", healthy_map, "--profile", "quick", "--format", "json,md", "-o",
        str(tmp_path / "now"), "--record", run, "-q",
    )  # fmt: skip
    assert (made.code, made.out) == (0, ""), made.err
    report = (tmp_path / "now.json").read_text(encoding="utf-8")
    assert json.loads(report)["relays"][0]["samples"] > 0
    assert natscope("report", "make", run, "--json").out == report
    assert (tmp_path / "now.md").read_text(encoding="utf-8") == natscope("report", "make", run, "--format", "md").out


def test_several_forms_are_several_files(natscope: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    made = natscope(
        "report", "make", BLOCKED, "--format", "json,html", "--format", "tailscale-json", "--redact", "-o", str(folder)
    )
    assert made.code == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        "report.html", "report.json", "report.tailscale-json.json",
    ]  # fmt: skip
    masked = natscope("report", "view", BLOCKED, "--redact", "--format", "html").out
    assert (folder / "report.html").read_text(encoding="utf-8") == masked
    assert "198.51.100.2:" not in (folder / "report.json").read_text(encoding="utf-8")


def test_the_names_of_several_files() -> None:
    shapes = [Format(name, "", extension, False, "") for name, extension in (("json", "json"), ("html", "html"))]
    assert destinations("net", shapes) == ("net.json", "net.html")
    assert destinations("net.html", shapes) == ("net.json", "net.html")
    assert destinations("net.v2", shapes) == ("net.v2.json", "net.v2.html")
    assert destinations("out/", shapes) == ("out/report.json", "out/report.html")
    assert destinations("net.v2", shapes[:1]) == ("net.v2",)


def test_nothing_that_is_there_is_replaced_unasked(natscope: Runner, tmp_path: Path) -> None:
    """Neither a file that was named, nor one of several, nor the source; and nothing is written beside it."""
    there = tmp_path / "r.md"
    there.write_text("mine", encoding="utf-8")
    for formats, output in (("md", there), ("json,md", tmp_path / "r")):
        refused = natscope("report", "make", BLOCKED, "--format", formats, "-o", str(output))
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f"error: {there} is there already\n")
    assert there.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("r.")] == ["r.md"]
    assert natscope("report", "make", BLOCKED, "--format", "json,md", "-o", str(tmp_path / "r"), "--force").code == 1
    assert there.read_text(encoding="utf-8").startswith("#")
    assert (tmp_path / "r.json").exists()


@pytest.mark.parametrize("of", ["report", "recording"])
def test_the_source_is_never_replaced(natscope: Runner, tmp_path: Path, recording: str, of: str) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    held = source / ("run.json" if of == "recording" else "report.json")
    held.write_bytes(Path(f"{recording}/run.json" if of == "recording" else BLOCKED).read_bytes())
    before = held.read_bytes()
    named = (str(source),) if of == "recording" else (str(held),)
    refused = natscope("report", "make", *named, "--json", "-o", str(held), "--force")
    assert (refused.code, held.read_bytes()) == (2, before)
    assert "is what the report is made from" in refused.err
    if of == "recording":
        assert natscope("report", "make", "--replay", *named, "--json", "-o", str(held), "--force").code == 2
        assert held.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.json",), "none.json: no such file"),
        (("/dev/zero",), "the limit is"),
        ((str(ROOT / "pyproject.toml"),), "pyproject.toml is no JSON"),
        ((str(ROOT / "tests"),), "there is no recording at"),
        ((STATUS,), "is a status: the netcheck of the same computer is needed too"),
        ((HARD, HARD), "was given twice"),
        ((HARD, BLOCKED), "are both a netcheck"),
        ((STATUS, MESH_STATUS), "are both a status"),
        ((BLOCKED, STATUS), "a status adds nothing to"),
        ((HARD, STATUS, BLOCKED), "3 files"),
        ((HARD, "--full"), "--full is for measuring"),
        ((HARD, "--replay", "x"), "--replay and FILE contradict each other"),
        ((HARD, "--format", "htm"), "Did you mean html?"),
        ((HARD, "--format", ","), "--format names no format"),
        ((HARD, "--format", "json,html"), "2 formats do not fit into standard output"),
        ((HARD, "--format", "json,html", "-o", "-"), "2 formats do not fit into standard output"),
        ((HARD, "--format", "json,html", "-o", "/dev/null"), "2 formats do not fit into /dev/null: it is no file"),
        ((HARD, "--format", "json,html", "-o", "/dev/stdout"), "2 formats do not fit into /dev/stdout"),
        ((HARD, "--format", "html", "--json"), "contradict each other"),
        ((HARD, "-o", "/nonexistent/x"), "there is no folder"),
        ((HARD, "--format", "json,html", "-o", "/nonexistent/x"), "there is no folder"),
        ((HARD, "-o", "."), "it is a folder"),
        (("--replay", "nothing"), "there is no recording at nothing"),
        (("--replay", "x", "--record", "y"), "contradict each other"),
    ],
)
def test_a_mistake_is_one_line(natscope: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = natscope("report", "make", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert words in result.err
    assert len([line for line in result.err.splitlines() if not line.startswith("  →")]) == 1


def test_every_option_that_measures_is_refused_beside_a_file(natscope: Runner) -> None:
    values = {"--derp-map": "x", "--profile": "quick", "--only": "x", "--skip": "x", "--timeout": "3", "--record": "x"}
    own = MEASURING.keys() & inspect.signature(make).parameters.keys()
    assert len(own) == 8
    for spelling in (MEASURING[name] for name in own):
        given = (spelling, values[spelling]) if spelling in values else (spelling,)
        result = natscope("report", "make", HARD, *given)
        assert (result.code, f"{spelling} is for measuring" in result.err) == (2, True), spelling


def test_hostile_files_stay_harmless(natscope: Runner, tmp_path: Path) -> None:
    odd = tmp_path / "odd.json"
    for data in (b'{"schema": "natscope.run/\\u001b[31m9"}', b'{"schema": "natscope.run/1"}', b"[" * 100_000, b""):
        odd.write_bytes(data)
        result = natscope("report", "make", str(odd))
        assert (result.code, "\x1b" in result.err) == (2, False)
