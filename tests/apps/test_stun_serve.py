"""Putting a STUN server together: options, sockets, readiness, signals, metrics."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.apps.stun_serve import (
    HelperOptions,
    ServeOptions,
    make_helper,
    parse_listen,
    plan_sockets,
)
from natscope.errors import UserError
from natscope.host.real.host import build_real_host
from natscope.machines.helper.trial import HelperTrial
from natscope.machines.stun_responder import HOME, Place
from natscope.model.endpoint import Endpoint
from natscope.stun_server.blocking import Engine, available_engine
from natscope.wire.stun.helper_messages import Way
from natscope.wire.stun.message import decode, encode_binding_request
from natscope_probes._drive import drive
from tests.stun_server.drivers import ask, client, end_of, free_quad, missing


def ends(*texts: str) -> tuple[Endpoint, ...]:
    return tuple(Endpoint.parse(text) for text in texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", ends("192.0.2.1:3478")),
        ("192.0.2.1:53", ends("192.0.2.1:53")),
        ("2001:db8::1", ends("[2001:db8::1]:3478")),
        ("[2001:db8::1]:53", ends("[2001:db8::1]:53")),
        ("[2001:db8::1]", ends("[2001:db8::1]:3478")),
        (":3478", ends("0.0.0.0:3478", "[::]:3478")),
    ],
)
def test_where_to_listen(text: str, expected: tuple[Endpoint, ...]) -> None:
    assert parse_listen(text) == expected


@pytest.mark.parametrize("text", ["", "3478", ":70000", "stun.example.net", "192.0.2.1:70000", ":", "192.0.2.1:-1"])
def test_what_is_no_place_to_listen(text: str) -> None:
    with pytest.raises(UserError, match="no address to listen on"):
        parse_listen(text)


def test_a_default_server_has_no_places() -> None:
    sockets = plan_sockets(ServeOptions(ends("192.0.2.1:3478", "[2001:db8::1]:3478")))
    assert sockets.by_place == {}
    assert sockets.places == (HOME, HOME)


def test_an_alternate_server_has_four_sockets_per_family() -> None:
    options = ServeOptions(ends("192.0.2.1:3478", "[2001:db8::1]:3478"), ends("[2001:db8::2]:3480", "192.0.2.2:3479"))
    places = plan_sockets(options).by_place
    assert len(places) == 8
    assert places[Place(0, 1)] == Endpoint.parse("192.0.2.1:3479")
    assert places[Place(1, 0)] == Endpoint.parse("192.0.2.2:3478")
    assert places[Place(3, 1)] == Endpoint.parse("[2001:db8::2]:3480")


@pytest.mark.parametrize(
    ("listen", "alternate", "words"),
    [
        (("192.0.2.1:1",), ("192.0.2.1:2",), "must differ"),
        (("192.0.2.1:1",), ("192.0.2.2:1",), "must differ"),
        (("192.0.2.1:1",), ("[2001:db8::1]:2",), "same family"),
        (("192.0.2.1:1", "[2001:db8::1]:1"), ("192.0.2.2:2",), "same family"),
        (("192.0.2.1:1", "192.0.2.3:1"), ("192.0.2.2:2", "192.0.2.4:2"), "once per family"),
        (("0.0.0.0:1",), ("192.0.2.2:2",), "wildcard"),
        (("192.0.2.1:0",), ("192.0.2.2:2",), "ports"),
    ],
)
def test_alternates_that_do_not_go_with_their_primary(
    listen: tuple[str, ...], alternate: tuple[str, ...], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        plan_sockets(ServeOptions(ends(*listen), ends(*alternate)))


class Served:
    """`natscope stun serve` as a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "natscope", "stun", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline().strip()

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def served() -> Iterator[list[Served]]:
    started: list[Served] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_ready_line_answers_metrics_and_a_quiet_end(
    served: list[Served], engine: Engine, number: signal.Signals
) -> None:
    if reason := missing(engine):
        pytest.skip(reason)
    server = Served("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--engine", engine.value)
    served.append(server)
    ready = re.fullmatch(r"STUN server ready on (\S+) \((\w+), 5 answers/s per source\)", server.line())
    assert ready is not None
    assert ready[2] == engine.value
    page = re.fullmatch(r"metrics on (http://\S+)", server.line())
    assert page is not None
    with client() as sock:
        answer, _ = ask(sock, encode_binding_request(bytes(12)), Endpoint.parse(ready[1]))
        assert decode(answer).mapped_address == end_of(sock)
    with urllib.request.urlopen(page[1], timeout=10) as response:
        assert b'natscope_stun_answers_total{kind="success"} 1\n' in response.read()
    assert server.end(number) == (0, "", "stopped: 1 answered, 0 not answered\n")


def test_alternate_on_the_command_line(served: list[Served]) -> None:
    first, *_, last = free_quad("127.0.0.1", "127.0.0.2").values()
    server = Served("--listen", str(first), "--alternate", str(last))
    served.append(server)
    assert all(str(end) in server.line() for end in (first,))
    with client() as sock:
        message = decode(ask(sock, encode_binding_request(bytes(12)), first)[0])
        assert message.other_address == last
    assert server.end(signal.SIGTERM)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--listen", "192.0.2.1"), 3, "cannot listen on UDP 192.0.2.1:3478"),
        (("--listen", "nowhere"), 2, "no address to listen on"),
        (("--rate", "0"), 2, "--rate 0"),
        (("--rate", "many"), 2, "--rate many"),
        (("--rate", "nan"), 2, "--rate nan"),
        (("--engine", "steam"), 2, "--engine steam"),
        (("--metrics", "9478"), 2, "--metrics 9478"),
        (("--alternate", "127.0.0.2:3479"), 2, "--alternate"),
        (("--listen", "127.0.0.1:0", "--metrics", "192.0.2.1:80"), 3, "192.0.2.1:80"),
    ],
)
def test_what_cannot_be_served_is_one_line(arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "natscope", "stun", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    first, *others = ended.stderr.splitlines()
    assert first.startswith("error: ")
    assert words in first
    assert all(line.startswith(("  → ", "  -> ")) for line in others)


def test_a_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = subprocess.run(
            [sys.executable, "-m", "natscope", "stun", "serve", "--listen", where],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 3
    assert f"cannot listen on UDP {where}: the address and port are in use" in ended.stderr


def test_the_fastest_engine_is_taken() -> None:
    order = [Engine.NUMPY, Engine.BATCH, Engine.PORTABLE]
    assert available_engine() is next(engine for engine in order if not missing(engine))


HELPER_FIRST, HELPER_SECOND = ends("192.0.2.1:3478")[0], ends("192.0.2.2:3478")[0]


def test_a_helper_listens_on_its_port_and_the_next_one() -> None:
    places = plan_sockets(ServeOptions(ends("192.0.2.1:3478", "[2001:db8::1]:3478"), helper=HelperOptions())).by_place
    assert {place: str(end) for place, end in places.items()} == {
        Place(0, 0): "192.0.2.1:3478",
        Place(0, 1): "192.0.2.1:3479",
        Place(2, 0): "[2001:db8::1]:3478",
        Place(2, 1): "[2001:db8::1]:3479",
    }


def test_a_helper_with_a_second_address_has_both_ports_there_too() -> None:
    options = ServeOptions((HELPER_FIRST,), helper=HelperOptions(addresses=(HELPER_SECOND.ip,)))
    places = plan_sockets(options).by_place
    assert [str(places[Place(1, number)]) for number in (0, 1)] == ["192.0.2.2:3478", "192.0.2.2:3479"]


@pytest.mark.parametrize(
    ("listen", "helper", "words"),
    [
        (ends("192.0.2.1:1", "192.0.2.3:1"), HelperOptions(), "one --listen per family"),
        (ends("192.0.2.1:65535"), HelperOptions(), "a port and the next one"),
        (ends("0.0.0.0:3478"), HelperOptions(addresses=(HELPER_SECOND.ip,)), "not all addresses"),
        (ends("192.0.2.1:1"), HelperOptions(addresses=(HELPER_FIRST.ip,)), "another address"),
        (ends("[2001:db8::1]:1"), HelperOptions(addresses=(HELPER_SECOND.ip,)), "a family that no --listen has"),
        (ends("192.0.2.1:1"), HelperOptions(peers=(HELPER_SECOND,)), "needs --helper-secret-file"),
        (
            ends("192.0.2.1:1"),
            HelperOptions(addresses=(HELPER_SECOND.ip,), peers=(HELPER_SECOND,), secret=b"x" * 16),
            "not both",
        ),
        (ends("192.0.2.1:1"), HelperOptions(peers=(HELPER_SECOND, HELPER_SECOND), secret=b"x" * 16), "once per family"),
    ],
)
def test_helpers_that_do_not_go_together(listen: tuple[Endpoint, ...], helper: HelperOptions, words: str) -> None:
    options = ServeOptions(listen, helper=helper)
    with pytest.raises(UserError, match=words):
        plan_sockets(options)


def test_a_secret_that_is_none_is_refused() -> None:
    options = ServeOptions((HELPER_FIRST,), helper=HelperOptions(peers=(HELPER_SECOND,), secret=b"short"))
    with pytest.raises(UserError, match="fewer than 16 bytes"):
        make_helper(options, plan_sockets(options), (), bytes(32))


def test_two_processes_with_a_secret_help_each_other(served: list[Served], tmp_path: Path) -> None:
    """As documented: whoever asks the first gets a packet from the second, to which nobody has written."""
    quad = free_quad("127.0.0.1", "127.0.0.2")
    port = quad[Place(0, 0)].port
    secret = tmp_path / "secret"
    secret.write_bytes(b"sixteen bytes at least\n")
    for here, there in (("127.0.0.1", "127.0.0.2"), ("127.0.0.2", "127.0.0.1")):
        arguments = ("--helper", "--helper-peer", f"{there}:{port}", "--helper-secret-file", str(secret))
        served.append(Served("--listen", f"{here}:{port}", *arguments))
    assert all("STUN server ready" in one.line() for one in served)
    machine = HelperTrial(Endpoint.parse(f"127.0.0.1:{port}"), bytes(range(240)) * 6)

    async def trial() -> str:
        host = build_real_host()
        socket = await host.udp.open(4)
        try:
            return await drive(host, socket, machine)
        finally:
            socket.close()

    assert asyncio.run(trial()) == ""
    assert machine.result.ways[Way.OTHER_ADDRESS].source == Endpoint.parse(f"127.0.0.2:{port + 1}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--helper-address", "127.0.0.2"), "need --helper"),
        (("--helper", "--helper-address", "somewhere"), "not an address"),
        (("--helper", "--helper-peer", ":3478"), "needs an address"),
        (("--helper", "--helper-peer", "127.0.0.2", "--helper-secret-file", "/nowhere/at/all"), "cannot read"),
    ],
)
def test_wrong_helper_options_are_one_sentence(served: list[Served], arguments: tuple[str, ...], words: str) -> None:
    served.append(Served("--listen", "127.0.0.1:47001", *arguments))
    _, err = served[0].process.communicate(timeout=30)
    assert served[0].process.returncode == 2
    assert words in err
    assert "Traceback" not in err
