"""Every dependency has its line in docs/dependencies.md, and the page names no others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from tests.house.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[<>=!~\[ ;]", r, maxsplit=1)[0] for r in requirements}


def documented(section: str, page: str) -> dict[str, list[str]]:
    """Package to the cells of its row, for one `##` section."""
    body = re.search(rf"^## {section}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert body is not None
    rows = (line.strip("|").split("|") for line in body[1].splitlines() if line.startswith("| `"))
    return {cells[0].strip().strip("`"): [c.strip() for c in cells] for cells in rows}


def problems(page: str, section: str, wanted: set[str]) -> list[str]:
    rows = documented(section, page)
    wrong = [f"{n} has no line" for n in sorted(wanted - rows.keys())]
    wrong += [f"{n} is no dependency" for n in sorted(rows.keys() - wanted)]
    return wrong + [f"{n}: an empty cell" for n, cells in rows.items() if not all(cells)]


PAGE = (ROOT / "docs" / "dependencies.md").read_text()
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def test_base_dependencies_have_their_lines() -> None:
    assert problems(PAGE, "Base", names(PROJECT["dependencies"])) == []


def test_extras_have_their_lines() -> None:
    users = [r for extra, requirements in EXTRAS.items() if extra != "dev" for r in requirements]
    assert problems(PAGE, "Extras", names(users)) == []


def test_development_dependencies_have_their_lines() -> None:
    assert problems(PAGE, "Development", names(EXTRAS["dev"]) - names(EXTRAS["all"])) == []


def test_all_is_every_extra_for_users() -> None:
    users = [r for extra, requirements in EXTRAS.items() if extra not in ("dev", "all") for r in requirements]
    assert set(EXTRAS["all"]) == set(users)


def test_a_missing_line_is_caught() -> None:
    assert problems(PAGE, "Base", {*names(PROJECT["dependencies"]), "pydantic"}) == ["pydantic has no line"]
    without = re.sub(r"^\| `typer`.*\n", "", PAGE, flags=re.MULTILINE)
    assert problems(without, "Base", names(PROJECT["dependencies"])) == ["typer has no line"]


def test_the_gpl_package_is_an_extra_only() -> None:
    assert "scapy" not in names(PROJECT["dependencies"])
    assert EXTRAS["packets"]
