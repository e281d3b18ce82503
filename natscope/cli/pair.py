"""`natscope pair`: will two nodes connect directly, by which way, and what would change that?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import Session, begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.apps.pair import Known

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
    why: Annotated[
        str | None,
        typer.Option(
            "--why", help="what a finding of the two rests on, down to packets", metavar="ID", show_default=False
        ),
    ] = None,
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
    natscope pair laptop.json nas.json --why NS-NAT-02  # from a finding down to the packets of both

    With --node, what the mesh tells of the peer is held against its report. Reports may also be those of tailscale
    netcheck --format=json. Exit codes: 0 direct, 10 relayed, 3 not known.
    """
    from natscope.apps.config import state_directory
    from natscope.apps.pair import PairRequest, both_sides
    from natscope.cli.named_report import named_report
    from natscope.diagnosis.pair.report import pair_report

    session = begin(context)
    console, config = session.console, session.config
    if this == peer == "-":
        raise UserError("only one of the two reports can come from standard input", hint="name a file for the other")
    if why is not None and as_json:
        raise UserError("--why is text only", hint="both reports have every observation behind it")
    known = both_sides(
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
    if why is not None:
        console.data("\n".join(_chain(known, why, session)) + "\n")
        return exit_codes.GOOD
    report = pair_report(known.facts, by=known.by, ages=known.ages)
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


def _chain(known: Known, cause_id: str, session: Session) -> list[str]:
    from natscope.cli.pen import Pen
    from natscope.cli.relay_finding import refuse
    from natscope.cli.why_page import draw
    from natscope.diagnosis.pair.why import why_pair

    refuse(cause_id)
    console = session.console
    chain = why_pair(known.facts, known.peer, cause_id)
    return draw(chain, Pen(console.width, console.ascii_only, console.colour))
