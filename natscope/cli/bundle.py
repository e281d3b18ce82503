"""`natscope bundle`: one zip for a support ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.session import Session, begin
from natscope.errors import CannotMeasure, RefusedError, UserError

if TYPE_CHECKING:
    from natscope.model.report import Report

app = typer.Typer(add_completion=False)

DEFAULT_NAME = "natscope-bundle.zip"
JOURNAL_S = 5.0
PcapFile = Annotated[
    str | None,
    typer.Option("--with-pcap", help="a capture to put in, never masked", metavar="FILE", show_default=False),
]
FromReport = Annotated[
    str | None,
    typer.Option("--report", help="a report to put in, instead of measuring", metavar="FILE", show_default=False),
]


@app.command()
def bundle(
    context: typer.Context,
    from_report: FromReport = None,
    with_pcap: PcapFile = None,
    masked: Annotated[bool, typer.Option("--redact/--no-redact", help="mask addresses, names and keys [yes]")] = True,
    derp_map: opt.DerpMap = None,
    socket: opt.Socket = None,
    profile: opt.Profile = None,
    only: opt.Only = None,
    skip: opt.Skip = None,
    timeout: opt.Timeout = None,
    offline: opt.Offline = None,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    no_progress: opt.NoProgress = False,
) -> int:
    """Put all that a helper asks for into one zip on this computer, masked; nothing is sent anywhere.

    Examples:
    natscope bundle  # measures, and writes natscope-bundle.zip
    natscope bundle --report report.json -o ticket.zip  # a report that is there already
    natscope report view natscope-bundle.zip  # what the helper does with it

    In it: the report as JSON, HTML and Markdown, the mesh's status, natscope doctor, versions, natscope's log and the
    end of tailscaled's, where you may read it; packets only with --with-pcap.
    """
    from natscope.apps.bundle import Ingredients, log_of, make_bundle
    from natscope.cli.originals import check_keeps
    from natscope.cli.output import check_destination, deliver
    from natscope.plugins.clean import clean

    session = begin(context)
    console = session.console
    destination = session.config.text("netcheck.output") or DEFAULT_NAME
    check_destination(destination, console)
    check_keeps(destination, (from_report or "", with_pcap or "", session.config.text("derp_map")), "bundle")
    pcap = _pcap(with_pcap)
    report = _report(session, from_report)
    documents, notes = _documents(session)
    logs = _tailscaled_log(notes, may=not masked or "status.json" in documents)
    logs = {"log.txt": log_of(report, console.warned), **logs}
    made = make_bundle(Ingredients(report, documents, logs, tuple(notes), pcap, masked), _drawn)
    deliver(made, destination, console)
    if destination != "-" and console.verbosity >= 0:
        console.note(f"{clean(destination)}: {len(made) / 1000:,.0f} kB{', masked' if masked else ', NOT masked'}")
    return exit_codes.GOOD


def _pcap(path: str | None) -> bytes:
    from natscope.apps.bundle import MAX_PCAP_BYTES
    from natscope.netcheck.map_file import read_map_file

    return read_map_file(path, MAX_PCAP_BYTES, "capture") if path else b""


def _report(session: Session, path: str | None) -> Report:
    if path is not None:
        from natscope.cli.named_report import named_report

        return named_report(session, path).report
    from natscope.cli.status_flow import fresh_report

    return fresh_report(session)


def _documents(session: Session) -> tuple[dict[str, Any], list[str]]:
    """Status, doctor and versions; what cannot be had is a note."""
    import msgspec

    from natscope.apps.doctor import examine
    from natscope.apps.mesh_overview import Wanted
    from natscope.apps.mesh_status import run_look
    from natscope.cli.environment import working_directory
    from natscope.cli.netcheck_flow import map_choice
    from natscope.cli.status_flow import sight_options
    from natscope.cli.status_json import encode_overview
    from natscope.cli.version import document

    found: dict[str, Any] = {"versions.json": document()}
    notes: list[str] = []
    try:
        overview = run_look(sight_options(session, ()), Wanted())
        found["status.json"] = msgspec.json.decode(encode_overview(overview))
    except (CannotMeasure, RefusedError, UserError) as error:
        notes.append(f"the mesh's status: {error.message}")
    config = session.config
    choice = msgspec.structs.replace(map_choice(session), offline=True)
    doctor = examine(config, choice, environ=session.environ, cwd=working_directory())
    found["doctor.json"] = msgspec.to_builtins(doctor)
    return found, notes


def _tailscaled_log(notes: list[str], *, may: bool) -> dict[str, str]:
    """Its last lines in the system's journal. `may` False: nothing tells the names that it would show."""
    import asyncio

    from natscope.apps.bundle import JOURNAL_LINES
    from natscope.host.real.host import build_real_host

    if not may:
        notes.append("tailscaled's log: without the mesh's status its names cannot be masked")
        return {}
    journal = build_real_host().programs.journal
    end = asyncio.run(journal("tailscaled", lines=JOURNAL_LINES, timeout_s=JOURNAL_S))
    if end.output and not end.failure:
        return {"tailscaled.txt": end.output.decode("utf-8", "replace")}
    why = "there is no journal here" if end.failure == "missing" else "it is empty, or this user may not read it"
    notes.append(f"tailscaled's log: {why}")
    return {}


def _drawn(report: Report, name: str) -> str:
    from natscope.cli.drawing import peers_of
    from natscope.cli.formats import choose_format
    from natscope.plugins.report_format import RenderOptions

    shape, render = choose_format(name).renderer()
    return str(render(report, RenderOptions(peers=peers_of(report) if shape.wants_peers else ())))
