"""`natscope stun`: serve STUN, ask one STUN server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.render import Console
from natscope.cli.session import begin
from natscope.errors import UserError
from natscope.plugins.clean import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from natscope.apps.stun_query import Answer
    from natscope.apps.stun_serve import HelperOptions, Ready
    from natscope.model.endpoint import Endpoint, Family
    from natscope.stun_server.blocking import Engine
    from natscope.stun_server.counters import Counters

app = typer.Typer(add_completion=False)

MAX_RATE = 1_000_000.0


@app.callback()
def stun() -> None:
    """STUN: serve it, ask one server.

    Examples:
    natscope stun serve  # on UDP 3478, IPv4 and IPv6
    natscope stun query stun.example.net  # where does that server see me?
    natscope stun query --tailscale derp1.example.net  # ask a relay in the form it answers
    """


@app.command()
def serve(
    context: typer.Context,
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", help="where to listen, may be repeated [:3478]", metavar="ADDRESS[:PORT]|:PORT"),
    ] = None,
    alternate: Annotated[
        list[str] | None,
        typer.Option(
            "--alternate",
            help="the second address and port of a full RFC 5780 and RFC 3489 server [off]",
            metavar="ADDRESS:PORT",
        ),
    ] = None,
    helper: Annotated[bool, opt.switch("send packets from unseen places to who asks for them", "--helper")] = False,
    helper_address: Annotated[
        list[str] | None,
        typer.Option("--helper-address", help="this computer's second address for --helper", metavar="ADDRESS"),
    ] = None,
    helper_peer: Annotated[
        list[str] | None,
        typer.Option("--helper-peer", help="another helper that sends for this one", metavar="ADDRESS[:PORT]"),
    ] = None,
    helper_secret_file: Annotated[
        str,
        typer.Option(
            "--helper-secret-file", help="what both helpers know, 16 bytes or more", metavar="FILE", show_default=False
        ),
    ] = "",
    helper_trains: Annotated[
        int,
        typer.Option(
            "--helper-trains",
            help="packets per second that --helper counts to find limits of UDP, 0: none [500]",
            min=0,
            max=500,
            metavar="NUMBER",
            show_default=False,
        ),
    ] = 500,
    rate: Annotated[
        str, typer.Option("--rate", help="answers per second and source [5]", metavar="NUMBER", show_default=False)
    ] = "5",
    metrics: Annotated[
        str, typer.Option("--metrics", help="Prometheus page over HTTP", metavar="ADDRESS:PORT", show_default=False)
    ] = "",
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="how to read and answer: auto takes the fastest [auto]",
            metavar="auto|numpy|batch|portable|asyncio",
            show_default=False,
        ),
    ] = "auto",
    quiet: opt.Quiet = False,
) -> int:
    """Serve STUN over UDP until SIGTERM or Ctrl-C.

    Examples:
    natscope stun serve  # on UDP 3478, IPv4 and IPv6
    natscope stun serve --listen 192.0.2.10:3478 --alternate 192.0.2.11:3479  # for NAT tests
    natscope stun serve --listen 192.0.2.10 --helper --helper-address 192.0.2.11  # shows whom a router lets in

    A valid Binding request, plain or Tailscale's, gets one XOR-MAPPED-ADDRESS (32 or 44 bytes, never above 2.2 times
    the request); anything else gets silence, or error 420 for an attribute it may not ignore. Each IPv4 address and
    each IPv6 /64 has a bucket of 20 answers, or of 4 seconds' worth if that is more, refilled at --rate. All together
    get 20,000 times that rate.

    --alternate costs: two public addresses and four sockets; answers of 68 to 116 bytes to requests of 20 (factor 3.4
    to 5.8, within the same bucket), so a forged sender can be hit harder; answers from addresses and to ports that were
    not asked (never below 1024, never another host). Use it where NAT behaviour is to be tested.

    --helper lets a netcheck see whose packets a router lets in: who asks, and proves its address by a token, gets one
    packet from the next port, or from --helper-address or --helper-peer, never larger than its request, never to
    another host. Without one of those two only ports are told apart. It also counts trains of packets, and sends each
    of them back once (--helper-trains).
    """
    from natscope.apps.stun_serve import ServeOptions, parse_listen
    from natscope.apps.stun_serve import serve as serve_stun
    from natscope.host.real.host import build_real_host

    console = begin(context).console
    options = ServeOptions(
        listen=tuple(end for text in listen or (":3478",) for end in parse_listen(text)),
        alternate=tuple(end for text in alternate or () for end in parse_listen(text)),
        rate=_rate(rate),
        metrics=_endpoint("--metrics", metrics),
        engine=_engine(engine),
        helper=_helper(helper, helper_address or (), helper_peer or (), helper_secret_file, helper_trains),
    )
    service = serve_stun(options, build_real_host(), lambda ready: None if quiet else _say_ready(console, ready, rate))
    if not quiet:
        _say_stopped(console, service.counters)
    return exit_codes.GOOD


@app.command()
def query(
    context: typer.Context,
    server: Annotated[str, typer.Argument(metavar="HOST[:PORT]", show_default=False)],
    plain: Annotated[bool, opt.switch("only the plain request of RFC 8489", "--plain")] = False,
    tailscale: Annotated[bool, opt.switch("only the request that relays answer", "--tailscale")] = False,
    as_json: opt.AsJson = False,
    only_v4: opt.OnlyV4 = False,
    only_v6: opt.OnlyV6 = False,
    wait: Annotated[  # a parameter called `timeout` would be the setting netcheck.timeout
        str,
        typer.Option(
            "--timeout", "-W", help="how long to wait, for the name too [3]", metavar="SECONDS", show_default=False
        ),
    ] = "3",
) -> int:
    """Ask one STUN server where it sees this computer.

    Examples:
    natscope stun query stun.example.net  # any server, UDP 3478
    natscope stun query --tailscale derp1.example.net  # a relay
    natscope stun query '[2001:db8::1]:3479' --json  # for a program

    Without --plain or --tailscale both forms are sent, up to 4 times each, and the first answer counts.
    """
    import asyncio

    from natscope.apps.stun_query import query as ask
    from natscope.host.real.host import build_real_host
    from natscope.wire.stun.message import RequestForm

    if plain and tailscale:
        raise UserError("--plain and --tailscale exclude each other; without both, both forms are sent")
    if only_v4 and only_v6:
        raise UserError("-4 and -6 exclude each other")
    console = begin(context).console
    forms = [RequestForm.PLAIN] * (not tailscale) + [RequestForm.TAILSCALE] * (not plain)
    family: Family | None = 4 if only_v4 else 6 if only_v6 else None
    limit = _number("--timeout", wait, 60.0)
    answer = asyncio.run(ask(build_real_host(), server, forms=forms, family=family, timeout_s=limit))
    console.data(_as_json(answer) if as_json else _as_text(answer))
    return exit_codes.GOOD if answer.mapped is not None else exit_codes.CANNOT_TEST


def _say_ready(console: Console, ready: Ready, rate: str) -> None:
    where = ", ".join(str(end) for end in ready.listening)
    console.note(f"STUN server ready on {where} ({ready.engine.value}, {rate} answers/s per source)")
    if ready.metrics is not None:
        console.note(f"metrics on http://{ready.metrics}/metrics")


def _say_stopped(console: Console, counters: Counters) -> None:
    answered, dropped = sum(counters.answers.values()), sum(counters.drops.values())
    console.note(f"stopped: {answered} answered, {dropped} not answered")


def _rate(text: str) -> float:
    return _number("--rate", text, MAX_RATE)


def _number(option: str, text: str, largest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= largest:
        raise UserError(f"{option} {text}: not a number from 0.01 to {largest:g}")
    return value


def _endpoint(option: str, text: str) -> Endpoint | None:
    from natscope.model.endpoint import Endpoint

    if not text:
        return None
    try:
        return Endpoint.parse(text)
    except ValueError:
        raise UserError(f"{option} {text}: not ADDRESS:PORT", hint=f"{option} 127.0.0.1:9478") from None


def _helper(
    wanted: bool, addresses: Sequence[str], peers: Sequence[str], secret_file: str, trains: int
) -> HelperOptions | None:
    import ipaddress

    from natscope.apps.stun_serve import HelperOptions, parse_listen

    if not wanted:
        if addresses or peers or secret_file:
            raise UserError("--helper-address, --helper-peer and --helper-secret-file need --helper")
        return None
    try:
        own = tuple(ipaddress.ip_address(text) for text in addresses)
    except ValueError:
        raise UserError("--helper-address: not an address", hint="--helper-address 192.0.2.11") from None
    found = tuple(end for text in peers for end in parse_listen(text))
    if any(end.ip.is_unspecified for end in found):
        raise UserError("--helper-peer needs an address", hint="--helper-peer 192.0.2.20:3478")
    return HelperOptions(own, found, _secret(secret_file) if secret_file else b"", trains)


def _secret(file: str) -> bytes:
    from pathlib import Path

    try:
        return Path(file).read_bytes()[:4096].strip()
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error


def _engine(text: str) -> Engine | None:
    import importlib.util

    from natscope.host.real.udp_batch import is_supported
    from natscope.stun_server.blocking import Engine

    if text == "auto":
        return None
    if text not in list(Engine):
        raise UserError(f"--engine {text}: not one of auto, {', '.join(Engine)}")
    if text == Engine.NUMPY and importlib.util.find_spec("numpy") is None:
        raise UserError("--engine numpy: numpy is not installed", hint="pip install 'natscope[fast]'")
    if text in (Engine.NUMPY, Engine.BATCH) and not is_supported():
        raise UserError(f"--engine {text}: this system has no recvmmsg", hint="--engine portable")
    return Engine(text)


def _as_json(answer: Answer) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n"


def _as_text(answer: Answer) -> str:
    seen = answer.mapped or "no address in the answer"
    same = " (no translation)" if answer.mapped == answer.local else ""
    rows = [
        ("seen as", seen + same),
        ("local", answer.local),
        ("server", f"{answer.server}, {answer.rtt_ms:.1f} ms, {answer.form} request"),
        ("refused", f"error {answer.error_code} {answer.error_reason}".rstrip() if answer.error_code else ""),
        ("answer came from", answer.other_source or ""),
        ("rewritten", "something on the path changes addresses inside packets" if answer.rewritten else ""),
        ("other address", answer.other_address or ""),
        ("software", answer.software),
    ]
    return "".join(f"{name:<17} {clean(text)}\n" for name, text in rows if text)
