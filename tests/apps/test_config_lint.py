"""Lints of settings and policies: they say what the reader says, about everything, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from natscope.apps.config_file import read_settings
from natscope.apps.config_lint import KINDS, lint_config
from natscope.apps.config_template import template as settings_template
from natscope.apps.derp_config import relay_config
from natscope.apps.derp_template import template as relay_template
from natscope.apps.derp_values import read_file, settle
from natscope.apps.derper_flags import Meaning
from natscope.errors import UserError
from natscope.model.config_lint import ConfigProblem
from natscope.policy.first_policy import first_policy
from natscope.policy.lookup import PeerFacts
from natscope.policy.policy_file import read_policy
from natscope.wire.report_json import decode_report

FIXTURES = Path(__file__).parents[2] / "fixtures"


def problems(text: str, kind: str = "", name: str = "x.toml") -> tuple[ConfigProblem, ...]:
    return lint_config(text.encode(), name, kind, {})[0].problems


def places(text: str, kind: str = "", name: str = "x.toml") -> list[tuple[str, str, int, int]]:
    return [(each.code, each.place, each.line, each.column) for each in problems(text, kind, name)]


def test_what_natscope_writes_itself_is_sound() -> None:
    assert problems(settings_template(), "settings") == ()
    assert problems(relay_template()) == ()
    report = decode_report((FIXTURES / "reports" / "healthy.json").read_bytes())
    first = first_policy(report, {"n a s": PeerFacts("relayed", 40.0)}, "a test")
    assert lint_config(first.encode(), "x.toml", "", {})[0].kind == "policy"
    assert problems(first) == ()


def refused(text: str, kind: str, folder: Path) -> str:
    """What the reader of that kind says, empty when it takes the file."""
    path = folder / "x.toml"
    path.write_text(text, encoding="utf-8")
    try:
        if kind == "policy":
            read_policy(path.read_bytes(), "x.toml")
        elif kind == "relay":
            relay_config(settle({}, Meaning(), read_file(str(path))), {"HOME": str(folder)})
        else:
            read_settings(str(path), project=kind == "project")
    except UserError as error:
        return error.message
    return ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "", "a = 1", "ascii = true", "ascii = 1", "[expect]\nudp = 'yes'", "[expect]\nudp = 'perhaps'",
        "[expect]\nx = 1", "[expect]\n'udp' = 5\n[run]\nruns = true", "expect = 5", "listen = ':443'",
        "listen = ':x'", "listen = 5", "[tls]", "[tls]\nmode = 'files'", "hostname = '-'", "[stun]\nrate = 0",
        "[netcheck]\ntimeout = 1", "[netcheck]\ntimeout = 0", "netcheck.profile = 'quikc'", "[[expect]]\nudp = 1",
        "[run]\nruns = 99", "a = ", "a = 1\na = 2", "[x]\n[x]", "[expect]\nfindings.max_severity = ['a']",
        "[tls]\ncheck_name = true", "mesh.with = ['a']", "metrics = 'a,b'",
    ],
)  # fmt: skip
def test_an_error_is_what_the_reader_refuses(kind: str, text: str, tmp_path: Path) -> None:
    found = [each for each in problems(text, kind) if each.severity == "error"]
    said = refused(text, kind, tmp_path)
    assert bool(found) is bool(said), (said, found)
    if found and found[0].code != "not-toml":
        assert any(each.message in said for each in found), (said, found)


def test_all_problems_are_told_with_their_places() -> None:
    assert places((FIXTURES / "configs" / "relay-broken.toml").read_text(encoding="utf-8")) == [
        ("unknown-key", "workres", 4, 1),
        ("wrong-value", "drain", 5, 9),
        ("wrong-value", "tls.mode", 8, 8),
        ("wrong-value", "tls.cert", 9, 10),
        ("unknown-table", "stunn", 11, 1),
    ]


def test_what_a_relay_refuses_together() -> None:
    text = "hostname = '-'\nmetrics = ':x'\n[tls]\nmode = 'files'\n[mesh]\nwith = ['a/b/c']\nkey_file = 'k'\n"
    assert places(text) == [
        ("does-not-fit", "hostname", 1, 12),
        ("does-not-fit", "metrics", 2, 11),
        ("does-not-fit", "mesh.with", 6, 8),
        ("does-not-fit", "", 0, 0),
    ]
    assert places(text + "x = 1\n") == [("unknown-key", "mesh.x", 8, 1)]  # first what is wrong by itself


def test_rules_of_a_project_are_stricter() -> None:
    text = "default_map_url = 'x'\nderp_map = 'http://example.net/map'\nascii = true\n"
    assert places(text) == []
    assert places(text, name="ci/natscope.toml") == [
        ("not-allowed-here", "default_map_url", 1, 1),
        ("not-allowed-here", "derp_map", 2, 1),
    ]
    assert {each.severity for each in problems(text, "project")} == {"warning"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [("ascii = true", "settings"), ("[status]", "settings"), ("[stun]", "relay"), ("listen = 5", "relay"),
     ("[run]", "policy"), ("[tls]\n[netcheck]\n[stun]", "relay")],
)  # fmt: skip
def test_the_kind_shows(text: str, kind: str) -> None:
    assert lint_config(text.encode(), "x.toml", "", {})[0].kind == kind


@pytest.mark.parametrize("text", ["", "x = 1", "[tls]\n[netcheck]"])
def test_a_kind_that_does_not_show_is_asked_for(text: str) -> None:
    with pytest.raises(UserError, match="it does not show"):
        problems(text)
    for kind in KINDS:
        problems(text, kind)


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"a = \n", 1, 5),
        (b"a = 1\nb = \xc3\xa9\xff", 2, 6),
        (b"\xff", 1, 1),
        (b"a = 1\n[x", 2, 3),
        (b"a = 1\na = 2", 2, 6),
    ],
)
def test_what_is_no_toml_has_its_place(data: bytes, line: int, column: int) -> None:
    (problem,) = lint_config(data, "x.toml", "", {})[0].problems
    assert (problem.code, problem.line, problem.column) == ("not-toml", line, column)
    assert "(at " not in problem.message


def test_hostile_files_end() -> None:
    for text in ("a = " + "[" * 100_000, "a" + ".a" * 100_000 + " = 1"):
        with pytest.raises(UserError):
            problems(text)
    assert problems("[expect]\nudp = 'yes'\n# " + "x" * 5000, "policy") == ()


@pytest.mark.parametrize("text", ["netcheck = []", "netcheck = 5", "[[netcheck]]\nonly = ['stun']"])
@pytest.mark.parametrize("kind", ["settings", "project"])
def test_a_table_that_is_written_as_a_value(text: str, kind: str) -> None:
    (problem,) = problems(text, kind)
    assert (problem.severity, problem.message, problem.line) == (
        "warning",
        "netcheck is a table: [netcheck]; ignored",
        1,
    )


@pytest.mark.parametrize("text", ["tls = 5", "tls = []", "[[tls]]\nmode = 'auto'"])
def test_a_table_of_a_relay_that_is_written_as_a_value(text: str, tmp_path: Path) -> None:
    (problem,) = problems(text, "relay")
    assert (problem.severity, problem.message, problem.line) == ("error", "tls is a table: [tls]", 1)
    assert problem.message in refused(text, "relay", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_over_a_limit_is_so_for_the_reader_too(kind: str, tmp_path: Path) -> None:
    for text in (
        "a." * 2000 + "b = 1",
        "a = " + "[" * 50_000,
        "a = 1\nb = " + "9" * 5000,
        "x = { " + "a." * 2000 + "b = 1 }",
    ):
        with pytest.raises(UserError) as caught:
            problems(text, kind)
        said = refused(text, kind, tmp_path)
        assert (
            said.partition("x.toml")[2] == caught.value.message.removeprefix("x.toml") or "the limit of a line" in said
        )
    text = {"policy": "[expect]\nudp = ", "relay": "drain = "}.get(kind, "netcheck.timeout = ") + "0x" + "f" * 4000
    (problem,) = problems(text, kind)
    assert "a number that is far too large" in problem.message
    assert problem.message in refused(text, kind, tmp_path)
