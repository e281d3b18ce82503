"""The embedded relays on loopback as a process of their own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REGIONS, FASTEST_MS, SLOWEST_MS = 7, 12, 150


@contextlib.contextmanager
def relays(map_file: Path, environment: dict[str, str]) -> Iterator[None]:
    """Seven regions, one dead, one with a certificate that its map does not expect; ended at the end."""
    command = [sys.executable, "-m", "natscope.lab.loopback", "--regions", str(REGIONS), "--map", str(map_file)]
    command += ["--latency", f"{FASTEST_MS}..{SLOWEST_MS}", "--https", "--dead", "1", "--wrong-cert", "1"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n", "the embedded relays did not start"
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
