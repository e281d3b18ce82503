"""Runs a relay from its settings and says on standard error what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.apps.derp_config import relay_config
from natscope.apps.derp_reread import Rereading
from natscope.apps.derp_serve import Ready, serve
from natscope.host.real.host import build_real_host
from natscope.relay.config import TlsMode
from natscope.relay.log import Level, Log
from natscope.relay.map_entry import map_entry
from natscope.wire.relay_map_json import encode_relay_map_json
from natscope.wire.relay_map_yaml import encode_relay_map_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from natscope.apps.derp_values import Values
    from natscope.cli.render import Console

_TLS_WORDS = {
    TlsMode.OFF: "plain HTTP",
    TlsMode.FILES: "TLS",
    TlsMode.SELF_SIGNED: "TLS, self-signed",
    TlsMode.ACME: "TLS, certificate from an authority",
}


def run_relay(console: Console, values: Values, *, quiet: bool, read: Callable[[], Values] | None = None) -> None:
    """Until it is told to end. `quiet`: warnings and errors only; `read` gives the settings anew, for SIGHUP.

    Raises what `serve` raises.
    """
    host = build_real_host()
    config = relay_config(values, console.environ)
    log = Log(
        console.streams.note,
        host.clock.utc,
        as_json=values.text("log_format") == "json",
        least=Level.WARNING if quiet else Level.INFO,
    )
    rereading = Rereading(values, read, console.environ, log) if read is not None else None
    serve(config, host, log, lambda ready: say_ready(log, ready), rereading)


def say_ready(log: Log, ready: Ready) -> None:
    """The one line by which people and programs know that it serves."""
    places = ", ".join(map(str, ready.listen))
    words = f"relay ready on {places} ({_TLS_WORDS[ready.tls]})"
    for name, where in (("HTTP", ready.http), ("STUN", ready.stun)):
        if where:
            words += f"; {name} on {', '.join(map(str, where))}"
    if ready.workers > 1:
        words += f"; {ready.workers} workers"
    if ready.metrics is not None:
        words += f"; metrics on http://{ready.metrics}/metrics"
    log.say(
        "ready",
        words,
        listen=[*map(str, ready.listen)],
        http=[*map(str, ready.http)],
        stun=[*map(str, ready.stun)],
        metrics=str(ready.metrics or ""),
        tls=ready.tls.value,
        workers=ready.workers,
        key=ready.key,
    )
    if ready.pin:
        _say_entry(log, ready)


def _say_entry(log: Log, ready: Ready) -> None:
    """Clients know a self-signed certificate by its pin alone, which stands in their map."""
    entry = map_entry(ready.host_name, ready.pin, ready.listen, ready.stun, ready.http)
    json, yaml = encode_relay_map_json(entry).decode(), encode_relay_map_yaml(entry).decode()
    log.block(
        "map-entry",
        f"clients find it by this entry of the relay map (HostName is {ready.host_name}):",
        f"as JSON (Tailscale's policy file: derpMap)\n{_indented(json)}\nfor Headscale (derp.paths)\n{_indented(yaml)}",
        json=json,
        yaml=yaml,
        pin=ready.pin,
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
