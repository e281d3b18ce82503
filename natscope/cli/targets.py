"""`natscope targets`: whom a netcheck would contact."""

from __future__ import annotations

import typer

from natscope.apps.netcheck import list_targets
from natscope.cli import options as opt
from natscope.cli.netcheck_flow import map_choice, netcheck_options
from natscope.cli.session import begin
from natscope.cli.target_table import as_json_text, as_table

app = typer.Typer(add_completion=False)


@app.command()
def targets(
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
    offline: opt.Offline = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    ascii_only: opt.Ascii = None,
) -> None:
    """List each host that a netcheck would contact, with packets, bytes and seconds; sends nothing to them.

    Examples:
    natscope targets  # with the map that netcheck would use
    natscope targets --derp-map derp.yaml  # with your own relays
    natscope targets --full --json  # everything that --full would do, for a program

    Only the relay map is fetched, when it is not a file. The numbers are upper bounds.
    """
    session = begin(context)
    found = list_targets(
        netcheck_options(session.config),
        map_choice(session),
        environ=session.environ,
        stdin=session.console.streams.binary_input(),
    )
    session.console.data(as_json_text(found) if as_json else as_table(found, session.console.ascii_only))
