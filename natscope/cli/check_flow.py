"""What `natscope check` does: read the policy, measure with progress, draw, deliver, exit code."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec

from natscope.apps.finding_again import Rechecked, check_finding
from natscope.apps.policy_check import CheckRequest, check_policy, measure_network, ping_peer
from natscope.cli import exit_codes
from natscope.cli.again import MEASURED, SOCKET, again
from natscope.cli.drawing import render_options
from natscope.cli.formats import POLICY_CHECK, FormatChoice, choose_format
from natscope.cli.named_report import last_report, named_report
from natscope.cli.originals import check_keeps
from natscope.cli.output import check_destination, deliver
from natscope.cli.pen import BROKEN, GOOD, UNKNOWN, Pen
from natscope.cli.progress import ProgressLine
from natscope.cli.session import Session
from natscope.cli.why_page import draw
from natscope.errors import UserError
from natscope.model.policy_check import SCHEMA, PolicyCheck, Result
from natscope.netcheck.map_file import read_map_file
from natscope.policy.first_policy import first_policy
from natscope.policy.lookup import PeerFacts
from natscope.policy.policy_file import MAX_BYTES, PINGS, read_policy
from natscope.version import VERSION

T = TypeVar("T")
MAX_KEPT_BYTES = 4 * 1024 * 1024
_CODES = {
    Result.PASSED: exit_codes.GOOD,
    Result.FAILED: exit_codes.FINDINGS,
    Result.INCONCLUSIVE: exit_codes.CANNOT_TEST,
}


def run_policy(session: Session, request: CheckRequest, path: str, format_name: str) -> int:
    """Raises `UserError` for the policy, the format and the destination, before anything is measured."""
    chosen = choose_format(format_name, POLICY_CHECK)
    check_destination(session.config.text("netcheck.output"), session.console)
    check_keeps(session.config.text("netcheck.output"), (path, session.config.text("derp_map")), "result")
    policy = read_policy(read_map_file(path, MAX_BYTES, "policy"), path)
    result = _with_progress(session, request, lambda asked: check_policy(policy, asked))
    return _deliver(session, result, chosen)


def draw_kept(session: Session, path: str, format_name: str) -> int:
    """A result that was kept as JSON, in any form, with its exit code. Raises `UserError`."""
    chosen = choose_format(format_name, POLICY_CHECK)
    check_destination(session.config.text("netcheck.output"), session.console)
    check_keeps(session.config.text("netcheck.output"), (path,), "result")
    data = read_map_file(path, MAX_KEPT_BYTES, "kept result")
    try:
        result = msgspec.json.decode(data, type=PolicyCheck)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path}: not a kept result: {error}", hint="natscope check --policy FILE --json") from error
    if result.schema != SCHEMA:
        raise UserError(f"{path}: of the form {result.schema[:40]}, not {SCHEMA}")
    return _deliver(session, result, chosen)


def _deliver(session: Session, result: PolicyCheck, chosen: FormatChoice) -> int:
    console, destination = session.console, session.config.text("netcheck.output")
    code = exit_codes.INTERRUPTED if result.interrupted else _CODES[result.result]
    shape, render = chosen.renderer()
    options = render_options(shape, console, destination, code=code, fail_on="fail")
    deliver(render(result, options), destination, console)
    return code


def write_first(session: Session, request: CheckRequest, peers: tuple[str, ...]) -> int:
    """A policy on standard output or in a file that is not there yet. Raises `UserError`."""
    import os

    console = session.console
    destination = session.config.text("netcheck.output")
    check_destination(destination, console)
    if destination and destination != "-" and os.path.exists(destination):
        raise UserError(f"{destination} is there already", hint="name another file, or remove it first")
    run = _with_progress(session, request, measure_network)
    if run.record.interrupted:
        return exit_codes.INTERRUPTED
    asked: dict[str, PeerFacts] = {}
    for name in peers:
        asked[name], interrupted = ping_peer(name, PINGS, request)
        if interrupted:
            return exit_codes.INTERRUPTED
        if asked[name].path is None:
            console.warn(f"{name} is left out: {asked[name].reason or 'its path is not known'}")
    deliver(first_policy(run.report, asked, f"natscope {VERSION}"), destination, console)
    if destination and destination != "-" and console.verbosity >= 0:
        repeated = again(session.config, (*MEASURED, *SOCKET))
        console.note(f"written to {destination}; next: natscope check --policy {shlex.quote(destination)}{repeated}")
    return exit_codes.GOOD


def run_finding(session: Session, request: CheckRequest, cause_id: str, report_file: str) -> int:
    """One finding again; what it rested on comes from a file, or from this host's last netcheck."""
    from natscope.cli.relay_finding import refuse
    from natscope.diagnosis.catalogue import find

    refuse(cause_id)
    entry = find(cause_id)
    cause = entry.id
    if entry.load().CAUSE.sides == 2:
        raise UserError(f"{cause} takes both sides: a netcheck here cannot tell", hint="natscope path PEER judges it")
    before = named_report(session, report_file).report if report_file else last_report(session)
    found = _with_progress(session, request, lambda asked: check_finding(cause, before, asked))
    console = session.console
    pen = Pen(console.width, console.ascii_only, console.colour)
    console.data("\n".join(_told(found, cause, pen, console.verbosity)) + "\n")
    if found.interrupted:
        return exit_codes.INTERRUPTED
    if found.gone is None:
        return exit_codes.CANNOT_TEST
    return exit_codes.GOOD if found.gone else exit_codes.FINDINGS


def _told(found: Rechecked, cause: str, pen: Pen, verbosity: int) -> list[str]:
    """The answer, with `-q` alone; which probes ran, and with `-v` or where it is still there the chain behind it."""
    answers = {
        True: (GOOD, f"{cause} is gone." if found.was_there else f"{cause} is not there."),
        False: (BROKEN, f"{cause} is {'still ' if found.was_there else ''}there."),
        None: (UNKNOWN, f"Whether {cause} is there is not known."),
    }
    sign, words = answers[found.gone]
    indent = " " * pen.margin
    if verbosity < 0:
        return pen.wrap(words, indent, sign=sign)
    ran = f"Measured again: {', '.join(found.probes)}." if found.probes else "The whole netcheck was measured again."
    lines = pen.wrap(words, indent, sign=sign)
    if found.open_because:
        lines += pen.wrap(f"{found.open_because}.", indent)
    lines += pen.wrap(ran, indent, role="faint")
    if verbosity > 0 or found.gone is not True:
        lines += ["", *draw(found.chain, pen)]
    return lines


def _with_progress(session: Session, request: CheckRequest, work: Callable[[CheckRequest], T]) -> T:
    line = ProgressLine(session.console)
    line.start("measuring; Ctrl-C shows what is known so far")
    try:
        return work(replace(request, progress=line if line.wanted else None))
    finally:
        line.finish()
