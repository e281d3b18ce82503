"""`natscope path`: everything about the way to one peer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import begin
from natscope.cli.status_flow import fresh_report, next_files, pen_of, sight_options, socket_again
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.mesh.peer_path import PathView

app = typer.Typer(add_completion=False)

Probe = Annotated[bool | None, opt.switch("ping the peer first, at most 4 times [yes]", "--probe/--no-probe")]
Netcheck = Annotated[bool, opt.switch("measure this side's network first", "--netcheck")]


@app.command()
def path(
    context: typer.Context,
    peer: Annotated[str, typer.Argument(metavar="PEER", show_default=False)],
    probe: Probe = None,
    netcheck: Netcheck = False,
    files: opt.From = None,
    socket: opt.Socket = None,
    as_json: opt.AsJson = False,
    verbose_once: opt.VerboseOnce = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Show all that is known of the way to one peer: candidates, history, prediction against fact.

    Examples:
    natscope path nas  # which addresses were tried, which answered, and why not
    natscope path nas --netcheck  # with this side measured now
    natscope path nas --from status.json --from netcheck.json  # from what somebody saved

    PEER is a name, an address or a tag. Exit 0: direct; 10: only relayed; 20: no answer, or away; 3: nothing was sent,
    so nothing can be told.
    """
    del socket, verbose_once, color, ascii_only, no_progress  # read from the context as settings
    session = begin(context)
    saved = tuple(files or ())
    if saved and netcheck:
        raise UserError(
            "--netcheck and --from contradict each other: a saved status is of another computer",
            hint="the report of that computer is a second file: --from netcheck.json",
        )
    if saved and probe:
        raise UserError(
            "--probe and --from contradict each other: a saved status is of another computer",
            hint="leave one of them out",
        )
    from natscope.apps.mesh_path import run_path

    options = sight_options(session, saved, fresh=fresh_report(session) if netcheck else None)
    view = run_path(options, peer, probe=probe is not False)
    if as_json:
        from natscope.cli.path_json import encode_path

        session.console.data(encode_path(view))
    else:
        from natscope.cli.path_text import draw_path

        again = next_files(view.overview) or socket_again(session.config)
        console = session.console
        console.data(draw_path(view, pen_of(console), verbosity=console.verbosity, again=again))
    return exit_code(view)


def exit_code(view: PathView) -> int:
    """As ping's: what came of the newest try."""
    from natscope.mesh.overview import PeerState

    state = view.line.state
    if view.pings and all(ping.error for ping in view.pings):
        return exit_codes.UNREACHABLE
    return {
        PeerState.DIRECT: exit_codes.GOOD,
        PeerState.RELAYED: exit_codes.RELAYED,
        PeerState.PEER_RELAY: exit_codes.RELAYED,
        PeerState.OFFLINE: exit_codes.UNREACHABLE,
        PeerState.EXPIRED: exit_codes.UNREACHABLE,
    }.get(state, exit_codes.CANNOT_TEST)
