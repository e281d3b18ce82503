"""The kernel bed: one lab that stays up for tools and people, and labs of their own for measuring.

Nothing here needs to be root: an ordinary user gets a user namespace. The computer's own network is never touched.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from natscope.errors import CannotMeasure, UserError
from natscope.lab.bed import CommandResult, LabStatus
from natscope.lab.kernel import leftovers, permissions
from natscope.lab.kernel.holder import STATE, LabState, Word
from natscope.lab.scenario import INTERNET, Scenario
from natscope.lab.scenario_map import relay_map_json
from natscope.model.report import Report
from natscope.plugins.probe import FULL

UP = "up"
"""The folder of the lab that stays."""
MAP, SCENARIO = "map.json", "scenario.pickle"
NETCHECK_LIMIT_S, RUN_LIMIT_S, RATE_LIMIT_S = 180.0, 20, 45
"""Of a netcheck: for us, and its own. Several labs keep a computer busy, and that is not the network's doing."""


class NetnsBed:
    """Implements `natscope.lab.bed.KernelBed`."""

    def __init__(self) -> None:
        self._wanted = Wanted()

    def missing(self) -> str:
        """Which permission or program is missing, and how to get it; empty when a lab can be built here."""
        return permissions.missing()

    def up(self, scenario: Scenario) -> None:
        """Build the scenario and leave it running. Raises `UserError` while another one is up."""
        start(UP, scenario)

    def down(self) -> tuple[str, ...]:
        """End it, and clean what killed ones have left; what was removed, in words."""
        labs = leftovers.runtime_folder()
        with leftovers.only_one_at_a_time(labs):
            return clean(labs)

    def is_up(self) -> str:
        """The name of the scenario that is up, empty when none is."""
        folder = leftovers.runtime_folder() / UP
        return running(folder).scenario if leftovers.is_held(folder) and (folder / STATE).exists() else ""

    def status(self) -> LabStatus | None:
        """How the lab that is up does; None when none is."""
        try:
            return Running.find().status()
        except UserError:
            return None

    def run_in(self, host: str, command: Sequence[str]) -> int:
        """Run a command on a host, with our own standard streams; its exit code."""
        return subprocess.call(_whole_lab().command(host, command))

    def hear(self, host: str, command: Sequence[str]) -> CommandResult:
        """The same, to its end, and what it said."""
        done = subprocess.run(_whole_lab().command(host, command), capture_output=True, check=False)
        said = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        return CommandResult(
            host=host, command=tuple(command), exit_code=done.returncode, stdout=next(said), stderr=next(said)
        )

    def shell(self, host: str) -> int:
        """An interactive shell on a host; its exit code."""
        return self.run_in(host, (os.environ.get("SHELL", "/bin/sh"),))

    def reports(self, scenario: Scenario) -> dict[str, Report]:
        """Build a lab of its own, run the netcheck on every measured host, remove it; reports by host."""
        with standing(scenario, self._wanted) as lab:
            return {host.name: lab.netcheck(host.name, scenario) for host in scenario.measured()}

    def stop(self) -> None:
        """End what `reports` has built, from another thread: it raises `CannotMeasure`, now and from then on."""
        self._wanted.stop()


def open_bed() -> NetnsBed:
    """The bed; it touches nothing until it is used."""
    return NetnsBed()


class Running:
    """A lab that stands, found by its folder."""

    def __init__(self, folder: Path) -> None:
        """Raises `UserError` when no lab stands there."""
        self.folder = folder
        self.state = running(folder)

    @classmethod
    def find(cls) -> Running:
        """The lab that stays up."""
        return cls(leftovers.runtime_folder() / UP)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Everything that commands can run on: hosts, relays, servers, routers, the name server."""
        return tuple(name for name in self.state.spaces if name != INTERNET)

    @property
    def map_file(self) -> Path:
        """The relay map, for `--derp-map`."""
        return self.folder / MAP

    def status(self) -> LabStatus:
        """How it does; what routers have dropped is half a second old at most."""
        dropped = {
            path.stem: msgspec.json.decode(path.read_bytes(), type=dict[str, int])
            for path in sorted((self.folder / leftovers.COUNTS).glob("*.json"))
        }
        return LabStatus(
            scenario=self.state.scenario, hosts=self.hosts, dropped=dropped, broken=leftovers.broken(self.folder)
        )

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """`argv` as a command line that runs on a host, from anywhere. Raises `UserError` for an unknown one."""
        if host not in self.state.spaces:
            raise UserError(
                f"there is no host {host!r} in {self.state.scenario}", hint=f"hosts: {', '.join(self.hosts)}"
            )
        return [sys.executable, "-m", "natscope.lab.kernel.enter", str(self.folder), host, "--", *argv]

    def exec(
        self, host: str, argv: Sequence[str], *, timeout_s: float = 60.0, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host to its end and return what it said. Raises `UserError`, `CannotMeasure`."""
        try:
            return subprocess.run(
                self.command(host, argv), input=text, capture_output=True, text=True, check=False, timeout=timeout_s
            )
        except subprocess.TimeoutExpired as error:
            raise CannotMeasure(f"{shlex.join(argv)} on {host} did not end within {timeout_s:.0f} s") from error

    def netcheck_command(self, host: str, scenario: Scenario) -> list[str]:
        """The product's own netcheck with a JSON report, as the scenario wants it; for `exec`."""
        own = [f"XDG_{kind}_HOME={self.folder / 'home' / host / kind.lower()}" for kind in ("CONFIG", "CACHE", "STATE")]
        argv = ["env", *own, sys.executable, "-m", "natscope", "netcheck", "--json", "--derp-map", str(self.map_file)]
        how = scenario.how
        if how.profile != FULL:  # that one has a limit of its own
            argv += ["--timeout", f"{RATE_LIMIT_S if how.udp_rate else RUN_LIMIT_S}"]
        wanted = (["--https"] if how.https else []) + (["--hairpin"] if how.hairpin else [])
        wanted += ["--udp-rate"] if how.udp_rate else []
        wanted += ["--source-port", str(how.source_port)] if how.source_port else []
        return [*argv, "--profile", how.profile, *wanted]

    def netcheck(self, host: str, scenario: Scenario) -> Report:
        """The product's own netcheck there. Raises `CannotMeasure` without a report."""
        argv = self.netcheck_command(host, scenario)
        done = self.exec(host, argv, timeout_s=NETCHECK_LIMIT_S)
        insist_whole(self.folder)
        try:
            return msgspec.json.decode(done.stdout, type=Report)
        except msgspec.DecodeError as error:
            said = done.stderr.strip()[-500:]
            raise CannotMeasure(f"no report from {host} (exit code {done.returncode}): {said}") from error


class Wanted:
    """Keeps labs alive as long as somebody wants them: each by a pipe that is closed when not, or when we end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[int] = []
        self._stopped = False

    @contextlib.contextmanager
    def one(self) -> Iterator[int]:
        """The reading end for a holder. Raises `CannotMeasure` after `stop`."""
        reading, writing = os.pipe()
        with self._lock:
            stopped = self._stopped
            if not stopped:
                self._open.append(writing)
        try:
            if stopped:
                os.close(writing)
                raise CannotMeasure("it was stopped before it was measured")
            yield reading
        finally:
            os.close(reading)
            with self._lock:
                if writing in self._open:
                    self._open.remove(writing)
                    os.close(writing)

    def stop(self) -> None:
        """Nobody wants any of them, now and from then on."""
        with self._lock:
            self._stopped = True
            while self._open:
                os.close(self._open.pop())


@contextlib.contextmanager
def standing(scenario: Scenario, wanted: Wanted | None = None) -> Iterator[Running]:
    """A lab of its own that is removed at the end, beside the one that stays up and beside others."""
    with (wanted or Wanted()).one() as reading:
        folder = start("", scenario, reading)
        try:
            yield Running(folder)
        finally:
            remove(folder)


def start(name: str, scenario: Scenario, wanted: int | None = None) -> Path:
    """Build a lab; its folder, with a name of its own when `name` is empty. Raises `UserError`, `CannotMeasure`.

    `wanted` is the reading end of a pipe: the lab ends when the other end is closed, by whatever end of its owner.
    """
    labs = leftovers.runtime_folder()
    with leftovers.only_one_at_a_time(labs):
        clean_dead(labs)
        if name:
            folder = labs / name
            _refuse_second(folder)
            leftovers.end(folder)
        else:
            folder = Path(tempfile.mkdtemp(prefix=f"run-{scenario.name}-", dir=labs))
        lock = leftovers.reserve(folder)
        if wanted is not None:
            leftovers.record_process(folder / leftovers.ASKER, os.getpid())
        ours = os.open(folder / leftovers.HELD, os.O_PATH | os.O_CLOEXEC)  # the file, not the lock
    try:
        try:
            (folder / MAP).write_bytes(relay_map_json(scenario))
            word = _start_holder(folder, scenario, lock, wanted)
        finally:
            os.close(lock)
        if word.error:
            raise CannotMeasure(word.error, hint=word.hint)
    except BaseException:
        remove(folder, ours)
        raise
    finally:
        os.close(ours)
    return folder


def _refuse_second(folder: Path) -> None:
    if leftovers.is_held(folder) and not leftovers.broken(folder):
        name = running(folder).scenario if (folder / STATE).exists() else ""
        said = f"the lab {name} is up already" if name else "a lab is being started already"
        raise UserError(said, hint="end it by `natscope lab down`")


def remove(folder: Path, held: int | None = None) -> None:
    """End a lab, while nobody else looks. With its file `held`: not when it has ended and another stands there now."""
    with leftovers.only_one_at_a_time(folder.parent):
        if held is not None:
            with contextlib.suppress(FileNotFoundError):
                if not os.path.samestat(os.fstat(held), os.stat(folder / leftovers.HELD)):
                    return
        leftovers.end(folder)


def clean(labs: Path) -> tuple[str, ...]:
    """End the lab that stays, and remove those whose holder is gone; in words."""
    removed = []
    for folder in _folders(labs):
        if folder.name == UP or not leftovers.is_held(folder):
            ended = leftovers.end(folder)
            if ended is not None:
                removed.append(f"lab {folder.name}: {ended.processes} processes, {ended.folder}")
    return tuple(removed)


def clean_dead(labs: Path) -> None:
    """Remove what killed labs have left."""
    for folder in _folders(labs):
        if not leftovers.is_held(folder):
            leftovers.end(folder)


def insist_whole(folder: Path) -> None:
    """Raises `CannotMeasure` for a lab of which a part has ended."""
    what = leftovers.broken(folder)
    if what:
        raise CannotMeasure(f"the lab is broken: {what}", hint="remove it by `natscope lab down`; start it again")


def _whole_lab() -> Running:
    lab = Running.find()
    insist_whole(lab.folder)
    return lab


def running(folder: Path) -> LabState:
    """What stands in a folder. Raises `UserError`."""
    try:
        if leftovers.is_held(folder):
            return msgspec.json.decode((folder / STATE).read_bytes(), type=LabState)
    except FileNotFoundError:
        pass
    raise UserError("no lab is up", hint="start one by `natscope lab up NAME`")


def _folders(labs: Path) -> list[Path]:
    return sorted(path for path in labs.iterdir() if path.is_dir() and not path.is_symlink())


def _start_holder(folder: Path, scenario: Scenario, lock: int, wanted: int | None) -> Word:
    """Start the process that holds the lab, and hear how it went."""
    passed = (lock,) if wanted is None else (lock, wanted)
    with open(folder / "log", "wb") as log:
        holder = subprocess.Popen(
            [sys.executable, "-m", "natscope.lab.kernel.holder", str(folder), *map(str, passed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd="/",
            pass_fds=passed,
        )  # fmt: skip
    assert holder.stdin is not None
    assert holder.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        holder.stdin.write(pickle.dumps(scenario))
        holder.stdin.close()
    line = holder.stdout.readline()
    holder.stdout.close()
    if line:
        return msgspec.json.decode(line, type=Word)
    said = (folder / "log").read_text(errors="replace").strip().splitlines()
    return Word(error="the lab did not start", hint=said[-1] if said else "")
