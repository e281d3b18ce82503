"""Every banned call is caught by its name, and only where it is banned."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
BANNED: list[str] = sorted(RUFF["flake8-tidy-imports"]["banned-api"])

MUST_BE_BANNED = {
    "socket", "time.time", "time.monotonic", "datetime.datetime.now", "random", "secrets", "os.urandom", "uuid",
    "asyncio.open_connection", "subprocess", "probes", "reports",
}  # fmt: skip


def findings(code: str, filename: str) -> list[dict[str, Any]]:
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--output-format", "json", "--select", "TID251",
               "--stdin-filename", str(ROOT / filename), "-"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=False, timeout=60)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def use(banned: str) -> str:
    """Two lines that use the banned thing as people write it."""
    top = banned.partition(".")[0]
    return f"import {top}\n{banned}()\n"


def test_the_list_of_banned_calls_is_complete() -> None:
    assert set(BANNED) >= MUST_BE_BANNED


@pytest.mark.parametrize("banned", BANNED)
def test_a_banned_call_is_caught(banned: str) -> None:
    found = findings(use(banned), "natscope/netcheck/sample.py")
    assert found
    assert all(f"`{banned}` is banned" in f["message"] for f in found)


def test_the_places_that_may_are_few_and_named() -> None:
    allowed = sorted(pattern for pattern, rules in RUFF["per-file-ignores"].items() if "TID251" in rules)
    assert set(allowed) <= {
        "benchmarks/*", "docs/*", "natscope/host/real/*", "natscope/lab/*", "natscope/web/client.py", "tests/*",
        "natscope/cli/environment.py",
    }  # fmt: skip


def test_the_real_host_may_open_sockets_and_its_neighbour_may_not() -> None:
    assert not findings(use("socket"), "natscope/host/real/sample.py")
    assert findings(use("socket"), "natscope/host/sample.py")
