"""`natscope ping`: the options; what happens with them is `ping_flow`."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import options as opt
from natscope.cli.ping_flow import PingCommand, run
from natscope.cli.session import begin

app = typer.Typer(add_completion=False)


def _value(text: str, metavar: str, *spellings: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(*spellings, help=text, metavar=metavar, show_default=False)
    return found


Count = Annotated[str, _value("stop after so many pings, 0: never [10; with -w: 0]", "N", "--count", "-c")]
Interval = Annotated[str, _value("from one ping to the next [1]", "SECONDS", "--interval", "-i")]
Wait = Annotated[str, _value("how long to wait for each pong [5]", "SECONDS", "--wait", "-W")]
Deadline = Annotated[str, _value("stop after this time, however many were sent", "SECONDS", "--deadline", "-w")]
Size = Annotated[str, _value("bytes of each disco ping, to test the size that passes", "BYTES", "--size", "-s")]
Stamps = Annotated[bool, opt.switch("the time of day before each line, in seconds", "--timestamps", "-D")]
UntilDirect = Annotated[
    bool | None, opt.switch("stop at the first direct pong [yes]", "--until-direct/--no-until-direct")
]
Disco = Annotated[bool, opt.switch("ping its transport, without WireGuard [this one]", "--disco")]
Tsmp = Annotated[bool, opt.switch("ping its daemon through WireGuard", "--tsmp")]
IcmpKind = Annotated[bool, opt.switch("ping its operating system through WireGuard", "--icmp")]
PeerApi = Annotated[bool, opt.switch("ask its daemon's HTTP server through WireGuard", "--peerapi")]
Levels = Annotated[bool, opt.switch("all four in order, and which one fails first", "--levels")]
Netcheck = Annotated[bool, opt.switch("measure this side's network when it stays relayed", "--netcheck")]
ReportFile = Annotated[str, _value("this side's netcheck, in place of the last one", "FILE", "--report")]
AsJson = Annotated[bool, opt.switch("one JSON document at the end", "--json")]
AsLines = Annotated[bool, opt.switch("one JSON object a line, as pongs come", "--jsonl")]


@app.command()
def ping(
    context: typer.Context,
    peer: Annotated[str, typer.Argument(metavar="PEER", show_default=False)],
    count: Count = "",
    interval: Interval = "",
    wait: Wait = "",
    deadline: Deadline = "",
    size: Size = "",
    until_direct: UntilDirect = None,
    disco: Disco = False,
    tsmp: Tsmp = False,
    icmp_kind: IcmpKind = False,
    peer_api: PeerApi = False,
    levels: Levels = False,
    netcheck: Netcheck = False,
    report: ReportFile = "",
    socket: opt.Socket = None,
    as_json: AsJson = False,
    as_lines: AsLines = False,
    stamps: Stamps = False,
    quiet: opt.Quiet = False,
    verbose_once: opt.VerboseOnce = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Ping a peer of your mesh until it answers directly; if it stays relayed, say why.

    Examples:
    natscope ping nas  # does it get direct? if not, why, and what to change
    natscope ping nas --levels  # there, but unreachable: which level fails?
    natscope ping nas --no-until-direct -c 0 -i 5  # watch the path until Ctrl-C

    PEER is a name, an address of the mesh or behind a peer that routes it, or a tag: then its first node that is
    online, by name. --tsmp, --icmp and --peerapi tell no path and stop at the first pong, unless -c or
    --no-until-direct is given. Reasons rest on this computer's last netcheck, whose age is shown.

    Exit 0: direct, or a pong of a kind that tells no path; 11: --levels, and some of them fail; 124: -w passed before
    the pings of -c were sent.
    """
    del quiet, verbose_once, color, ascii_only, no_progress, socket  # read from the context as settings
    command = PingCommand(
        peer=peer,
        count=count,
        interval=interval,
        wait=wait,
        deadline=deadline,
        size=size,
        until_direct=until_direct,
        kinds=tuple(
            kind
            for kind, given in (("disco", disco), ("tsmp", tsmp), ("icmp", icmp_kind), ("peerapi", peer_api))
            if given
        ),
        levels=levels,
        netcheck=netcheck,
        report=report,
        form="json" if as_json else "jsonl" if as_lines else "text",
        both_forms=as_json and as_lines,
        stamps=stamps,
    )
    return run(begin(context), command)
