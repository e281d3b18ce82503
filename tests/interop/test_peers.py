"""The rules of `tests/interop/peers.py`: order of places, skip or fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop import peers


def make_program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_the_named_folder_comes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = make_program(tmp_path / "named", "stund")
    make_program(tmp_path / "path", "stund")
    monkeypatch.setenv("NATSCOPE_PEERS", str(tmp_path / "named"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert peers.require("stund") == str(wanted)


def test_a_missing_program_skips_with_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NATSCOPE_REQUIRE_PEERS", raising=False)
    monkeypatch.setitem(peers.ORIGIN, "no-such-program", "nowhere")
    with pytest.raises(pytest.skip.Exception, match=r"no-such-program is not installed \(nowhere\)"):
        peers.require("no-such-program")


def test_a_missing_program_fails_where_peers_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATSCOPE_REQUIRE_PEERS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        peers.require("no-such-program")
