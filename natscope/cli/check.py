"""`natscope check`: a policy's expectations as a health job, or one finding again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import options as opt
from natscope.cli.session import Session, begin
from natscope.errors import UserError

if TYPE_CHECKING:
    from natscope.apps.policy_check import CheckRequest

app = typer.Typer(add_completion=False)

Finding = Annotated[str, typer.Argument(metavar="[ID]", show_default=False)]
PolicyFile = Annotated[
    str | None, typer.Option("--policy", help="a file of expectations (TOML)", metavar="FILE", show_default=False)
]
Init = Annotated[bool, opt.switch("write a first policy from the present state", "--init")]
Peers = Annotated[
    list[str] | None,
    typer.Option(
        "--peer", help="with --init: a peer whose path to expect; repeatable", metavar="NAME", show_default=False
    ),
]
Before = Annotated[
    str | None,
    typer.Option("--report", help="with ID: the report that has the finding", metavar="FILE", show_default=False),
]
Replay = Annotated[
    str | None,
    typer.Option("--replay", help="draw a result kept with --json again", metavar="FILE", show_default=False),
]
FormatName = Annotated[
    str | None,
    typer.Option("--format", help="text, json, junit, github or md [text]", metavar="NAME", show_default=False),
]


@app.command()
def check(
    context: typer.Context,
    finding: Finding = "",
    policy: PolicyFile = None,
    init: Init = False,
    peer: Peers = None,
    before: Before = None,
    kept: Replay = None,
    derp_map: opt.DerpMap = None,
    socket: opt.Socket = None,
    profile: opt.Profile = None,
    only: opt.Only = None,
    skip: opt.Skip = None,
    timeout: opt.Timeout = None,
    only_v4: opt.OnlyV4 = False,
    only_v6: opt.OnlyV6 = False,
    offline: opt.Offline = None,
    as_json: Annotated[bool, opt.switch("the result as JSON, same as --format json", "--json")] = False,
    policy_format: FormatName = None,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Check this network against a policy, for a health job; or measure one finding again, to see whether it is gone.

    Examples:
    natscope check --init -o natscope-policy.toml  # a first policy from what is true now
    natscope check --policy natscope-policy.toml --format junit -o check.xml  # in CI
    natscope check NS-NAT-01  # after a change on the router: is this finding gone?

    A policy measures again while something fails; most runs, or the median of numbers, decide. What was not measured
    or differs from run to run is inconclusive, not failed. Exit codes: 0 all hold (gone), 1 something failed (still
    there), 3 nothing failed, but something could not be judged.
    """
    session = begin(context)
    ways = (("ID", finding), ("--policy", policy), ("--init", init), ("--replay", kept))
    chosen = [name for name, given in ways if given]
    if len(chosen) != 1:
        what = " and ".join(chosen) + " do not go together" if chosen else "nothing to check"
        raise UserError(what, hint="natscope check --init, then natscope check --policy FILE; or natscope check NS-…")
    if peer and not init:
        raise UserError("--peer goes with --init", hint="in a policy: peers.NAME.path")
    if before and not finding:
        raise UserError("--report goes with the id of a finding")
    wanted = "json" if as_json else policy_format
    if wanted and not (policy or kept):
        raise UserError("--format and --json go with --policy and --replay")
    from natscope.cli import check_flow

    if kept:
        return check_flow.draw_kept(session, kept, wanted or "text")
    request = _request(session)
    if init:
        return check_flow.write_first(session, request, tuple(peer or ()))
    if policy:
        return check_flow.run_policy(session, request, policy, wanted or "text")
    return check_flow.run_finding(session, request, finding, before or "")


def _request(session: Session) -> CheckRequest:
    from natscope.apps.config import state_directory
    from natscope.apps.policy_check import CheckRequest
    from natscope.cli.netcheck_flow import map_choice, netcheck_options

    config = session.config
    return CheckRequest(
        options=netcheck_options(config),
        choice=map_choice(session),
        state_dir=state_directory(config, session.environ),
        environ=session.environ,
        socket=config.text("tailscaled_socket"),
        stdin=session.console.streams.binary_input(),
        timeout_given=config.origins["netcheck.timeout"].layer != "default",
    )
