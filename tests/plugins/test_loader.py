"""Finding plug-ins by entry point, without importing them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from natscope.errors import PluginError, UserError
from natscope.plugins import loader
from natscope.plugins.loader import PROBES, REPORTS, find, load


def distribution(folder: Path, name: str, entries: str) -> None:
    (folder / f"{name}-1.0.dist-info").mkdir(parents=True)
    (folder / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(entries)


def package(folder: Path, name: str, *modules: str) -> None:
    (folder / name).mkdir(parents=True)
    for module in ("__init__", *modules):
        (folder / name / f"{module}.py").write_text("")


OURS = "[natscope.probes]\nbuiltin = natscope_probes\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    distribution(tmp_path, "natscope", "[console_scripts]\nnatscope = x:y\n\n" + OURS)
    return tmp_path


def test_ours_come_first_and_private_modules_are_no_plug_ins(site: Path) -> None:
    distribution(site, "aaa", "[natscope.probes]\nthem = stranger_one\n")
    package(site, "stranger_one", "zeta", "alpha", "_private")
    found = find(PROBES, [str(site)])
    assert [m.qualified for m in found.modules][-2:] == ["stranger_one.alpha", "stranger_one.zeta"]
    assert [m.builtin for m in found.modules] == [True] * (len(found.modules) - 2) + [False] * 2
    assert found.named("zeta") == found.modules[-1]
    assert found.named("_relay_survey") is None
    assert "stranger_one.alpha" not in sys.modules


def test_a_stranger_cannot_call_itself_built_in(site: Path) -> None:
    distribution(site, "aaa", "[natscope.probes]\nbuiltin = stranger_four\n")
    package(site, "stranger_four", "interfaces")
    found = find(PROBES, [str(site)])
    assert [m.builtin for m in found.modules if m.qualified == "stranger_four.interfaces"] == [False]
    assert found.named("interfaces") != found.modules[-1]


def test_a_broken_stranger_is_a_warning(site: Path) -> None:
    distribution(site, "aaa", "[natscope.probes]\nthem = there_is_no_such_package\nbad = \n")
    found = find(PROBES, [str(site)])
    assert len(found.warnings) == 2
    assert "there_is_no_such_package" in found.warnings[1].message
    assert found.modules


def test_only_the_asked_group_counts(site: Path) -> None:
    distribution(
        site, "aaa", "# [natscope.probes]\n[natscope.reports]\nthem = stranger_two\n[natscope.probes.x]\na = b\n"
    )
    assert not find(PROBES, [str(site)]).warnings


def test_the_same_distribution_twice_counts_once(site: Path) -> None:
    assert find(PROBES, [str(site), str(site)]).modules == find(PROBES, [str(site)]).modules


def test_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_from_metadata", lambda group: iter(()))
    with pytest.raises(UserError, match="not installed properly") as caught:
        find(PROBES, [str(tmp_path), str(tmp_path / "nowhere")])
    assert "make venv" in caught.value.hint


def test_metadata_serves_where_no_file_is_found(tmp_path: Path) -> None:
    assert find(PROBES, [str(tmp_path)]).modules == find(PROBES).modules


def test_unreadable_entry_points_are_passed_over(site: Path) -> None:
    distribution(site, "aaa", "")
    (site / "aaa-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[natscope.probes]")
    assert not find(PROBES, [str(site)]).warnings


def test_loading(site: Path) -> None:
    distribution(site, "aaa", "[natscope.probes]\nthem = stranger_three\n")
    package(site, "stranger_three", "empty", "failing")
    (site / "stranger_three" / "failing.py").write_text("import no_such_module_at_all")
    found = find(PROBES, [str(site)])
    for name, words in (("empty", "has no PROBE"), ("failing", "cannot be loaded: ModuleNotFoundError")):
        module = found.named(name)
        assert module is not None
        with pytest.raises(PluginError, match=words):
            load(module, "PROBE")


def test_the_formats_are_found() -> None:
    assert {"text", "report_json"} <= {module.name for module in find(REPORTS).modules}


def test_finding_imports_neither_plug_ins_nor_metadata() -> None:
    code = (
        "import sys; from natscope.plugins.loader import find, PROBES; find(PROBES);"
        "print(*(m for m in sys.modules if m.startswith(('natscope_probes.', 'importlib.metadata', 'asyncio', 'ssl'))))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
