"""Delivers a rendered report: to standard output, or to a file that is whole or not there."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedWriter

from natscope.cli.render import Console
from natscope.errors import UserError

STDOUT = 1
MAX_LINKS = 40
"""Symbolic links in a row that Linux follows (path_resolution(7))."""

MAX_REMAINS = 100


def check_destination(path: str, console: Console) -> None:
    """Find out before measuring whether the result will have a place. Raises `UserError`."""
    descriptor = descriptor_of(path)
    if not path or path == "-" or descriptor == STDOUT:
        if console.streams.stdout is None:
            raise UserError("cannot write to standard output: it is closed", hint="write to a file: --output FILE")
        return
    if descriptor is not None:
        _check_descriptor(descriptor, path)
        return
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise UserError(f"cannot write {path}: it is a folder", hint="name a file in it")
    if not os.path.isdir(folder):
        raise UserError(f"cannot write {path}: there is no folder {os.path.dirname(path) or folder}")
    if _is_too_long(target):
        raise UserError(f"cannot write {path}: the name is too long", hint="name another file with -o")
    if not os.access(target if is_special(target) else folder, os.W_OK):
        raise UserError(f"cannot write {path}: permission denied")


def check_capture(path: str, console: Console) -> None:
    """Find out before measuring whether a packet capture will have a place. Raises `UserError`."""
    if path == "-" or descriptor_of(path) is not None:
        raise UserError("a packet capture goes into a file", hint="--pcap run.pcapng")
    if path:
        check_destination(path, console)


def prepare_folder(path: str, file_name: str = "", *, hint: str = "name another folder with --record") -> None:
    """Make the folder of a recording before measuring, readable by its owner alone. Raises `UserError`.

    `file_name` is what will be written into it: one that is there is an older recording, which is kept.
    """
    if not path:
        return
    if file_name and os.path.lexists(os.path.join(path, file_name)):
        raise UserError(f"there is a recording in {path} already", hint=hint)
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except FileExistsError:
        raise UserError(f"cannot record in {path}: it is a file", hint="name a folder") from None
    except OSError as error:
        raise UserError(f"cannot record in {path}: {(error.strerror or 'unknown reason').lower()}") from error
    if not os.access(path, os.W_OK):
        raise UserError(f"cannot record in {path}: permission denied")


def deliver(text: str | bytes, path: str, console: Console) -> None:
    """Write the result. Raises `UserError` when the file cannot be written."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    if path and path != "-" and descriptor_of(path) != STDOUT:
        try:
            write_whole(path, data)
        except OSError as error:
            raise UserError(f"cannot write {path}: {(error.strerror or 'unknown reason').lower()}") from error
    elif isinstance(text, str) and console.streams.stdout is not None and console.streams.stdout.isatty():
        console.data(text)
    else:
        console.streams.write_bytes(data)


def write_whole(path: str, data: bytes) -> None:
    """Replace a file in one step; a device, a pipe or an open descriptor is written to as it is. Raises `OSError`."""
    descriptor = descriptor_of(path)
    if descriptor is not None:
        with open(os.dup(descriptor), "wb") as file:
            file.write(data)
        return
    target = os.path.realpath(path)
    if is_special(target):
        with open(target, "wb") as file:
            file.write(data)
        return
    with _new_beside(target) as file:
        temporary = file.name
        try:
            if os.path.exists(target):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
            file.write(data)
            file.close()
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise


def _new_beside(target: str) -> BufferedWriter:
    """A file of its own in the same folder. Its name is short, so that the longest that the folder takes can be
    written; one that an interrupted run left, or somebody else has, is not touched. Raises `OSError`.
    """
    for number in range(MAX_REMAINS):
        try:
            return open(os.path.join(os.path.dirname(target), f".{os.getpid()}.{number}.new"), "xb")
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, "too many remains of interrupted runs are beside it")


def descriptor_of(path: str) -> int | None:
    """The open descriptor that /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N or a link to them stands for.

    Such a name leads on to the file that is open there: who follows it to the end and replaces that file takes away
    what others have written into it.
    """
    if not path or path == "-":
        return None
    own = {"/dev/fd", os.path.realpath("/dev/fd"), os.path.realpath("/proc/self/fd")}
    for _ in range(MAX_LINKS):
        folder, name = os.path.split(os.path.abspath(path))
        folder = os.path.realpath(folder)
        if folder in own and name.isascii() and name.isdigit():
            return int(name)
        try:
            path = os.path.join(folder, os.readlink(os.path.join(folder, name)))
        except OSError:
            return None
    return None


def is_special(path: str) -> bool:
    """Whether it is there and no regular file: a device, a pipe, a folder."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def _check_descriptor(descriptor: int, path: str) -> None:
    import fcntl  # here: not on every system

    try:
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    except (OSError, OverflowError):
        raise UserError(f"cannot write {path}: it is not open") from None
    if mode == os.O_RDONLY:
        raise UserError(f"cannot write {path}: it is open for reading only")


def _is_too_long(path: str) -> bool:
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False
