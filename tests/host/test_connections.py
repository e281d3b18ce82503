"""The kernel's table of connections: read where it may be, else the reason."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from natscope.host.real import system_linux

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_the_table_of_connections_or_why_not() -> None:
    table = asyncio.run(system_linux.LinuxSystem().connections())
    assert (table.text is None) == bool(table.reason)


def test_a_table_that_only_root_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_linux, "CONNECTIONS", str(tmp_path))  # a folder: reading it is refused as well
    table = asyncio.run(system_linux.LinuxSystem().connections())
    assert table.text is None
    assert "may not be read" in table.reason
    assert table.hint == "run it as root"
    monkeypatch.setattr(system_linux, "CONNECTIONS", str(tmp_path / "none"))
    assert "tracks no connections" in asyncio.run(system_linux.LinuxSystem().connections()).reason
