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
    data = (FOLDER / name).read_bytes()
    if not name.endswith(".http"):
        return data
    lines = data.splitlines(keepends=True)
    while lines and lines[0].startswith(b"> "):
        lines.pop(0)
    answer = b"".join(lines).lstrip(b"\r\n").replace(b"\r\n", b"\n")
    return answer.partition(b"\n\n")[2]


def tree(name: str) -> Any:
    """The same as JSON."""
    return json.loads(body(name))
