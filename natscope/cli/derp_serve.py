"""`natscope derp serve`: the relay as a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.apps.derp_serve import Ready
    from natscope.model.endpoint import Endpoint
    from natscope.relay.log import Log


def serve(
    context: typer.Context,
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", help="where clients come in, may be repeated [:443]", metavar="ADDRESS:PORT|:PORT"),
    ] = None,
    tls: Annotated[
        str,
        typer.Option("--tls", help="off: plain HTTP, behind a proxy [files]", metavar="files|off", show_default=False),
    ] = "",
    cert: Annotated[
        str, typer.Option("--cert", help="certificate chain, PEM", metavar="FILE", show_default=False)
    ] = "",
    cert_key: Annotated[
        str, typer.Option("--cert-key", help="its private key, PEM", metavar="FILE", show_default=False)
    ] = "",
    http: Annotated[
        str,
        typer.Option(
            "--http", help="the plain port beside TLS [:80]", metavar="ADDRESS:PORT|:PORT|off", show_default=False
        ),
    ] = "",
    stun: Annotated[
        str,
        typer.Option("--stun", help="where STUN answers [:3478]", metavar="ADDRESS:PORT|:PORT|off", show_default=False),
    ] = ":3478",
    key_file: Annotated[
        str,
        typer.Option(
            "--key-file", help="the relay's private key, made when missing", metavar="FILE", show_default=False
        ),
    ] = "",
    drain: Annotated[
        str,
        typer.Option("--drain", help="time to let clients go at the end [5]", metavar="SECONDS", show_default=False),
    ] = "5",
    log_format: Annotated[
        str, typer.Option("--log-format", help="how log lines look [text]", metavar="text|json", show_default=False)
    ] = "text",
    quiet: opt.Quiet = False,
) -> int:
    """Serve a relay (DERP) that mesh-VPN clients reach each other through, with STUN beside it.

    Examples:
    natscope derp serve --cert derp.crt --cert-key derp.key  # own certificate, on 443, 80 and UDP 3478
    natscope derp serve --tls off --listen 127.0.0.1:8080  # behind a proxy that speaks TLS
    natscope derp serve --tls off --listen 127.0.0.1:0 --stun off  # for a test
    """
    from natscope.apps.derp_serve import serve as serve_relay
    from natscope.host.real.host import build_real_host
    from natscope.relay.config import RelayConfig, StunConfig, TlsConfig, TlsMode
    from natscope.relay.log import Log

    console = begin(context).console
    host = build_real_host()
    if log_format not in ("text", "json"):
        raise UserError(f"--log-format {log_format}: not one of text, json")
    mode = TlsMode.OFF if tls == "off" else TlsMode.FILES
    if mode is TlsMode.FILES and not cert:
        raise UserError("a relay needs a certificate: --cert FILE, or --tls off behind a proxy")
    config = RelayConfig(
        listen=tuple(end for text in listen or (":443",) for end in _places(text)),
        http=() if mode is TlsMode.OFF or http == "off" else _places(http or ":80"),
        key_file=key_file,
        tls=TlsConfig(mode=mode, certificate_file=cert, key_file=cert_key),
        stun=StunConfig(listen=() if stun == "off" else _places(stun)),
        drain_s=float(drain),
    )
    log = Log(console.streams.note, host.clock.utc, as_json=log_format == "json")
    serve_relay(config, host, log, lambda ready: None if quiet else _say_ready(log, ready))
    return exit_codes.GOOD


def _say_ready(log: Log, ready: Ready) -> None:
    places = ", ".join(map(str, ready.listen))
    words = f"relay ready on {places} ({'plain HTTP' if ready.tls.value == 'off' else 'TLS'})"
    for name, where in (("HTTP", ready.http), ("STUN", ready.stun)):
        if where:
            words += f"; {name} on {', '.join(map(str, where))}"
    log.say(
        "ready", words, listen=[*map(str, ready.listen)], http=[*map(str, ready.http)], stun=[*map(str, ready.stun)],
        metrics=str(ready.metrics or ""), tls=ready.tls.value, key=ready.key,
    )  # fmt: skip


def _places(text: str) -> tuple[Endpoint, ...]:
    from natscope.apps.stun_serve import parse_listen

    return parse_listen(text)
