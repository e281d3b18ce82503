"""Reads a relay map's bytes from a file or from standard input, within a size."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from itertools import islice

from natscope.errors import UserError

MAX_NEIGHBOURS = 2000
"""Names in the folder that are looked at for a suggestion."""

_REASONS = {
    PermissionError: "this user may not read it",
    NotADirectoryError: "a part of the path is a file, not a folder",
    IsADirectoryError: "it is a folder",
}


def read_map_file(path: str, max_bytes: int) -> bytes:
    """The whole file. Raises `UserError`: no such file, not a regular file, larger than `max_bytes`, unreadable.

    The size is looked at before anything is read; a device, pipe or folder is never read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file.{_suggestion(path)}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {_reason(error)}") from None
    with open(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor), max_bytes)
        try:
            data = file.read(max_bytes + 1)
        except OSError as error:
            raise UserError(f"{path}: {_reason(error)}") from None
    if len(data) > max_bytes:
        raise UserError(f"{path} {too_large('more than ' + megabytes(max_bytes), max_bytes)}")
    return data


def read_map_stdin(read: Callable[[int], bytes], max_bytes: int) -> bytes:
    """All of standard input. Raises `UserError` when it is larger than `max_bytes`."""
    data = read(max_bytes + 1)
    if len(data) > max_bytes:
        raise UserError(f"standard input {too_large('more than ' + megabytes(max_bytes), max_bytes)}")
    return data


def too_large(size: str, max_bytes: int) -> str:
    """The end of the sentence about something of `size`."""
    return f"is no relay map: it is {size}, the limit is {megabytes(max_bytes)}"


def megabytes(count: int) -> str:
    """A size in words, powers of ten."""
    return f"{count / 1e6:.1f} MB"


def _check(path: str, found: os.stat_result, max_bytes: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UserError(f"{path}: it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise UserError(f"{path}: not a regular file", hint="to pass a map through a pipe: --derp-map -")
    if found.st_size > max_bytes:
        raise UserError(f"{path} {too_large(megabytes(found.st_size), max_bytes)}")


def _reason(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return "that is no file name"
    return _REASONS.get(type(error)) or (error.strerror or "it cannot be read").lower()


def _suggestion(path: str) -> str:
    import difflib

    folder, name = os.path.split(path)
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in islice(entries, MAX_NEIGHBOURS) if entry.is_file()]
    except OSError:
        return ""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f" Did you mean {os.path.join(folder, near[0])}?" if near else ""
