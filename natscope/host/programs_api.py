"""Other people's code in a process of its own: without our environment, bounded in time, memory and output."""

from __future__ import annotations

from typing import Protocol

import msgspec


class ProgramEnd(msgspec.Struct, frozen=True):
    """How it ended. `output` is what it printed; `failure` why there is none (`time`, `missing`, `crashed`)."""

    output: bytes = b""
    failure: str = ""


class Programs(Protocol):
    """The capability `programs`."""

    async def pystun3(self, server: str, port: int, source: str, *, timeout_s: float) -> ProgramEnd:
        """The tests of pystun3 (RFC 3489) from one local IPv4 address: a line of JSON with what it says."""
        ...

    async def journal(self, unit: str, *, lines: int, timeout_s: float) -> ProgramEnd:
        """The last lines of a unit in the system's journal, oldest first, as far as this user may read them."""
        ...


class NoPrograms:
    """A computer that starts none."""

    async def pystun3(self, server: str, port: int, source: str, *, timeout_s: float) -> ProgramEnd:
        """None."""
        return ProgramEnd(failure="missing")

    async def journal(self, unit: str, *, lines: int, timeout_s: float) -> ProgramEnd:
        """None."""
        return ProgramEnd(failure="missing")
