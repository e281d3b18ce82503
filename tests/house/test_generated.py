"""Generated files are what `make docs` would write, and a stale one is caught."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.house.tree import ROOT


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_fresh(generate: ModuleType) -> None:
    assert generate.stale() == []


def test_every_command_and_every_key_is_on_its_page(generate: ModuleType) -> None:
    files = generate.expected()
    assert "## `natscope netcheck`" in files["docs/cli.md"]
    assert "| `preferred_relay` | [PreferredRelay](#preferredrelay) |" in files["docs/report.md"]


def test_a_stale_file_is_caught(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "docs/cli.md" not in generate.stale()
    files = generate.expected() | {"docs/cli.md": "new"}
    monkeypatch.setattr(generate, "expected", lambda: files)
    assert "docs/cli.md" in generate.stale()


def test_a_page_of_a_cause_that_is_gone_is_caught(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "docs/causes/NS-UDP-01.md" not in generate.stale()
    files = {name: text for name, text in generate.expected().items() if name != "docs/causes/NS-UDP-01.md"}
    monkeypatch.setattr(generate, "expected", lambda: files)
    assert "docs/causes/NS-UDP-01.md" in generate.stale()
