"""`natscope stun query` on the screen and for programs; what `stun serve` refuses in words.

Serving itself, as a process with signals, is tested in `tests/apps/test_stun_serve.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.machines.stun_responder import Place
from natscope.model.endpoint import Endpoint
from natscope.stun_server.blocking import Engine
from tests.cli.runner import Runner
from tests.stun_server.drivers import client, end_of, free_quad, running


@pytest.fixture
def cli(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with running(Engine.PORTABLE, [Endpoint.parse("127.0.0.1:0")]) as found:
        yield found.locals_[0]


def test_the_answer_stands_first(cli: Runner, server: Endpoint) -> None:
    result = cli("stun", "query", str(server))
    first, second, third = result.out.splitlines()
    seen = first.removeprefix("seen as").removesuffix("(no translation)").strip()
    assert Endpoint.parse(seen).ip == server.ip
    assert second.split() == ["local", seen]
    assert third.startswith(f"server            {server}, ")
    assert third.endswith(" ms, plain request")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("form", ["plain", "tailscale"])
def test_json_names_the_form(cli: Runner, server: Endpoint, form: str) -> None:
    result = cli("stun", "query", f"--{form}", "--json", "-4", str(server))
    document = json.loads(result.out)
    assert (document["schema"], document["form"]) == ("natscope.stun-query/1", form)
    assert document["mapped"] == document["local"]
    assert (document["bytes_sent"], document["bytes_received"]) == ({"plain": 20, "tailscale": 40}[form], 32)


def test_an_alternate_server_names_its_other_address(cli: Runner) -> None:
    places = free_quad("127.0.0.1", "127.0.0.2")
    with running(Engine.PORTABLE, list(places.values()), list(places)):
        result = cli("stun", "query", str(places[Place(0, 0)]))
    assert f"other address     {places[Place(1, 1)]}\n" in result.out


def test_silence_is_one_line_and_a_hint(cli: Runner) -> None:
    with client() as silent:
        where = end_of(silent)
        result = cli("stun", "query", "--plain", "-W", "0.05", str(where))
    assert (result.code, result.out) == (3, "")
    assert result.err == (
        f"error: no answer from {where} within 0.05 s\n  → relays answer only the Tailscale form: --tailscale\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--plain", "--tailscale", "127.0.0.1"), "exclude each other"),
        (("-4", "-6", "127.0.0.1"), "exclude each other"),
        (("-6", "127.0.0.1"), "no IPv6 address"),
        (("--timeout", "soon", "127.0.0.1"), "--timeout soon"),
        (("127.0.0.1:0",), "no HOST or HOST:PORT"),
        ((), "missing argument"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(cli: Runner, arguments: tuple[str, ...], words: str) -> None:
    result = cli("stun", "query", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err.splitlines()[0]


def test_help_says_what_alternate_costs(cli: Runner) -> None:
    text = " ".join(cli("stun", "serve", "--help").out.split())
    assert "--alternate costs: two public addresses" in text
