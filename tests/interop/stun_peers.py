"""Starts STUN servers that others wrote, on free loopback ports, and runs their clients, always under a limit."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import selectors
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from natscope.model.endpoint import Endpoint
from tests.interop import peers
from tests.stun_server.drivers import client

START_LIMIT_S = 20.0
RUN_LIMIT_S = 40.0
CPU_LIMIT_S = 10


def free_port(address: str = "127.0.0.1") -> int:
    """A UDP port that was free a moment ago."""
    with client(address) as sock:
        port: int = sock.getsockname()[1]
        return port


def run(command: Sequence[str]) -> str:
    """What a client prints on both streams; ended at a limit of time (a failure) and of processor time."""
    done = subprocess.run(
        [peers.require("prlimit"), f"--cpu={CPU_LIMIT_S}", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=RUN_LIMIT_S,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout.decode("utf-8", "replace")


@contextlib.contextmanager
def started(command: Sequence[str], ready: str, folder: Path) -> Iterator[None]:
    """A server that has printed `ready`; ended when the block ends."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder
    )
    try:
        wait_for(process, ready)
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def wait_for(process: subprocess.Popen[bytes], ready: str) -> None:
    """Read the output until `ready` stands in it."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    os.set_blocking(descriptor, False)
    seen = b""
    give_up_at = time.monotonic() + START_LIMIT_S
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while ready.encode() not in seen:
            if time.monotonic() > give_up_at or process.poll() is not None:
                pytest.fail(f"{process.args!r} did not say {ready!r} but {seen.decode('utf-8', 'replace')!r}")
            if selector.select(0.2):
                seen += os.read(descriptor, 65_536)
    os.set_blocking(descriptor, True)


@contextlib.contextmanager
def coturn(folder: Path, addresses: Sequence[str]) -> Iterator[Endpoint]:
    """Debian's coturn as STUN server on one or two addresses; gives the primary."""
    program = peers.require("turnserver")
    port, other = free_port(addresses[0]), free_port(addresses[0])
    listen = [word for address in addresses for word in ("-L", address)]
    command = [
        *(program, "-n", "--stun-only", *listen, f"--listening-port={port}", f"--alt-listening-port={other}"),
        *("--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--simple-log"),
        *(f"--pidfile={folder / 'coturn.pid'}", f"--userdb={folder / 'coturn.db'}"),
    ]
    with started(command, "IO method (admin thread)", folder):
        yield Endpoint(ipaddress.ip_address(addresses[0]), port)


@contextlib.contextmanager
def stund(folder: Path) -> Iterator[Endpoint]:
    """Upstream's STUN server, bound to one address."""
    program = peers.require("stund")
    port, page = free_port(), free_port()
    with started(
        [program, "-stun", f"127.0.0.1:{port}", "-http", f"127.0.0.1:{page}"], "STUN server listening", folder
    ):
        yield Endpoint(ipaddress.ip_address("127.0.0.1"), port)


@contextlib.contextmanager
def derper(folder: Path, address: str = "") -> Iterator[Endpoint]:
    """Upstream's relay, without TLS; on a wildcard address (its normal way) unless one is given."""
    program = peers.require("derper")
    port, page = free_port(), free_port()
    command = [
        *(program, "-a", f"{address}:{page}", "-http-port", "-1", "-stun-port", str(port)),
        *("-c", str(folder / "derper.key"), "-hostname", "localhost"),
    ]
    with started(command, "serving on", folder):
        yield Endpoint(ipaddress.ip_address(address or "127.0.0.1"), port)
