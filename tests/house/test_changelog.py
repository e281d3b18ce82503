"""Changelog fragments exist, have a known kind and something to say."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import ROOT

KINDS = ("added", "changed", "fixed", "removed", "security")


def problems(folder: Path) -> list[str]:
    found = []
    fragments = [p for p in sorted(folder.glob("*")) if p.name != "README.md"]
    for path in fragments:
        text = path.read_text().strip()
        if not re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.md", path.name):
            found.append(f"{path.name}: not SLUG.KIND.md")
        elif len(text) < 20 or not text.endswith("."):
            found.append(f"{path.name}: no sentence")
    return found if fragments else ["no fragments"]


def test_fragments_are_well_formed() -> None:
    assert problems(ROOT / "changelog.d") == []


def test_bad_fragments_are_caught(tmp_path: Path) -> None:
    assert problems(tmp_path) == ["no fragments"]
    (tmp_path / "netcheck.md").write_text("A sentence that says something.")
    (tmp_path / "empty.added.md").write_text("")
    assert problems(tmp_path) == ["empty.added.md: no sentence", "netcheck.md: not SLUG.KIND.md"]
