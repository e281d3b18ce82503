"""Recorded answers of a tailscaled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "fixtures" / "peers" / "local_api"
HTTP = sorted(path.name for path in FOLDER.glob("*.http"))
STATUS = sorted(path.name for path in FOLDER.glob("status*.json"))


def body(name: str) -> bytes:
    """The body of a recorded answer, or a whole file of JSON."""
    return _answer(name).partition(b"\n\n")[2] if name.endswith(".http") else (FOLDER / name).read_bytes()


def status(name: str) -> int:
    """The HTTP status of a recorded answer; 0 where none came."""
    words = _answer(name).partition(b"\n")[0].split()
    return int(words[1]) if words[:1] == [b"HTTP/1.1"] else 0


def _answer(name: str) -> bytes:
    lines = (FOLDER / name).read_bytes().splitlines(keepends=True)
    while lines and lines[0].startswith(b"> "):
        lines.pop(0)
    return b"".join(lines).lstrip(b"\r\n").replace(b"\r\n", b"\n")


def tree(name: str) -> Any:
    """The same as JSON."""
    return json.loads(body(name))
