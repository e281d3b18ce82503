"""`natscope derp`: a relay map (lint it, show it as it is read), and the commands of files of their own."""

from __future__ import annotations

from typing import Annotated

import typer

from natscope.cli import exit_codes
from natscope.cli import options as opt
from natscope.cli.config_lint import FailAt, LintFormat, format_of, stdin_reader, threshold_of
from natscope.cli.derp_check import check
from natscope.cli.derp_serve import ServeCommand, serve
from natscope.cli.netcheck_flow import map_choice
from natscope.cli.session import begin
from natscope.netcheck.options import MapChoice

app = typer.Typer(add_completion=False)
map_app = typer.Typer(add_completion=False)
app.command(cls=ServeCommand)(serve)
app.command()(check)
app.add_typer(map_app, name="map")


@app.callback()
def derp() -> None:
    """Relays: serve one, check whether they relay, their map.

    Examples:
    natscope derp serve --hostname derp.example.net  # a relay with a certificate from Let's Encrypt
    natscope derp check --derp-map derp.yaml  # do the relays of this map relay?
    natscope derp map lint derp.yaml  # what is wrong or unwise in it?
    """


@map_app.callback()
def relay_map() -> None:
    """The relay map: look for mistakes, show it.

    Examples:
    natscope derp map lint derp.yaml  # what is wrong or unwise in it?
    natscope derp map show  # the map that netcheck would use
    natscope derp map show derp.yaml --json  # Headscale's YAML as Tailscale's JSON
    """


@map_app.command()
def lint(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE|URL|-", show_default=False)],
    fail_at: FailAt = "fail",
    as_json: opt.AsJson = False,
    lint_format: LintFormat = None,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
) -> int:
    """Say what is wrong or unwise in a relay map, line by line, and what to write instead.

    Examples:
    natscope derp map lint derp.yaml  # Headscale's YAML or Tailscale's JSON
    natscope derp map lint --fail-on warn derp.json  # for CI: warnings count too
    curl -s https://mesh.example.net/derpmap | natscope derp map lint -  # from a pipe

    Errors cost a node or a region: clients cannot use it, and netcheck leaves it out. Warnings cost nothing today. Only
    a URL is fetched; the relays themselves are not asked.
    """
    from natscope.apps.relay_map import lint_relay_map

    counted = threshold_of(fail_at)
    wanted = format_of(lint_format, as_json=as_json)
    session = begin(context)
    linted = lint_relay_map(MapChoice(where=source), stdin=stdin_reader(session.console))
    code = exit_codes.GOOD
    if any(problem.severity in counted for problem in linted.problems):
        code = exit_codes.FINDINGS
    usable = len(linted.relay_map.regions)
    if wanted != "text":
        from natscope.cli.formats import MAP_LINT, choose_format
        from natscope.model.map_lint import SCHEMA, MapLint, RegionCount
        from natscope.plugins.report_format import RenderOptions

        regions = RegionCount(total=linted.total_regions, usable=usable)
        found = MapLint(schema=SCHEMA, source=source, regions=regions, problems=tuple(linted.problems))
        session.console.data(str(choose_format(wanted, MAP_LINT).renderer().render(found, RenderOptions())))
        return code
    from natscope.cli.frames import FrameStyle
    from natscope.cli.map_frames import draw_problems, summary

    console = session.console
    style = FrameStyle(console.width, console.ascii_only, console.colour)
    console.data(draw_problems(linted.problems, linted.name, linted.lines, linted.relay_map, style))
    console.data(summary(linted.problems, linted.total_regions, usable, code, style) + "\n")
    return code


@map_app.command()
def show(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="[FILE|URL|-]", show_default=False)] = None,
    as_json: opt.AsJson = False,
    offline: opt.Offline = None,
    ascii_only: opt.Ascii = None,
) -> None:
    """Show the relay map as it is read: regions, nodes, addresses, ports. Asks no relay.

    Examples:
    natscope derp map show  # the map that netcheck would use
    natscope derp map show derp.yaml  # a file
    natscope derp map show derp.yaml --json  # Headscale's YAML as Tailscale's JSON
    """
    import asyncio

    from natscope.apps.relay_map import load_relay_map
    from natscope.host.real.host import build_real_host
    from natscope.web.client import HttpClient
    from natscope.wire.relay_map_json import encode_relay_map_json

    session = begin(context)
    choice = map_choice(session) if source is None else MapChoice(where=source, cache_dir=map_choice(session).cache_dir)
    host = build_real_host()
    loaded = asyncio.run(load_relay_map(host, HttpClient(host), choice, stdin=stdin_reader(session.console)))
    console = session.console
    if loaded.warning:
        console.warn(loaded.warning)
    for problem in loaded.problems:
        console.warn(f"{problem.place}: {problem.message}")
    if as_json:
        console.data(encode_relay_map_json(loaded.relay_map).decode())
        return
    from natscope.cli.map_listing import draw_map

    console.data(draw_map(loaded.relay_map, ascii_only=console.ascii_only))
    console.note(f"{len(loaded.relay_map.regions)} regions, from {loaded.source}")
