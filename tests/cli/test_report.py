"""`natscope report`: what was saved is shown as it was, in any form, down to its packets, and compared."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from natscope.apps.last_report import FILE_NAME, SCHEMA, Network
from natscope.wire.report_json import decode_report
from tests.cli.runner import Runner

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "fixtures" / "reports"
BLOCKED = str(REPORTS / "udp-blocked.json")
HEALTHY = str(REPORTS / "healthy.json")


def test_it_is_shown_as_a_netcheck_shows_it(natscope: Runner) -> None:
    result = natscope("report", "view", BLOCKED)
    golden = (ROOT / "tests" / "reports" / "golden" / "udp-blocked.txt").read_text(encoding="utf-8")
    assert result.out == golden
    assert result.code == 1
    assert natscope("report", BLOCKED) == result
    assert natscope("report", "-", stdin=Path(BLOCKED).read_bytes()) == result


def test_json_is_the_file_itself(natscope: Runner) -> None:
    assert natscope("report", BLOCKED, "--json").out == Path(BLOCKED).read_text(encoding="utf-8")


def test_the_page_says_whom_one_reaches(natscope: Runner) -> None:
    assert "Whom you reach directly" in natscope("report", "view", BLOCKED, "--format", "html").out


@pytest.mark.parametrize("name", ["html", "md", "junit", "github", "tap", "prom", "otlp", "csv", "tailscale-json"])
def test_every_form_goes_to_a_file(natscope: Runner, tmp_path: Path, name: str) -> None:
    target = tmp_path / "out"
    result = natscope("report", "view", BLOCKED, "--format", name, "-o", str(target))
    assert result.out == ""
    assert result.code == 1
    assert target.read_text(encoding="utf-8") == natscope("report", "view", BLOCKED, "--format", name).out


def test_why_goes_down_to_packets(natscope: Runner) -> None:
    result = natscope("report", BLOCKED, "--why", "NS-UDP-01")
    assert result.code == 0
    assert "Found: certain." in result.out
    assert "sent at 0.000 s from" in result.out
    assert "(decides)" in result.out
    other = natscope("report", HEALTHY, "--why", "udp-01").out
    assert "Not found" in other
    assert "What contradicts it" in other


def test_why_is_masked_and_goes_to_a_file_too(natscope: Runner, tmp_path: Path) -> None:
    target = tmp_path / "why.txt"
    plain = natscope("report", BLOCKED, "--why", "NS-UDP-01").out
    result = natscope("report", BLOCKED, "--why", "NS-UDP-01", "--redact", "-o", str(target))
    assert (result.code, result.out) == (0, "")
    masked = target.read_text(encoding="utf-8")
    assert "198.51.100.2:" in plain
    assert "198.51.100.2:" not in masked
    assert masked.splitlines()[0] == plain.splitlines()[0]


def test_a_difference_is_told_and_is_an_exit_code(natscope: Runner) -> None:
    result = natscope("report", "diff", HEALTHY, BLOCKED)
    assert result.code == 1
    assert "direct connections: likely → no" in result.out
    assert "NS-UDP-01: new: fail, certain" in result.out
    same = natscope("report", "diff", HEALTHY, HEALTHY)
    assert (same.code, same.out) == (0, "✓ Nothing has changed.\n")
    told = json.loads(natscope("report", "diff", "--json", HEALTHY, BLOCKED).out)
    assert told["schema"] == "natscope.report-diff/1"
    assert {"part", "what", "before", "after", "matters"} == set(told["changes"][0])


def test_more_is_shown_with_v(natscope: Runner) -> None:
    less, more = (natscope("report", "diff", *flag, HEALTHY, BLOCKED).out for flag in ((), ("-v",)))
    assert "left out (-v)" in less
    assert len(more.splitlines()) > len(less.splitlines())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.json",), "no such file"),
        (("last",), "there is no last report"),
        (("view", "/dev/zero"), "the limit is"),
        (("veiw",), "Did you mean view?"),
        (("view", HEALTHY, "--format", "htm"), "Did you mean html?"),
        (("view", HEALTHY, "--why", "NS-X-1"), "no cause"),
        (("view", HEALTHY, "--why", "rel-05"), "NS-REL-05 is about a relay: a netcheck cannot tell"),
        (("view", HEALTHY, "--why", "NS-NAT-01", "--json"), "--why is text only"),
        (("diff", "-", "-"), "standard input"),
        (("view", str(ROOT / "pyproject.toml")), "not whole JSON"),
        (("view", HEALTHY, "-o", "/nonexistent/x"), "there is no folder"),
    ],
)
def test_a_mistake_is_one_line(natscope: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = natscope("report", *arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert words in result.err


def test_hostile_names_stay_harmless(natscope: Runner) -> None:
    result = natscope("report", str(REPORTS / "hostile-names.json"), "--why", "NS-REL-06")
    assert "\x1b" not in result.out


def test_a_masked_report_is_another_report_with_the_same_findings(natscope: Runner, tmp_path: Path) -> None:
    target = tmp_path / "masked.json"
    assert natscope("report", "redact", BLOCKED, "-o", str(target)).code == 0
    before, after = json.loads(Path(BLOCKED).read_bytes()), json.loads(target.read_bytes())
    assert [f["id"] for f in before["findings"]] == [f["id"] for f in after["findings"]]
    assert before["host"]["name"] != after["host"]["name"]
    assert "198.51.100.2:" not in target.read_text(encoding="utf-8")
    assert natscope("report", str(target)).out == natscope("report", BLOCKED, "--redact").out


def test_the_last_report_of_this_host(natscope: Runner) -> None:
    """As a netcheck leaves it in the state directory."""
    state = Path(natscope.environ["XDG_STATE_HOME"]) / "natscope"
    state.mkdir(parents=True)
    report = decode_report(Path(BLOCKED).read_bytes())
    kept = {"schema": SCHEMA, "network": Network.of(None), "report": report}
    (state / FILE_NAME).write_bytes(msgspec.json.encode(kept))
    assert natscope("report", "last").out == natscope("report", BLOCKED).out
    assert natscope("pair", "last", HEALTHY, "-q").code == 10
    assert "36 UDP packets" in natscope("explain", "NS-UDP-01", "--mail", "--report", "last").out


def test_a_file_name_that_is_no_text_is_shown_in_json(natscope: Runner, tmp_path: Path) -> None:
    odd = tmp_path / "\udcff.json"
    odd.write_bytes(Path(HEALTHY).read_bytes())
    result = natscope("report", "diff", "--json", str(odd), HEALTHY)
    assert result.code == 0, result.err
    assert json.loads(result.out)["before"].endswith("\\udcff.json")


def test_markdown_that_is_not_masked_is_noted(natscope: Runner) -> None:
    plain = natscope("report", BLOCKED, "--format", "md")
    assert plain.err == "not masked: addresses and names are this network's own; --redact masks them\n"
    for others in (("--redact", "--format", "md"), ("--format", "html"), ("--format", "text")):
        assert "masked" not in natscope("report", BLOCKED, *others).err
