"""pystun3 in its child process: heard, bounded, killed at its limit, and never with our environment."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from natscope.host.real import programs
from natscope.host.real.programs import RealPrograms
from natscope.machines.stun_responder import Place
from natscope.stun_server.blocking import Engine
from tests.stun_server.drivers import client, free_quad, running

HOST = "127.0.0.1"


@contextmanager
def server(answer: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A UDP server on loopback that answers as told; its port."""
    stop = threading.Event()
    with client(HOST) as sock:
        sock.settimeout(0.05)

        def serve() -> None:
            while not stop.is_set():
                try:
                    data, source = sock.recvfrom(2048)
                except TimeoutError:
                    continue
                told = answer(data)
                if told is not None:
                    sock.sendto(told, source)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            stop.set()
            thread.join()


def children() -> list[str]:
    """Command lines of processes that run it."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"pystun3_child" in line:
                found.append(line.decode().replace("\0", " "))
    return found


def mine(port: int) -> list[str]:
    """Those that ask this port."""
    return [line for line in children() if f" {port} " in line]


async def ask(port: int, timeout_s: float) -> tuple[bytes, str]:
    end = await RealPrograms().pystun3(HOST, port, HOST, timeout_s=timeout_s)
    return end.output, end.failure


def classic_error(data: bytes) -> bytes:
    """420 to everything: some versions of it ask again for ever."""
    return b"\x01\x11\x00\x08" + data[4:20] + b"\x00\x09\x00\x04\x00\x00\x04\x14"


async def test_it_is_heard() -> None:
    quad = free_quad("127.0.0.1", "127.0.0.2")
    with running(Engine.PORTABLE, list(quad.values()), list(quad)):
        output, failure = await ask(quad[Place(0, 0)].port, 20.0)
    assert failure == ""
    assert json.loads(output) == {"says": "Open Internet", "external": HOST}


async def test_one_that_loops_for_ever_is_killed_at_the_limit() -> None:
    with server(classic_error) as port:
        assert await ask(port, 1.5) == (b"", "time")
        assert mine(port) == []


@pytest.mark.parametrize("junk", [b"", b"\x01\x01", b"\x01\x01\xff\xff" + bytes(16), bytes(range(200, 240))])
async def test_garbage_breaks_only_the_child(junk: bytes) -> None:
    with server(lambda _: junk) as port:
        output, failure = await ask(port, 5.0)
        assert output == b""
        assert failure in ("crashed", "time")
        assert mine(port) == []


async def test_it_dies_with_whoever_asked() -> None:
    with server(lambda _: None) as port:
        task = asyncio.get_running_loop().create_task(ask(port, 30.0))
        for _ in range(100):
            await asyncio.sleep(0.05)
            if mine(port):
                break
        assert mine(port)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert mine(port) == []


async def test_silence_is_its_word_for_blocked() -> None:
    with server(lambda _: None) as port:
        output, failure = await ask(port, 20.0)
    assert failure == ""
    assert json.loads(output)["says"] == "Blocked"


async def test_the_journal_is_read_to_its_limit_and_no_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "journalctl"
    monkeypatch.setattr(programs, "JOURNALCTL", str(program))
    assert (await RealPrograms().journal("x", lines=9, timeout_s=5.0)).failure == "missing"
    program.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    told = await RealPrograms().journal("tailscaled", lines=9, timeout_s=5.0)
    assert told.failure == ""
    assert {b"--unit=tailscaled", b"--lines=9", b"--no-hostname", b"--no-pager"} <= set(told.output.split())
    program.write_text("#!/bin/sh\nyes a line\n", encoding="utf-8")
    endless = await RealPrograms().journal("x", lines=9, timeout_s=20.0)
    assert (len(endless.output), endless.failure) == (programs.MAX_JOURNAL_BYTES, "")
    program.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    assert (await RealPrograms().journal("x", lines=9, timeout_s=0.2)).failure == "time"
