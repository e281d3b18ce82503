"""`natscope netcheck`: the options; what happens with them is `netcheck_flow`."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import options as opt
from natscope.cli.netcheck_flow import run
from natscope.cli.session import begin

app = typer.Typer(add_completion=False)

TailscaleJson = Annotated[bool, opt.switch("JSON in the form of tailscale netcheck --format=json", "--tailscale-json")]


@app.command()
def netcheck(
    context: typer.Context,
    derp_map: opt.DerpMap = None,
    profile: opt.Profile = None,
    full: opt.Full = False,
    https: opt.Https = None,
    icmp: opt.Icmp = None,
    hairpin: opt.Hairpin = None,
    lifetime: opt.Lifetime = None,
    udp_rate: opt.UdpRate = None,
    cross_check: opt.CrossCheck = None,
    only: opt.Only = None,
    skip: opt.Skip = None,
    gentle: opt.Gentle = None,
    timeout: opt.Timeout = None,
    only_v4: opt.OnlyV4 = False,
    only_v6: opt.OnlyV6 = False,
    interface: opt.Interface = None,
    source_port: opt.SourcePort = None,
    bind_address: opt.BindAddress = None,
    offline: opt.Offline = None,
    as_json: opt.Json = False,
    format_name: opt.FormatName = None,
    tailscale_json: TailscaleJson = False,
    output: opt.Output = None,
    record: opt.Record = None,
    pcap: opt.Pcap = None,
    replay: opt.Replay = None,
    redact: opt.Redact = None,
    fail_on: opt.FailOn = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    debug: opt.Debug = False,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Say whether this network lets peers connect directly, and if not, why.

    Examples:
    natscope netcheck  # can this network connect directly?
    natscope netcheck --derp-map derp.yaml --https  # your own relays, over UDP and HTTPS
    natscope netcheck --record run1 --json -o run1.json  # keep it; judge again: --replay run1

    Asks every relay of the map over UDP (STUN), those that stay silent over HTTPS and ping too. The map is the one you
    name, else that of a running tailscaled, else Tailscale's public one. natscope targets lists whom that contacts.
    --full adds what is slow or may disturb (--lifetime, --udp-rate, --hairpin); Ctrl-C shows what is known so far.

    Options are also variables and settings of a file: natscope help environment.
    """
    return run(begin(context))
