"""A program of this system that says something short: started, read, and ended at its limit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

MAX_BYTES = 256 * 1024


async def said(*argv: str, limit_s: float, environ: Mapping[str, str] | None = None) -> str | None:
    """What it printed, with its environment ours unless `environ` is given; None where it failed or took too long."""
    try:
        child = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=environ, limit=MAX_BYTES,
        )  # fmt: skip
    except OSError:
        return None
    try:
        async with asyncio.timeout(limit_s):
            output, _ = await child.communicate()
    except TimeoutError:
        return None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return output[:MAX_BYTES].decode(errors="replace") if child.returncode == 0 else None
