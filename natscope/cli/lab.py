"""`natscope lab`: networks to reproduce, in the simulator and in the kernel, each with its truth."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.lab_daemon import daemon
from natscope.cli.output import deliver, prepare_folder
from natscope.cli.render import Console
from natscope.cli.session import begin
from natscope.errors import UserError
from natscope.plugins.clean import clean

if TYPE_CHECKING:
    from natscope.lab.matrix import MatrixRow
    from natscope.lab.scenario import Bed, Scenario
    from natscope.model.report import Report

app = typer.Typer(add_completion=False)

LIST_SCHEMA, SHOW_SCHEMA, TRUTH_SCHEMA = "natscope.lab-list/1", "natscope.lab-show/1", "natscope.lab-truth/1"
RUN_SCHEMA, MATRIX_SCHEMA, STATE_SCHEMA = "natscope.lab-run/1", "natscope.lab-matrix/1", "natscope.lab-state/1"
EXEC_SCHEMA = "natscope.lab-exec/1"

MOST_JOBS = 64

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", show_default=False)]
HostName = Annotated[str, typer.Argument(metavar="HOST", show_default=False)]
ReportOf = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="HOST", help="also draw this host's report", show_default=False),
]
Jobs = Annotated[
    str,
    typer.Option("--jobs", metavar="N", help="so many stand in the kernel at once [by processors]", show_default=False),
]
Sim = Annotated[bool, opt.switch("in the simulator, without privileges", "--sim")]


@app.callback()
def lab() -> None:
    """Networks to reproduce: every kind of NAT and fault, each with what is true in it.

    Examples:
    natscope lab list  # which networks there are
    natscope lab run --sim symmetric-random  # a netcheck on every host of one
    natscope lab show cgnat-behind-home  # who stands behind whom
    """


@app.command("list")
def list_scenarios(context: typer.Context, as_json: opt.AsJson = False) -> None:
    """List the scenarios, and in which beds each can be built.

    Examples:
    natscope lab list  # for people
    natscope lab list --json  # for programs
    natscope lab list | grep -i portal  # those about one thing
    """
    from natscope.apps.lab import all_scenarios
    from natscope.lab.scenario import Bed

    console, scenarios = begin(context).console, all_scenarios()
    if as_json:
        rows = [
            {
                "name": s.name,
                "title": s.title,
                "about": s.about,
                "beds": [b for b in Bed if s.can(b)],
                "cannot": s.cannot,
            }
            for s in scenarios
        ]
        console.data(_json({"schema": LIST_SCHEMA, "scenarios": rows}))
        return
    width = max(len(s.name) for s in scenarios)
    for s in scenarios:
        beds = " ".join(bed if s.can(bed) else "-" for bed in Bed)
        console.data(f"{s.name:<{width}}  {beds:<10}  {clean(s.title, ascii_only=console.ascii_only)}\n")


@app.command()
def show(
    context: typer.Context,
    name: Name,
    svg: Annotated[bool, opt.switch("as a picture", "--svg")] = False,
    as_json: opt.AsJson = False,
    ascii_only: opt.Ascii = None,
) -> None:
    """Show a scenario: who stands behind whom, with addresses and what is special.

    Examples:
    natscope lab show cgnat-behind-home  # a tree
    natscope lab show cgnat-behind-home --svg > cgnat.svg  # a picture
    natscope lab show ./my.toml  # a file of your own: is it right?
    """
    from natscope.apps.lab import load_scenario
    from natscope.lab.picture import draw_svg, draw_tree, tree

    console, scenario = begin(context).console, load_scenario(name)
    if svg and as_json:
        raise UserError("--svg and --json exclude each other")
    if as_json:
        nodes = [
            {"depth": leaf.depth, "kind": leaf.kind, "name": leaf.name, "words": leaf.words} for leaf in tree(scenario)
        ]
        console.data(_json({"schema": SHOW_SCHEMA, **_head(scenario), "nodes": nodes}))
    else:
        console.data(draw_svg(scenario) if svg else draw_tree(scenario, ascii_only=console.ascii_only))


@app.command()
def truth(context: typer.Context, name: Name, as_json: opt.AsJson = False) -> None:
    """Say what is true in a scenario, by its configuration: per host and per pair.

    Examples:
    natscope lab truth double-nat  # for people
    natscope lab truth double-nat --json  # for programs
    natscope lab truth pair-cones  # would these two connect directly?
    """
    from natscope.apps.lab import load_scenario
    from natscope.lab.truth import claims_of

    console, scenario = begin(context).console, load_scenario(name)
    claims = claims_of(scenario)
    if as_json:
        rows = [{"who": claim.who, "what": claim.what, "truth": claim.truth} for claim in claims]
        console.data(_json({"schema": TRUTH_SCHEMA, **_head(scenario), "claims": rows}))
        return
    console.data(f"{clean(scenario.title)}\n")
    for claim in claims:
        console.data(f"  {claim.who:<14} {claim.what:<21} {clean(claim.truth)}\n")


@app.command()
def run(
    context: typer.Context,
    name: Name,
    sim: Sim = False,
    reports: Annotated[bool, opt.switch("also draw every host's report", "--reports")] = False,
    report_of: ReportOf = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", help="write every host's report into a folder", metavar="DIR", show_default=False),
    ] = None,
    as_json: opt.AsJson = False,
    ascii_only: opt.Ascii = None,
) -> int:
    """Run a netcheck on every host of a scenario, and hold the reports against the truth.

    Examples:
    natscope lab run --sim captive-portal  # in the simulator
    natscope lab run captive-portal  # in namespaces of this kernel
    natscope lab run --sim neighbours --report ben  # with what a user at one host would see

    Ends with 1 when a report is wrong, or leaves unknown what can be known there.
    """
    from natscope.apps.lab import load_scenario, measure
    from natscope.lab.matrix import matrix
    from natscope.lab.scenario import Bed
    from natscope.lab.score import draw_score

    console, scenario = begin(context).console, load_scenario(name)
    shown = _hosts_to_show(scenario, reports, report_of or ())
    bed = Bed.SIM if sim else Bed.KERNEL
    if not scenario.can(bed):
        raise UserError(f"the bed {bed} cannot express {scenario.name}: {scenario.cannot[bed]}")
    prepare_folder(keep or "")
    found = measure(scenario, bed)
    if keep:
        _keep(found, keep, console)
    row = next(matrix([scenario], [bed], lambda _scenario, _bed: found))
    if as_json:
        kept = {host: found[host] for host in shown}
        console.data(_json({"schema": RUN_SCHEMA, **_head(scenario), **_row(row), "reports": kept}))
    else:
        for host in shown:
            console.data(f"{host}\n\n{_drawn(found[host], console)}\n")
        console.data(f"{clean(scenario.title, ascii_only=console.ascii_only)}\n")
        console.data(draw_score(row.results[0], ascii_only=console.ascii_only))
    return exit_codes.GOOD if row.acceptable else exit_codes.FINDINGS


@app.command("matrix")
def print_matrix(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME|FILE]", show_default=False)] = None,
    sim: Sim = False,
    brief: Annotated[bool, opt.switch("a line for each bed, and what is wrong", "--brief")] = False,
    jobs: Jobs = "",
    as_json: opt.AsJson = False,
) -> int:
    """Run scenarios, all of them unless named, in both beds: truth, what was measured, and whether they agree.

    Examples:
    natscope lab matrix --sim  # all scenarios in the simulator, some seconds
    natscope lab matrix  # in the simulator and in namespaces
    natscope lab matrix --brief full-cone voip-helper  # two of them

    Ends with 1 when a report is wrong, leaves unknown what can be known there, or the beds differ.
    """
    from natscope.apps.lab import run_matrix
    from natscope.lab.matrix import draw_row
    from natscope.lab.scenario import Bed

    console = begin(context).console
    rows: list[MatrixRow] = []
    for row in run_matrix(names or (), _beds(sim, Bed), _jobs(jobs)):
        rows.append(row)
        if not as_json:
            console.data(draw_row(row, brief=brief))
    good = sum(row.acceptable for row in rows)
    if as_json:
        console.data(_json({"schema": MATRIX_SCHEMA, "rows": [_row(row) for row in rows]}))
    else:
        console.data(f"{good} of {len(rows)} scenarios as they should be\n")
    return exit_codes.GOOD if good == len(rows) else exit_codes.FINDINGS


@app.command()
def up(context: typer.Context, name: Name, as_json: opt.AsJson = False) -> None:
    """Build a scenario in namespaces of this kernel and leave it running; nothing of this computer's own is touched.

    Examples:
    natscope lab up symmetric-random  # then: natscope lab exec alice -- natscope netcheck
    natscope lab up ./my.toml  # a network of your own
    natscope lab down  # remove it again
    """
    from natscope.apps.lab import load_scenario, ready_kernel_bed

    console, scenario = begin(context).console, load_scenario(name)
    ready_kernel_bed().up(scenario)
    if as_json:
        console.data(_json({"schema": STATE_SCHEMA, "up": scenario.name, "hosts": list(scenario.hosts)}))
    else:
        console.note(f"{scenario.name} is up; hosts: {', '.join(scenario.hosts)}")


@app.command()
def down(context: typer.Context, as_json: opt.AsJson = False) -> None:
    """Remove the lab that is up, and whatever a killed one left.

    Examples:
    natscope lab down  # says what was removed
    natscope lab down --json  # for a program
    natscope lab up full-cone  # removes what was left as well
    """
    from natscope.apps.lab import ready_kernel_bed

    console = begin(context).console
    removed = ready_kernel_bed().down()
    if as_json:
        console.data(_json({"schema": STATE_SCHEMA, "up": "", "removed": removed}))
    else:
        console.note(f"removed: {', '.join(removed)}" if removed else "there was nothing to remove")


@app.command()
def status(context: typer.Context, as_json: opt.AsJson = False) -> None:
    """Say which lab is up, what its routers have dropped and why, and whether a part of it has ended.

    Examples:
    natscope lab status  # for people
    natscope lab status --json  # for a program
    watch natscope lab status  # again and again, while something runs in it
    """
    from natscope.apps.lab import ready_kernel_bed

    console, found = begin(context).console, ready_kernel_bed().status()
    if as_json:
        told = {"up": "", "hosts": ()} if found is None else {"up": found.scenario, "hosts": found.hosts}
        more = {} if found is None else {"dropped": found.dropped, "broken": found.broken}
        console.data(_json({"schema": STATE_SCHEMA, **told, **more}))
        return
    if found is None:
        console.data("no lab is up\n")
        return
    console.data(f"{clean(found.scenario)} is up: {', '.join(found.hosts)}\n")
    for router, counts in found.dropped.items():
        reasons = ", ".join(f"{clean(why)} {count}" for why, count in sorted(counts.items()))
        console.data(f"  {router:<14} dropped: {reasons or 'nothing'}\n")
    if found.broken:
        console.data(f"  broken: {clean(found.broken)}; `natscope lab down` removes it\n")


@app.command("exec")
def run_in(
    context: typer.Context,
    host: HostName,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD", show_default=False)],
    as_json: Annotated[bool, opt.switch("what it said, as JSON, when it has ended", "--json")] = False,
) -> int:
    """Run a command on a host of the lab that is up; its exit code is ours.

    Examples:
    natscope lab exec alice -- natscope netcheck  # what alice sees
    natscope lab exec alice -- ping -c 1 192.0.2.101  # is the first relay there?
    natscope lab exec alice --json -- ip route  # exit code, output and errors, for a program
    """
    from natscope.apps.lab import ready_kernel_bed

    console, bed = begin(context).console, ready_kernel_bed()
    if not as_json:
        return bed.run_in(host, command)
    import msgspec

    heard = bed.hear(host, command)
    console.data(_json({"schema": EXEC_SCHEMA, **msgspec.structs.asdict(heard)}))
    return heard.exit_code


@app.command()
def shell(context: typer.Context, host: HostName) -> int:
    """Open a shell on a host of the lab that is up.

    Examples:
    natscope lab up full-cone  # first, a lab
    natscope lab shell alice  # exit leaves it
    natscope lab down  # remove the lab
    """
    from natscope.apps.lab import ready_kernel_bed

    begin(context)
    return ready_kernel_bed().shell(host)


app.command()(daemon)


def _hosts_to_show(scenario: Scenario, every: bool, named: Sequence[str]) -> tuple[str, ...]:
    measured = tuple(host.name for host in scenario.measured())
    for name in named:
        if name not in measured:
            raise UserError(
                f"no host {name[:60]!r} is measured in {scenario.name}", hint=f"hosts: {', '.join(measured)}"
            )
    return measured if every else tuple(host for host in measured if host in named)


def _jobs(text: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_JOBS):
        raise UserError(f'--jobs must be a whole number from 1 to {MOST_JOBS}, not "{clean(text, 20)}"')
    return int(text) if text else None


def _beds(sim: bool, beds: type[Bed]) -> tuple[Bed, ...]:
    return (beds.SIM,) if sim else (beds.SIM, beds.KERNEL)


def _head(scenario: Scenario) -> dict[str, Any]:
    return {"name": scenario.name, "title": scenario.title, "about": scenario.about}


def _row(row: MatrixRow) -> dict[str, Any]:
    return {"scenario": row.scenario, "acceptable": row.acceptable, "beds": row.results, "differences": row.differences}


def _drawn(report: Any, console: Console) -> str:
    from natscope.cli.formats import choose_format
    from natscope.plugins.report_format import RenderOptions

    renderer = choose_format("text").renderer()
    options = RenderOptions(width=console.width, colour=console.colour, ascii_only=console.ascii_only)
    return str(renderer.render(report, options))


def _keep(reports: Mapping[str, Report], folder: str, console: Console) -> None:
    """`HOST.json` for every host; whole or not at all."""
    for host, report in reports.items():
        deliver(_json(report), os.path.join(folder, f"{os.path.basename(host)}.json"), console)


def _json(document: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
