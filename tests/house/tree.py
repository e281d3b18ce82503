"""Which files the house rules are about."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("natscope", "probes/natscope_probes", "reports/natscope_reports", "fixtures/natscope_scenarios")


def product_modules(root: Path = ROOT) -> list[Path]:
    """Every module that is shipped."""
    return sorted(p for folder in SOURCE_ROOTS for p in (root / folder).rglob("*.py"))


def python_files(root: Path = ROOT) -> list[Path]:
    """Every Python file of ours: shipped, tests, benchmarks, docs."""
    rest = (p for folder in ("tests", "benchmarks", "docs") for p in (root / folder).rglob("*.py"))
    return [*product_modules(root), *sorted(rest)]


def tracked_files(root: Path = ROOT) -> list[Path]:
    """What git tracks or would track; in an unpacked sdist, everything there."""
    if not (root / ".git").exists():
        return sorted(p for p in root.rglob("*") if p.is_file() and ".venv" not in p.parts)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return sorted(p for name in done.stdout.split("\0") if name and (p := root / name).is_file())


def relative(path: Path, root: Path = ROOT) -> str:
    """A path as the rules write it."""
    return path.relative_to(root).as_posix()
