"""docs/architecture.md names every folder, and every folder that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import ROOT, tracked_files

DEEP = ("natscope",)
"""Below these every folder is named; elsewhere what lies inside a named folder is its own business."""
NAMED_ROOTS = ("natscope", "probes", "reports", "fixtures", "tests", "benchmarks", "docs", "packaging", "changelog.d")


def folders(root: Path, files: list[Path]) -> set[str]:
    """The folders that the page must name, as it writes them."""
    found = set()
    for path in files:
        parts = path.relative_to(root).parts[:-1]
        if parts and parts[0] in DEEP:
            found |= {"/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)}
        elif parts and parts[0] in NAMED_ROOTS:
            found.add(parts[0] + "/")
            if len(parts) > 1 and parts[1].startswith("natscope_"):
                found.add("/".join(parts[:2]) + "/")
    return found - {"probes/", "reports/"}


def named(page: str) -> set[str]:
    return set(re.findall(r"^\| `([\w./-]+/)` \|", page, re.MULTILINE))


PAGE = (ROOT / "docs" / "architecture.md").read_text()


def test_every_folder_has_its_line() -> None:
    assert folders(ROOT, tracked_files()) - named(PAGE) == set()


def test_every_line_has_its_folder() -> None:
    assert [name for name in sorted(named(PAGE)) if not (ROOT / name).is_dir()] == []


def test_a_folder_without_a_line_is_caught() -> None:
    new = ROOT / "natscope" / "nowhere" / "deep" / "x.py"
    assert folders(ROOT, [new]) - named(PAGE) == {"natscope/nowhere/", "natscope/nowhere/deep/"}
    assert "natscope/wire/" not in named(PAGE.replace("| `natscope/wire/` |", "| wire |"))


def test_links_of_the_pages_lead_somewhere() -> None:
    broken = []
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "changelog.d" / "README.md"]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []
