"""Children of this process for other people's code: own session, empty environment, killed at their limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from natscope.host.programs_api import ProgramEnd

MAX_OUTPUT_BYTES = 4096


class RealPrograms:
    """Starts Python in isolated mode: no user site, no variables, no current folder on the path."""

    async def pystun3(self, server: str, port: int, source: str, *, timeout_s: float) -> ProgramEnd:
        """`natscope.host.real.pystun3_child` with these arguments."""
        argv = ["-I", "-m", "natscope.host.real.pystun3_child", server, str(port), source]
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable, *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, env={"LC_ALL": "C"}, cwd="/", start_new_session=True,
            )  # fmt: skip
        except OSError:
            return ProgramEnd(failure="missing")
        assert child.stdout is not None
        try:
            async with asyncio.timeout(timeout_s):
                output = await child.stdout.read(MAX_OUTPUT_BYTES)
                code = await child.wait()
        except TimeoutError:
            return ProgramEnd(failure="time")
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
                await asyncio.shield(child.wait())
        return ProgramEnd(output, "" if code == 0 and output else "crashed")
