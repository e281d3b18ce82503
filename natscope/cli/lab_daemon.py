"""`natscope lab daemon`: a stand-in for a tailscaled whose mesh is a scenario."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.output import check_destination, deliver
from natscope.cli.session import begin
from natscope.errors import UserError

STATES = ("Running", "NeedsLogin", "NeedsMachineAuth", "Stopped", "Starting")

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", show_default=False)]
HostName = Annotated[str, typer.Argument(metavar="HOST", show_default=False)]
Listen = Annotated[
    str, typer.Option("--socket", help="where to listen [HOST.sock]", metavar="PATH", show_default=False)
]
ReportFile = Annotated[
    str,
    typer.Option(
        "--report",
        help="also write what a netcheck of HOST says, for ping --report",
        metavar="FILE",
        show_default=False,
    ),
]
State = Annotated[
    str, typer.Option("--state", help="what it is doing [Running]", metavar="|".join(STATES), show_default=False)
]
Offline = Annotated[
    list[str] | None,
    typer.Option("--offline", help="a peer that is away, may be repeated", metavar="HOST", show_default=False),
]
Expired = Annotated[
    list[str] | None,
    typer.Option("--expired", help="a peer whose key has expired, may be repeated", metavar="HOST", show_default=False),
]


def daemon(
    context: typer.Context,
    name: Name,
    host: HostName,
    listen: Listen = "",
    report_file: ReportFile = "",
    state: State = "Running",
    away: Offline = None,
    expired: Expired = None,
    quiet: opt.Quiet = False,
) -> int:
    """Stand in for the tailscaled of one host of a scenario, until Ctrl-C.

    Examples:
    natscope lab daemon pair-symmetric alice --report alice.json  # then, beside it:
    natscope ping bob --socket alice.sock --report alice.json  # relayed, and why
    natscope lab daemon pair-cones alice  # here bob becomes direct

    The other hosts are its peers. Its answers have the form of a real one's; what becomes of pings is the scenario's
    truth, nothing is sent. The report is measured in the simulator.
    """
    from natscope.apps.lab import load_scenario, serve_daemon
    from natscope.lab.stand_in_scenario import mesh_of

    console, scenario = begin(context).console, load_scenario(name)
    if state not in STATES:
        raise UserError(f"--state {state[:40]}: not one of {', '.join(STATES)}")
    mesh = mesh_of(scenario, host, state=state, away=tuple(away or ()), expired=tuple(expired or ()))
    if report_file:
        from natscope.apps.lab import report_of

        check_destination(report_file, console)
        deliver(report_of(scenario, host), report_file, console)
    path = listen or f"{host}.sock"

    def ready() -> None:
        if not quiet:
            console.note(f"standing in for the tailscaled of {host} at {path}; peers: "
                         f"{', '.join(peer.name for peer in mesh.peers)}; Ctrl-C ends it")  # fmt: skip

    serve_daemon(mesh, path, ready)
    return exit_codes.GOOD
