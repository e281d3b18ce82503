from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import Runner


@pytest.fixture
def natscope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A user who stands in an empty directory."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return Runner(tmp_path)
