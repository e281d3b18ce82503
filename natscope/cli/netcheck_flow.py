"""What `natscope netcheck` does: measure or replay, record, render, deliver, exit code."""

from __future__ import annotations

import os.path

from natscope.apps.config import Config, cache_directory, state_directory
from natscope.apps.did_you_mean import question
from natscope.apps.netcheck import NetcheckRun, replay, run_netcheck
from natscope.cli import exit_codes
from natscope.cli.formats import FormatChoice, choose_format
from natscope.cli.originals import check_apart, check_keeps, check_measured
from natscope.cli.output import check_capture, check_destination, deliver, prepare_folder
from natscope.cli.progress import ProgressLine
from natscope.cli.session import Session
from natscope.errors import UserError
from natscope.netcheck.options import MapChoice, NetcheckOptions, with_limit
from natscope.netcheck.record import FILE_NAME
from natscope.plugins.loader import PROBES, find

INTERFACES = "/sys/class/net"

_FAMILIES = {"both": (4, 6), "4": (4,), "6": (6,)}


def run(session: Session) -> int:
    """The whole command; the exit code. Raises `UserError` and `CannotMeasure`."""
    config, console = session.config, session.console
    chosen = choose_format(config.text("netcheck.format"))
    destination = config.text("netcheck.output")
    check_destination(destination, console)
    check_keeps(destination, (config.text("netcheck.replay"), config.text("derp_map")), "report")
    check_apart(destination, config.text("netcheck.record"), FILE_NAME)
    result = obtain(session, chosen)
    code = _finish(result, chosen, destination, session)
    keep_recording(result, session)
    return code


def obtain(session: Session, chosen: FormatChoice, *, force: bool | None = None) -> NetcheckRun:
    """Measure, or judge a recording again where the settings name one; warnings are told, the result is not drawn.
    `force`: an older recording may be replaced; None where nobody can ask for that.

    Raises `UserError` before anything is sent for a recording or a capture without a place, and `CannotMeasure`.
    """
    config, console = session.config, session.console
    if config.text("netcheck.replay"):
        result = _replayed(session)
    else:
        hint = "name another folder with --record"
        hint = hint if force is None else f"--force replaces it, or {hint}"
        prepare_folder(config.text("netcheck.record"), "" if force else FILE_NAME, hint=hint)
        check_capture(config.text("netcheck.pcap"), console)
        result = _measured(session, chosen)
    for warning in result.record.warnings:
        console.warn(warning)
    return result


def netcheck_options(config: Config) -> NetcheckOptions:
    """The measuring part of the settings."""
    options = NetcheckOptions(
        families=_FAMILIES[config.text("netcheck.family")],
        interface=_interface(config),
        source_port=int(config.number("netcheck.source_port")),
        bind_address=config.text("netcheck.bind_address"),
        profile=config.text("netcheck.profile"),
        only=_probes(config, "netcheck.only"),
        skip=_probes(config, "netcheck.skip"),
        gentle=config.switch("netcheck.gentle"),
        https=config.switch("netcheck.https"),
        icmp=config.switch("netcheck.icmp"),
        hairpin=config.switch("netcheck.hairpin"),
        lifetime=config.switch("netcheck.lifetime"),
        udp_rate=config.switch("netcheck.udp_rate"),
        cross_check=config.switch("netcheck.cross_check"),
        timeout_s=config.number("netcheck.timeout"),
    )
    return with_limit(options, timeout_given=config.origins["netcheck.timeout"].layer != "default")


def _interface(config: Config) -> str:
    """The interface, refused when Linux does not know it. Raises `UserError`."""
    name = config.text("netcheck.interface")
    if not name or not os.path.isdir(INTERFACES):
        return name
    known = sorted(os.listdir(INTERFACES))
    if name not in known:
        where = config.origins["netcheck.interface"].where
        raise UserError(f'{where}: no interface "{name}"{question(name, known)}', hint=f"there are {', '.join(known)}")
    return name


def _probes(config: Config, name: str) -> tuple[str, ...]:
    """Probe names, `relay-stun` or `relay_stun`. Raises `UserError` for one that nobody has."""
    asked = config.names(name)
    known = {module.name for module in find(PROBES).modules} if asked else set()
    for probe in asked:
        if probe.replace("-", "_") not in known:
            names = ", ".join(sorted(known))
            where = config.origins[name].where
            raise UserError(f'{where}: no probe "{probe}"{question(probe, known)}', hint=f"there are {names}")
    return tuple(probe.replace("-", "_") for probe in asked)


def map_choice(session: Session) -> MapChoice:
    """Where the relay map comes from; a project file that says so is announced."""
    config = session.config
    if config.origins["derp_map"].layer == "project":
        session.console.warn(f"the relay map is {config.text('derp_map')}, as {config.origins['derp_map'].where} says")
    return MapChoice(
        where=config.text("derp_map"),
        default_url=config.text("default_map_url"),
        socket=config.text("tailscaled_socket"),
        cache_dir=cache_directory(config, session.environ),
        offline=config.switch("offline"),
        use_tailscaled=config.switch("use_tailscaled"),
    )


def _measured(session: Session, chosen: FormatChoice) -> NetcheckRun:
    console = session.console
    line = ProgressLine(console)
    line.start("reading the relay map; Ctrl-C shows what is known so far")
    try:
        return run_netcheck(
            netcheck_options(session.config),
            map_choice(session),
            state_dir=state_directory(session.config, session.environ),
            progress=line if line.wanted else None,
            environ=session.environ,
            stdin=console.streams.binary_input(),
            warm_up=chosen.warm_up,
            pcap=session.config.text("netcheck.pcap"),
            keep_report=session.config.switch("keep_report"),
        )
    finally:
        line.finish()


def _replayed(session: Session) -> NetcheckRun:
    from natscope.netcheck.record import load

    config = session.config
    for flag in ("record", "pcap"):
        if config.text(f"netcheck.{flag}"):
            raise UserError(f"--replay and --{flag} contradict each other: a replay measures nothing")
    record = load(config.text("netcheck.replay"))
    check_measured(session.parameters, config.text("netcheck.replay"))
    return replay(record)


def keep_recording(result: NetcheckRun, session: Session) -> None:
    """Write a measured run into the folder that the settings name, if they do. Raises `UserError`."""
    config, console = session.config, session.console
    folder = config.text("netcheck.record")
    if not folder or config.text("netcheck.replay"):
        return
    from natscope.netcheck.record import save

    path = save(result.record, folder)
    if console.verbosity >= 0:
        console.note(f"recorded in {path}")


def _finish(result: NetcheckRun, chosen: FormatChoice, destination: str, session: Session) -> int:
    """Render, deliver and say how it ends."""
    console = session.console
    # imported here: the first packet does not need them
    from natscope.cli.again import WAY, again
    from natscope.cli.drawing import render_options
    from natscope.cli.outcome import exit_code

    code = exit_code(result.report, session.config.text("netcheck.fail_on"))
    renderer = chosen.renderer()
    if not renderer.format.for_terminal:  # the others draw them
        for warning in result.report.relay_map.warnings:
            console.warn(warning)
    to_file = bool(destination) and destination != "-"
    fail_on = session.config.text("netcheck.fail_on")
    repeated = "" if session.config.text("netcheck.replay") else again(session.config, WAY)
    report = result.report
    if session.config.switch("netcheck.redact"):
        from natscope.redact.report import redact

        report = redact(report)
    options = render_options(
        renderer.format, console, destination, code=code, fail_on=fail_on, again=repeated, report=report
    )
    if not session.config.text("netcheck.replay"):
        ProgressLine(console).done(result.report)
    deliver(renderer.render(report, options), destination, console)
    if console.verbosity > 2:
        from natscope.cli.debug import explain_run

        explain_run(result, session)
    if code == exit_codes.CANNOT_TEST and not to_file and console.verbosity >= 0 and not renderer.format.for_terminal:
        console.note("error: nothing answered, so nothing could be tested")
    return code
