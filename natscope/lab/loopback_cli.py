"""`python -m natscope.lab.loopback`: the embedded relays as a process of their own.

Writes the map, prints READY, and serves until its standard input ends or SIGTERM or SIGINT comes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from natscope.host.real.host import build_real_host
from natscope.lab.loopback import LoopbackRelays
from natscope.lab.loopback_spec import RegionSpec, RelayKind, plan_regions

_AILMENTS = {
    "dead": RelayKind.DEAD,
    "silent_udp": RelayKind.SILENT_UDP,
    "closed_port": RelayKind.CLOSED_PORT,
    "wrong_cert": RelayKind.WRONG_CERTIFICATE,
    "expired_cert": RelayKind.EXPIRED_CERTIFICATE,
}


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; 0 when stopped in order."""
    options = _parser().parse_args(arguments)
    asyncio.run(_serve(options))
    return 0


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    _watch(stop)
    relays = LoopbackRelays(
        build_real_host(),
        _specs(options),
        https=options.https or bool(options.wrong_cert or options.expired_cert),
        ipv6=not options.no_ipv6,
        seed=options.seed,
    )
    async with relays:
        Path(options.map).write_bytes(relays.map_json())  # noqa: ASYNC240  before anything is served
        print("READY", flush=True)
        await stop.wait()


def _specs(options: argparse.Namespace) -> list[RegionSpec]:
    ailing = [kind for name, kind in _AILMENTS.items() for _ in range(getattr(options, name))]
    specs = plan_regions(options.regions, latency_ms=options.latency, ailing=ailing)
    return [replace(spec, jitter_ms=options.jitter, lost=options.lost, http_port=options.http_port) for spec in specs]


def _watch(stop: asyncio.Event) -> None:
    """Set `stop` at a signal or at the end of standard input; a standard input that is a file says nothing."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def on_input() -> None:
        try:
            ended = not os.read(0, 4096)
        except BlockingIOError:
            return
        except OSError:
            ended = True
        if ended:
            loop.remove_reader(0)
            stop.set()

    with contextlib.suppress(OSError, ValueError):
        loop.add_reader(0, on_input)


def _latency(text: str) -> tuple[float, float]:
    low, dots, high = text.partition("..")
    try:
        values = (float(low), float(high) if dots else float(low))
    except ValueError as error:
        raise argparse.ArgumentTypeError("write milliseconds as 20 or 10..250") from error
    return values


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"{Path(sys.executable).name} -m natscope.lab.loopback", description=__doc__)
    add = parser.add_argument
    add("--regions", type=int, default=5, help="how many regions, the ailing ones among them")
    add("--latency", type=_latency, default=(10.0, 250.0), help="round trip in ms: one value, or first..last")
    add("--jitter", type=float, default=0.0, help="up to so many ms more")
    add("--lost", default="", help="pattern over STUN requests, repeated: x is swallowed, . answered")
    for name, kind in _AILMENTS.items():
        add(f"--{name.replace('_', '-')}", type=int, default=0, help=f"how many of them are of the kind {kind}")
    add("--https", action="store_true", help="serve HTTPS too")
    add("--http-port", type=int, default=None, help="serve /generate_204 on this plain port")
    add("--no-ipv6", action="store_true", help="leave ::1 out")
    add("--seed", type=int, default=0, help="of the jitter")
    add("--map", required=True, help="file to write the relay map to")
    return parser
