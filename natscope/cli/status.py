"""`natscope status`: the options; what happens with them is `status_flow`."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import options as opt
from natscope.cli.session import begin
from natscope.cli.status_flow import run

app = typer.Typer(add_completion=False)

Watch = Annotated[bool, opt.switch("go on: draw again at each change, or print it as a line", "--watch", "-w")]
Active = Annotated[bool, opt.switch("only peers that were sent something in the last 45 s", "--active")]
Peers = Annotated[bool, opt.switch("list peers [yes]", "--peers/--no-peers")]
Probe = Annotated[bool, opt.switch("ping each peer that is not away, at most 64", "--probe")]
Netcheck = Annotated[bool, opt.switch("measure this side's network first", "--netcheck")]
AsJson = Annotated[bool, opt.switch("upstream's JSON with ours beside it; --watch: a line each", "--json")]


@app.command()
def status(
    context: typer.Context,
    watch: Watch = False,
    active: Active = False,
    peers: Peers = True,
    probe: Probe = False,
    netcheck: Netcheck = False,
    files: opt.From = None,
    socket: opt.Socket = None,
    as_json: AsJson = False,
    status_fail_on: opt.StatusFailOn = None,
    quiet: opt.Quiet = False,
    verbose_once: opt.VerboseOnce = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Show how each peer of your mesh is reached, and why not directly.

    Examples:
    natscope status  # who is direct, who is relayed, and why
    natscope status --netcheck --probe  # measure this side and the round trips now
    natscope status --from status.json --from netcheck.json  # what somebody else saved

    Reads the running tailscaled; the reasons come from the last netcheck of this computer, whose age is shown, and
    from what the mesh tells of the peers. -v shows all that is known of each peer. Exit 0 also when peers are
    relayed, unless --fail-on relayed (10) or offline (20) asks for more; exit 3: nothing can be told.
    """
    return run(begin(context))
