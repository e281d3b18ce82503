"""Children of this process for other people's code: own session, empty environment, killed at their limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from natscope.host.programs_api import ProgramEnd

MAX_OUTPUT_BYTES = 4096
MAX_JOURNAL_BYTES = 512 * 1024
JOURNALCTL = "journalctl"


class RealPrograms:
    """Starts Python in isolated mode: no user site, no variables, no current folder on the path."""

    async def pystun3(self, server: str, port: int, source: str, *, timeout_s: float) -> ProgramEnd:
        """`natscope.host.real.pystun3_child` with these arguments."""
        argv = [sys.executable, "-I", "-m", "natscope.host.real.pystun3_child", server, str(port), source]
        return await _end(argv, MAX_OUTPUT_BYTES, timeout_s)

    async def journal(self, unit: str, *, lines: int, timeout_s: float) -> ProgramEnd:
        """journalctl(1), without the name of this computer in each line; what is more than 512 kB is cut."""
        argv = [JOURNALCTL, f"--unit={unit}", f"--lines={lines}", "--quiet", "--no-pager", "--no-hostname",
                "--output=short-iso"]  # fmt: skip
        return await _end(argv, MAX_JOURNAL_BYTES, timeout_s)


async def _end(argv: list[str], max_bytes: int, timeout_s: float) -> ProgramEnd:
    try:
        child = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env={"LC_ALL": "C"}, cwd="/", start_new_session=True, limit=max_bytes,
        )  # fmt: skip
    except OSError:
        return ProgramEnd(failure="missing")
    assert child.stdout is not None
    try:
        async with asyncio.timeout(timeout_s):
            output = await _read(child.stdout, max_bytes)
            code = await child.wait() if len(output) < max_bytes else 0
    except TimeoutError:
        return ProgramEnd(failure="time")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            await asyncio.shield(child.wait())
    return ProgramEnd(output, "" if code == 0 and output else "crashed")


async def _read(stream: asyncio.StreamReader, max_bytes: int) -> bytes:
    """To the end, or as much as is kept."""
    parts: list[bytes] = []
    left = max_bytes
    while left > 0 and (part := await stream.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
