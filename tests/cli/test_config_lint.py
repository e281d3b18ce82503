"""`natscope config lint`: every form as it is drawn, exit codes, one clear line for what is no such file."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.runner import Runner

CONFIGS = Path(__file__).parents[2] / "fixtures" / "configs"


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A user who stands where the files are."""
    monkeypatch.chdir(CONFIGS)
    return Runner(tmp_path)


@pytest.mark.parametrize("name", ["relay", "policy", "settings"])
def test_the_frames_of_a_broken_file(cli: Runner, name: str) -> None:
    result = cli("config", "lint", f"{name}-broken.toml")
    assert result.out == (CONFIGS / f"{name}-broken.lint.txt").read_text(encoding="utf-8")
    assert (result.code, result.err) == (1, "")
    piped = cli("config", "lint", "-", stdin=(CONFIGS / f"{name}-broken.toml").read_bytes())
    assert piped.out.replace("standard input", f"{name}-broken.toml") == result.out


def test_sarif_is_as_it_was(cli: Runner) -> None:
    result = cli("config", "lint", "policy-broken.toml", "--format", "sarif")
    assert result.out == (CONFIGS / "policy-broken.sarif").read_text(encoding="utf-8")
    assert result.code == 1


def test_json_follows_its_schema(cli: Runner) -> None:
    for flag in (("--json",), ("--format", "json")):
        told = json.loads(cli("config", "lint", "settings-broken.toml", *flag).out)
        jsonschema.Draft202012Validator(json.loads(cli("schema", "config-lint").out)).validate(told)
        assert (told["kind"], told["source"], len(told["problems"])) == ("settings", "settings-broken.toml", 5)


def test_annotations_stand_on_their_lines(cli: Runner) -> None:
    lines = cli("config", "lint", "relay-broken.toml", "--format", "github").out.splitlines()
    assert lines[0].startswith('::error file=relay-broken.toml,line=4,col=1,title=unknown-key::no setting "workres"')
    assert len(lines) == 5


@pytest.mark.parametrize(("threshold", "code"), [("fail", 0), ("warn", 1), ("never", 0)])
def test_warnings_alone_count_only_when_asked(cli: Runner, threshold: str, code: int) -> None:
    result = cli("config", "lint", "--fail-on", threshold, "-", stdin=b"ascii = true\nasci = 1\n")
    assert (result.code, result.err) == (code, "")
    assert f"1 warning · settings of natscope · exit {code}\n" in result.out


def test_nothing_wrong(cli: Runner) -> None:
    result = cli("config", "lint", "-", stdin=b"[expect]\nudp = 'yes'\n")
    assert (result.code, result.out, result.err) == (0, "nothing is wrong · a policy · exit 0\n", "")
    told = cli("config", "lint", "--format", "github", "-", stdin=b"[expect]\nudp = 'yes'\n").out
    assert told == "::notice title=policy::standard input: nothing is wrong.\n"


def test_the_settings_in_force_may_be_broken(natscope: Runner) -> None:
    """That is when they are looked through."""
    Path("natscope.toml").write_text("ascii = 5\n", encoding="utf-8")
    assert natscope("status").code == 2
    result = natscope("config", "lint", "natscope.toml")
    assert (result.code, result.err) == (1, "")
    assert "ascii must be true or false, not 5" in result.out


def test_ascii_and_colour(cli: Runner) -> None:
    assert cli("config", "lint", "--ascii", "relay-broken.toml").out.isascii()
    assert "\x1b[1;31merror" in cli("config", "lint", "--color", "always", "relay-broken.toml").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.toml",), "no such file"),
        ((str(CONFIGS),), "it is a folder"),
        (("/dev/zero",), "not a regular file"),
        (("-",), "it does not show whether"),
        (("relay-broken.toml", "--kind", "relais"), "Did you mean relay?"),
        (("relay-broken.toml", "--fail-on", "x"), "not one of"),
        (("relay-broken.toml", "--color", "x"), "--color must be one of"),
        (("relay-broken.toml", "--format", "junit"), 'no output format "junit"'),
        (("relay-broken.toml", "--format", "jsn"), "Did you mean json?"),
        (("relay-broken.toml", "--format", "jsn"), "text, "),
        (("relay-broken.toml", "--format", "sarif", "--json"), "--json and --format sarif contradict each other"),
        (("relay-broken.toml", "--format", "text", "--json"), "--json and --format text contradict each other"),
    ],
)
def test_a_mistake_is_one_line(cli: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = cli("config", "lint", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert words in result.err


def test_hostile_text_stays_harmless(cli: Runner) -> None:
    hostile = b'"\\u001b[31m\\u202e\\n::error::" = 1\n"x\\u0007" = "\\u001b"\n'
    for form in ("text", "json", "sarif", "github"):
        out = cli("config", "lint", "--kind", "relay", "--format", form, "-", stdin=hostile).out
        assert not any(sign in out for sign in "\x1b\x07\u202e"), form
    assert len(cli("config", "lint", "--kind", "relay", "--format", "github", "-", stdin=hostile).out.splitlines()) == 2


def test_values_that_netcheck_would_refuse(cli: Runner) -> None:
    text = b'netcheck.format = "pdf"\nnetcheck.bind_address = "300.1.1.1"\n'
    for kind, second in (("settings", ("error", 2, 25)), ("project", ("warning", 2, 1))):  # which may not set that one
        result = cli("config", "lint", "--kind", kind, "--format", "json", "-", stdin=text)
        told = [(each["severity"], each["line"], each["column"]) for each in json.loads(result.out)["problems"]]
        assert told == [("error", 1, 19), second], kind
        assert result.code == 1


@pytest.mark.parametrize("form", ["text", "json, html", "markdown-of-nobody"])
@pytest.mark.parametrize("address", ["", "192.0.2.1", "::1", "fe80::1%eth0", "localhost"])
def test_lint_and_netcheck_agree_on_those_values(cli: Runner, form: str, address: str) -> None:
    text = f"[netcheck]\nformat = '{form}'\nbind_address = '{address}'\n"
    wrong = (form == "markdown-of-nobody") + (address == "localhost")
    result = cli("config", "lint", "--format", "json", "-", stdin=text.encode())
    assert len(json.loads(result.out)["problems"]) == wrong
    path = Path(cli.environ["XDG_CONFIG_HOME"]) / "natscope" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    checked = cli("config", "check")
    assert (checked.code, len(checked.err.splitlines())) == ((1, wrong) if wrong else (0, 1))
    if wrong:
        assert f"warning: {path}:" in checked.err
        one = ("--format", "text") if "," in form else ()  # a list is for `report make`
        refused = cli("netcheck", "--derp-map", "none.json", *one)
        assert refused.code == 2
        assert checked.err.partition(": netcheck.")[2].partition(": ")[2].splitlines()[0] in refused.err
