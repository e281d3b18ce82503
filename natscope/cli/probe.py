"""`natscope probe`: one probe by itself, or the list of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.netcheck_flow import map_choice, netcheck_options
from natscope.cli.output import check_capture
from natscope.cli.probe_text import as_json_text, as_text, list_as_json_text, list_as_text
from natscope.cli.progress import ProgressLine
from natscope.cli.session import Session, begin
from natscope.errors import UserError
from natscope.model.observation import Outcome

if TYPE_CHECKING:
    from natscope.apps.probe import ProbeRun

app = typer.Typer(add_completion=False)

_HEARD = (Outcome.ANSWERED, Outcome.REFUSED, Outcome.WRONG, Outcome.ICMP_ERROR)
"""Outcomes with which something came back."""


@app.command()
def probe(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", show_default=False)] = "",
    list_all: Annotated[bool, opt.switch("all probes: what they ask, cost and belong to", "--list", "-l")] = False,
    derp_map: opt.DerpMap = None,
    gentle: opt.Gentle = None,
    timeout: opt.Timeout = None,
    only_v4: opt.OnlyV4 = False,
    only_v6: opt.OnlyV6 = False,
    interface: opt.Interface = None,
    source_port: opt.SourcePort = None,
    bind_address: opt.BindAddress = None,
    offline: opt.Offline = None,
    pcap: opt.Pcap = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Run one probe by itself and show what it observed.

    Examples:
    natscope probe --list  # which probes there are
    natscope probe nat_ports  # which public ports do new sockets get?
    natscope probe nat_lifetime --json  # how long does the router keep them, for a program

    A probe observes and judges nothing: natscope netcheck says what it means. Probes whose results it reads run too.
    Exit 3: it could not run, or nothing answered.
    """
    session = begin(context)
    if list_all or not name:
        if name or not list_all:
            raise UserError(
                "name a probe, or ask for --list" if not name else "a name and --list contradict each other",
                hint="natscope probe --list",
            )
        return _list(session, as_json)
    found = _run(session, name)
    session.console.data(as_json_text(found) if as_json else as_text(found, session.console))
    return _code(found)


def _list(session: Session, as_json: bool) -> int:
    from natscope.apps.probe import list_probes

    found = list_probes()
    session.console.data(list_as_json_text(found) if as_json else list_as_text(found, session.console))
    return exit_codes.GOOD


def _run(session: Session, name: str) -> ProbeRun:
    from natscope.apps.probe import probe_name, run_probe

    name = probe_name(name)
    check_capture(session.config.text("netcheck.pcap"), session.console)
    config, line = session.config, ProgressLine(session.console)
    line.start(f"running {name}; Ctrl-C shows what is known so far")
    try:
        found = run_probe(
            name,
            netcheck_options(config),
            map_choice(session),
            timeout_given=config.origins["netcheck.timeout"].layer != "default",
            progress=line if line.wanted else None,
            environ=session.environ,
            stdin=session.console.streams.binary_input(),
            pcap=config.text("netcheck.pcap"),
        )
    finally:
        line.finish()
    for warning in found.record.warnings:
        session.console.warn(warning)
    return found


def _code(found: ProbeRun) -> int:
    """As a netcheck ends, but that a probe has no findings."""
    if found.record.interrupted:
        return exit_codes.INTERRUPTED
    if found.outcome.state in ("skipped", "failed"):
        return exit_codes.CANNOT_TEST
    if found.observations:
        heard = any(o.outcome in _HEARD or o.bytes_received for o in found.observations)
        return exit_codes.GOOD if heard else exit_codes.CANNOT_TEST
    relays = (o for o in found.record.observations if o.kind == "stun.binding")
    return exit_codes.GOOD if any(o.outcome is Outcome.ANSWERED for o in relays) else exit_codes.CANNOT_TEST
