"""Derper's flags, by the program itself: the recorded list of them, and how it counts new connections."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from natscope.apps.derp_config import relay_config
from natscope.apps.derp_parts import front_limits
from natscope.apps.derp_values import settle
from natscope.apps.derper_flags import FLAGS, Surroundings, meaning_of
from natscope.apps.go_flags import take
from natscope.machines.derp.accept_limit import AcceptLimit
from tests.apps.derper_help import as_lines, flags_of
from tests.house.tree import ROOT
from tests.interop.derp_peers import Derper, Place, Ports, derper_flags, running
from tests.interop.peers import require
from tests.relay.drivers import client_context

pytestmark = pytest.mark.interop


def test_the_recorded_flags_are_derpers() -> None:
    ended = subprocess.run(
        [require("derper"), "-help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"HOME": "/h", "PATH": "/usr/bin"},
    )
    assert as_lines(flags_of(ended.stderr)) == (ROOT / "fixtures" / "peers" / "derper" / "flags.txt").read_text()


ROUNDS = 6


def comes_in(ports: Ports) -> bool:
    """Whether a connection gets as far as TLS."""
    try:
        with socket.create_connection((str(ports.at.ip), ports.at.port), timeout=10) as plain:
            client_context().wrap_socket(plain, server_hostname="localhost").close()
    except (OSError, ssl.SSLError):
        return False
    return True


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ROUNDS),
        (("-accept-connection-limit=0.001",), ROUNDS),
        (("-accept-connection-limit=0",), ROUNDS),
        (("-accept-connection-burst=1",), ROUNDS),
        (("-accept-connection-limit=0.001", "-accept-connection-burst=3"), 2),
    ],
)
def test_so_many_come_in(words: tuple[str, ...], expected: int, tmp_path: Path) -> None:
    """One has come in already: whoever waited for derper. Where ours turns the rest away, derper ends."""
    place, ports = Place(tmp_path), Ports()
    meaning = meaning_of(take([*derper_flags(place, ports), *words], FLAGS), Surroundings())
    limits = front_limits(relay_config(settle({}, meaning, None), {}).limits)
    door = AcceptLimit(limits.accepts_per_s, limits.accept_burst)
    assert [door.allow(0.0) for _ in range(ROUNDS + 1)][1:].count(True) == expected
    derper = Derper(place, ports, flags=words)
    with running(derper):
        assert [comes_in(ports) for _ in range(ROUNDS)].count(True) == expected
        if expected < ROUNDS:
            assert derper.process.wait(20) != 0
