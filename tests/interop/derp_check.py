"""`natscope derp check` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LIMIT_S = 60.0


def check(folder: Path, relay_map: dict[str, Any], *arguments: str, ca: Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the document of a run in a process of its own."""
    path = folder / "map.json"
    path.write_text(json.dumps(relay_map))
    done = subprocess.run(
        [sys.executable, "-m", "natscope", "derp", "check", "--derp-map", str(path), "--json", "--ca-file", str(ca),
         "--proxy", "direct", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)
