"""Delivers a rendered report: to standard output, or to a file that is whole or not there."""

from __future__ import annotations

import os
import stat

from natscope.cli.render import Console
from natscope.errors import UserError


def check_destination(path: str, console: Console) -> None:
    """Find out before measuring whether the result will have a place. Raises `UserError`."""
    if not path or path == "-":
        if console.streams.stdout is None:
            raise UserError("cannot write to standard output: it is closed", hint="write to a file: --output FILE")
        return
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise UserError(f"cannot write {path}: it is a folder", hint="name a file in it")
    if not os.path.isdir(folder):
        raise UserError(f"cannot write {path}: there is no folder {os.path.dirname(path) or folder}")
    if not os.access(target if _is_special(target) else folder, os.W_OK):
        raise UserError(f"cannot write {path}: permission denied")


def check_capture(path: str, console: Console) -> None:
    """Find out before measuring whether a packet capture will have a place. Raises `UserError`."""
    if path == "-":
        raise UserError("a packet capture goes into a file", hint="--pcap run.pcapng")
    if path:
        check_destination(path, console)


def prepare_folder(path: str) -> None:
    """Make the folder of a recording before measuring, readable by its owner alone. Raises `UserError`."""
    if not path:
        return
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
    if path and path != "-":
        try:
            write_whole(path, data)
        except OSError as error:
            raise UserError(f"cannot write {path}: {(error.strerror or 'unknown reason').lower()}") from error
    elif isinstance(text, str) and console.streams.stdout is not None and console.streams.stdout.isatty():
        console.data(text)
    else:
        console.streams.write_bytes(data)


def write_whole(path: str, data: bytes) -> None:
    """Replace a file in one step; a device or a pipe is written to as it is. Raises `OSError`."""
    target = os.path.realpath(path)
    if _is_special(target):
        with open(target, "wb") as file:
            file.write(data)
        return
    temporary = f"{target}.{os.getpid()}.new"
    with open(temporary, "xb") as file:
        try:
            if os.path.exists(target):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
            file.write(data)
            file.close()
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
