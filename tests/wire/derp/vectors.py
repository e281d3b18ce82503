"""The known answers of `fixtures/vectors/derp.json` (it says where each comes from)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "fixtures" / "vectors" / "derp.json").read_text(encoding="utf-8")
)
FRAMES: dict[str, bytes] = {entry["name"]: bytes.fromhex(entry["hex"]) for entry in VECTORS["frames"]}


def key(name: str) -> bytes:
    """One of the fixed keys and nonces."""
    return bytes.fromhex(VECTORS["keys"][name])
