"""natscope looks at itself: parts that fail, plug-ins of others, files that are wrong, folders that are closed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from natscope.apps import doctor_own
from natscope.apps.config import Flag, load
from natscope.apps.doctor_own import NO_FILES, NOT_IMPORTED, PARTS, load_or_defaults, look_at_itself
from natscope.errors import PluginError, UserError
from natscope.plugins.loader import PROBES, Found, PluginModule
from natscope.version import VERSION

ROOT = Path(__file__).resolve().parents[2]


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    places = {f"XDG_{what.upper()}_HOME": str(tmp_path / what) for what in ("config", "state", "cache")}
    return {"HOME": str(tmp_path)} | places | more


def test_here_all_parts_load(tmp_path: Path) -> None:
    facts = look_at_itself(load({}, places=NO_FILES), environ(tmp_path), str(tmp_path))
    assert facts.version == VERSION
    assert [part for part in facts.parts if part.error] == []
    assert facts.plugins > 30
    assert facts.broken_plugins == ()
    assert [(folder.kind, folder.writable) for folder in facts.folders] == [("state", True), ("cache", True)]
    assert not (tmp_path / "state").exists(), "looking makes nothing"
    assert "scapy" not in sys.modules, "its licence keeps it out of our process"


def test_every_dependency_is_looked_at() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {_name(line) for line in project["dependencies"]}
    extras = {_name(line): extra for extra in ("fast", "packets") for line in project["optional-dependencies"][extra]}
    rows = {name.lower(): extra for name, _, extra in (*PARTS, *NOT_IMPORTED)}
    assert {name for name, extra in rows.items() if not extra} == named
    assert {name: extra for name, extra in rows.items() if extra} == extras


def _name(requirement: str) -> str:
    return requirement.partition(">")[0].partition("<")[0].partition("=")[0].strip().lower()


def test_a_part_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken_part.py").write_text("raise RuntimeError('bad\\nABI')")
    monkeypatch.syspath_prepend(str(tmp_path))
    rows = (("rich", "broken_part", ""), ("rich", "no_such_module", ""), ("no-such-thing", "x", ""),
            ("no-such-thing", "x", "fast"))  # fmt: skip
    monkeypatch.setattr(doctor_own, "PARTS", rows)
    monkeypatch.setattr(doctor_own, "NOT_IMPORTED", (("rich", "no_such_module", ""),))
    facts = look_at_itself(load({}, places=NO_FILES), environ(tmp_path), str(tmp_path))
    errors = [part.error for part in facts.parts]
    assert errors[0] == "RuntimeError: bad"
    assert errors[1].startswith("ModuleNotFoundError")
    assert errors[2:] == ["it is not installed", "", "its module is missing"]


def test_a_plugin_of_somebody_else_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "their_probe.py").write_text("import nothing_like_this\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Found((PluginModule("x", "their_probe", False),), (PluginError("the plug-in package y cannot be used: z"),))
    monkeypatch.setattr(doctor_own, "find", lambda group: found if group == PROBES else Found(()))
    facts = look_at_itself(load({}, places=NO_FILES), environ(tmp_path), str(tmp_path))
    assert (facts.plugins, facts.strangers, len(facts.broken_plugins)) == (0, 0, 2)
    assert "their_probe" in facts.broken_plugins[1]


def test_an_installation_without_its_own_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def find(group: str) -> Found:
        raise UserError(f"natscope is not installed properly: nothing declares {group}")

    monkeypatch.setattr(doctor_own, "find", find)
    facts = look_at_itself(load({}, places=NO_FILES), environ(tmp_path), str(tmp_path))
    assert (facts.plugins, len(facts.broken_plugins)) == (0, 3)


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "config" / "natscope").mkdir(parents=True)
    file = tmp_path / "config" / "natscope" / "config.toml"
    file.write_text("ascii = 7\n")
    (tmp_path / "natscope.toml").write_text('colour = "auto"\n')
    facts = look_at_itself(load({}, places=NO_FILES), environ(tmp_path, NATSCOPE_ASCII="maybe"), str(tmp_path))
    by_layer = {config.layer: config for config in facts.configs}
    assert f"{file}:1" in by_layer["user"].error
    assert "NATSCOPE_ASCII" in by_layer["environment"].error
    assert len(by_layer["project"].warnings) == 1
    assert not by_layer["system"].error


def test_defaults_where_a_file_is_wrong_and_flags_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "natscope.toml").write_text("ascii = 7\n")
    config = load_or_defaults(environ(tmp_path), {"color": Flag("--color", "never")}, str(tmp_path))
    assert config.text("color") == "never"
    with pytest.raises(UserError, match="--color"):
        load_or_defaults(environ(tmp_path), {"color": Flag("--color", "pink")}, str(tmp_path))


def test_folders_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").write_text("a file")
    monkeypatch.setattr("os.access", lambda path, mode: str(path) != str(tmp_path))
    facts = look_at_itself(load({}, places=NO_FILES), environ(tmp_path), str(tmp_path))
    state, cache = facts.folders
    assert (state.writable, state.reason) == (False, f"{tmp_path}/state is no folder")
    assert (cache.writable, cache.reason) == (False, f"{tmp_path} is closed to you")
