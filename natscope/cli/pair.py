"""`natscope pair`: will two nodes connect directly, by which way, and what would change that?"""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import begin
from natscope.errors import UserError

app = typer.Typer(add_completion=False)

_CODES = {"direct": exit_codes.GOOD, "relay": exit_codes.RELAYED}


@app.command()
def pair(
    context: typer.Context,
    this: Annotated[str, typer.Argument(metavar="A.json", show_default=False)],
    peer: Annotated[str, typer.Argument(metavar="B.json|PEER", show_default=False)],
    node: Annotated[
        str,
        typer.Option(
            "--node", metavar="PEER", help="what the node of B.json is called in the mesh", show_default=False
        ),
    ] = "",
    socket: opt.Socket = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
) -> int:
    """Predict from two reports whether two nodes connect directly, by which way, and what would change that.

    Examples:
    natscope pair laptop.json nas.json  # reports of both: natscope netcheck --json > laptop.json
    natscope pair laptop.json nas  # the other side as a running tailscaled knows it
    natscope pair laptop.json nas.json --json  # for a program

    With --node, what the mesh tells of the peer is held against its report. Reports may also be those of tailscale
    netcheck --format=json. Exit codes: 0 direct, 10 relayed, 3 not known.
    """
    from natscope.apps.config import state_directory
    from natscope.apps.pair import PairRequest, run_pair
    from natscope.cli.named_report import named_report

    session = begin(context)
    console, config = session.console, session.config
    if this == peer == "-":
        raise UserError("only one of the two reports can come from standard input", hint="name a file for the other")
    report = run_pair(
        PairRequest(
            this=this,
            peer=peer,
            read=lambda word: named_report(session, word),
            environ=session.environ,
            state_dir=state_directory(config, session.environ),
            socket=config.text("tailscaled_socket"),
            node=node,
        )
    )
    code = _CODES.get(report.prediction.path, exit_codes.CANNOT_TEST)
    if as_json:
        from natscope.cli.json_text import json_text

        console.data(json_text(report, indent=2))
        return code
    from natscope.cli.pair_text import draw
    from natscope.cli.pen import Pen

    pen = Pen(console.width, console.ascii_only, console.colour)
    lines = draw(report, code, pen)
    console.data("\n".join(lines[:1] if quiet else lines) + "\n")
    return code
