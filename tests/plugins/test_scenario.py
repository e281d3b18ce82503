"""Scenario files of installed packages, found by entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

from natscope.errors import UserError
from natscope.plugins.scenario import MAX_BYTES, ScenarioFile, scenario_file, scenario_files

OURS = "[natscope.scenarios]\nbuiltin = natscope_scenarios\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for packages, with our own and a stranger's."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, entries in (("natscope", OURS), ("more", "[natscope.scenarios]\nmore = more_scenarios\n")):
        (tmp_path / f"{name}-1.0.dist-info").mkdir()
        (tmp_path / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(entries)
    (tmp_path / "more_scenarios").mkdir()
    (tmp_path / "more_scenarios" / "__init__.py").write_text("raise RuntimeError('imported')")
    for name in ("their-own", "full-cone"):
        (tmp_path / "more_scenarios" / f"{name}.toml").write_text('title = "theirs"')
    (tmp_path / "more_scenarios" / "notes.txt").write_text("none")
    return tmp_path


def test_strangers_bring_scenarios_and_ours_win(site: Path) -> None:
    found = {file.name: file for file in scenario_files([str(site)])}
    assert list(found) == sorted(found)
    assert not found["their-own"].builtin
    assert found["full-cone"].builtin
    assert "notes" not in found


def test_without_an_installation_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natscope.plugins.loader._from_metadata", lambda group: iter(()))
    with pytest.raises(UserError, match="not installed properly"):
        scenario_files([str(tmp_path)])


def test_by_name_or_by_path(tmp_path: Path) -> None:
    assert scenario_file("full-cone").builtin
    mine = tmp_path / "mine.toml"
    mine.write_text("title = 1")
    found = scenario_file(str(mine))
    assert (found.name, found.read(), found.builtin) == ("mine", "title = 1", False)


def test_a_name_that_is_none_is_told_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean full-cone"):
        scenario_file("full-cnoe")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*: No such file"):
        ScenarioFile("x", tmp_path / "x.toml", False).read()
    (tmp_path / "y.toml").write_bytes(b"\xff")
    with pytest.raises(UserError, match="no UTF-8 text"):
        ScenarioFile("y", tmp_path / "y.toml", False).read()
    (tmp_path / "z.toml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(UserError, match="longer than 256 KiB"):
        ScenarioFile("z", tmp_path / "z.toml", False).read()
