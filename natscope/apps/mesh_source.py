"""Composition root of everything that asks about a mesh: a running tailscaled by its socket, or saved files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.mesh.saved import SavedStatus
from natscope.mesh.saved_files import MAX_BYTES, SavedReport, read_saved
from natscope.mesh.source import MeshSource
from natscope.netcheck.map_file import read_map_file, read_map_stdin
from natscope.tailscaled.locate import Place, locate

STDIN = "-"
STDIN_NAME = "standard input"
"""What a status from there is called."""
MAX_FILES = 8
WHAT = "saved status"


def _read_file(path: str, max_bytes: int) -> bytes:
    return read_map_file(path, max_bytes, WHAT)


@dataclass(frozen=True, slots=True)
class MeshInputs:
    """A source, and a netcheck's report of the same computer where a file had one."""

    source: MeshSource
    report: SavedReport | None = None

    @property
    def is_saved(self) -> bool:
        """Whether all of it comes from files, so that nothing may be measured here in its place."""
        return isinstance(self.source, SavedStatus)


def open_source(
    host: Host,
    http: Http,
    *,
    socket: str = "",
    files: Sequence[str] = (),
    read_file: Callable[[str, int], bytes] = _read_file,
    stdin: Callable[[int], bytes] | None = None,
) -> MeshSource:
    """The source alone; as `open_inputs`."""
    return open_inputs(host, http, socket=socket, files=files, read_file=read_file, stdin=stdin).source


def open_inputs(
    host: Host,
    http: Http,
    *,
    socket: str = "",
    files: Sequence[str] = (),
    read_file: Callable[[str, int], bytes] = _read_file,
    stdin: Callable[[int], bytes] | None = None,
) -> MeshInputs:
    """The daemon at `socket` (the setting `tailscaled_socket`, empty: the usual place), or what `files` hold.

    `files` are told apart by their content: one status, and at most one report of a netcheck beside it; `-` is standard
    input. `read_file` takes a path and the largest size in bytes. Nothing is asked yet: a daemon that does not answer,
    is logged out or says no shows at the first question. Raises `UserError` (files, what is no socket) and
    `CannotMeasure` (no daemon here; `NotRunning` where one is installed), each with the command that helps.
    """
    if files:
        return _saved(files, read_file, stdin)
    from natscope.tailscaled.daemon import Daemon

    return MeshInputs(Daemon(http, locate(Place(host.identity.os, host.environ), socket), host=host))


def read_report(path: str, read_file: Callable[[str, int], bytes] = _read_file) -> SavedReport:
    """A netcheck's report in a file, in either form. Raises `UserError`."""
    found = read_saved(read_file(path, MAX_BYTES), path)
    if isinstance(found, SavedReport):
        return found
    raise UserError(f"{path} is a status, not a netcheck's report", hint="natscope netcheck --json > FILE")


def _saved(
    files: Sequence[str], read_file: Callable[[str, int], bytes], stdin: Callable[[int], bytes] | None
) -> MeshInputs:
    if len(files) > MAX_FILES:
        raise UserError(f"--from was given {len(files)} times, the limit is {MAX_FILES}")
    status: SavedStatus | None = None
    report: SavedReport | None = None
    for path in dict.fromkeys(files):
        if path == STDIN:
            found = read_saved(read_map_stdin(stdin or (lambda _count: b""), MAX_BYTES, WHAT), STDIN_NAME)
        else:
            found = read_saved(read_file(path, MAX_BYTES), path)
        if isinstance(found, SavedStatus):
            if status is not None:
                raise UserError(f"{status.name} and {found.name} are both a status", hint="give one of them")
            status = found
        elif report is not None:
            raise UserError(f"{report.name} and {found.name} are both a netcheck's report", hint="give one of them")
        else:
            report = found
    if status is None:
        assert report is not None
        raise UserError(
            f"{report.name} is a netcheck's report; the status of the same computer is needed too",
            hint=f"--from {report.name} --from status.json, made by: tailscale status --json > status.json",
        )
    return MeshInputs(status, report)
