"""`natscope config`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from natscope.apps.settings import SETTINGS
from tests.cli.runner import Runner


def write_user_file(natscope: Runner, text: str) -> Path:
    path = natscope.home / "config" / "natscope" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_show_is_toml_and_names_every_setting(natscope: Runner) -> None:
    result = natscope("config", "show")
    assert (result.code, result.err) == (0, "")
    shown = tomllib.loads(result.out)
    assert shown["netcheck"]["timeout"] == 5.0
    assert len(result.out.splitlines()) == len(SETTINGS)


def test_show_origin(natscope: Runner) -> None:
    path = write_user_file(natscope, '[netcheck]\nprofile = "quick"\n')
    result = natscope("config", "show", "--origin", NATSCOPE_COLOR="never")
    lines = {line.split(" = ")[0]: line.partition("  # ")[2] for line in result.out.splitlines()}
    assert lines["netcheck.profile"] == f"user {path}:2"
    assert lines["color"] == "environment NATSCOPE_COLOR"
    assert lines["derp_map"] == "default"
    tomllib.loads(result.out)


def test_show_as_json(natscope: Runner) -> None:
    path = write_user_file(natscope, 'derp_map = "x"\n')
    assert json.loads(natscope("config", "show", "--json").out)["derp_map"] == "x"
    document = json.loads(natscope("config", "show", "--origin", "--json").out)
    assert document["derp_map"] == {"value": "x", "layer": "user", "where": f"{path}:1"}
    assert document["netcheck.only"] == {"value": [], "layer": "default", "where": ""}


def test_check(natscope: Runner) -> None:
    assert natscope("config", "check").code == 0
    path = write_user_file(natscope, "colour = true\n")
    result = natscope("config", "check")
    assert (result.code, result.out) == (1, "")
    assert result.err == f'warning: {path}:1: no setting "colour", ignored. Did you mean color?\n'
    path.write_text("color = true\n")
    result = natscope("config", "check")
    assert (result.code, result.err) == (2, f"error: {path}:1: color must be text in quotes, not true\n")


def test_path(natscope: Runner) -> None:
    path = write_user_file(natscope, "")
    lines = natscope("config", "path").out.splitlines()
    assert [line.split()[0] for line in lines] == ["system", "user", "project"]
    assert lines[1] == f"user     {path}  (there)"
    assert lines[2].endswith("/natscope.toml  (not there)")


def test_template_can_be_used_at_once(natscope: Runner) -> None:
    text = natscope("config", "template").out
    write_user_file(natscope, text)
    assert natscope("config", "check").code == 0


def test_a_broken_file_stops_other_commands_too_but_not_help(natscope: Runner) -> None:
    path = write_user_file(natscope, "[")
    result = natscope("netcheck", "--derp-map", "x")
    assert result.code == 2
    assert result.err.startswith(f"error: {path}: ")
    assert natscope("config", "path").code == 0
    assert natscope("netcheck", "--help").code == 0


def test_terminal_escapes_in_a_file_are_cleaned(natscope: Runner) -> None:
    write_user_file(natscope, '"\\u001b]0;owned\\u0007" = 1\n')
    result = natscope("config", "check")
    assert result.code == 1
    assert "\x1b" not in result.err
    assert "\\x1b]0;owned" in result.err


def test_version(natscope: Runner) -> None:
    document = json.loads(natscope("version", "--json").out)
    assert natscope("--version").out == f"natscope {document['natscope']}\n"
    assert natscope("version").out == natscope("-V").out
    assert document["parts"]["typer"].startswith("0.")
