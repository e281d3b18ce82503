"""The known answers of `fixtures/vectors/portmap.json` (it says where each comes from)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "fixtures" / "vectors" / "portmap.json").read_text(encoding="utf-8")
)
