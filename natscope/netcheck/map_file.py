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


def read_map_file(path: str, max_bytes: int, what: str = "relay map") -> bytes:
    """The whole file, meant as a `what`.

    Raises `UserError`: no such file, not a regular file, larger than `max_bytes`, unreadable. The size is
    looked at before anything is read; a device, pipe or folder is never read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file{_suggestion(path)}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {_reason(error)}") from None
    try:
        _check(path, os.fstat(descriptor), max_bytes, what)
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise UserError(f"{path}: {_reason(error)}") from None
    finally:
        os.close(descriptor)
    return _within(data, path, max_bytes, what)


def read_map_stdin(read: Callable[[int], bytes], max_bytes: int, what: str = "relay map") -> bytes:
    """All of standard input. Raises `UserError` when it is larger than `max_bytes`."""
    return _within(read(max_bytes + 1), "standard input", max_bytes, what)


def too_large(name: str, max_bytes: int, size: int | None = None, what: str = "relay map") -> UserError:
    """The error about something of `size` bytes, None when only so much is known that it is too large."""
    limit = _amount(max_bytes)
    if size is None:
        return UserError(f"{name} is no {what}: it is larger than {limit}")
    amount = _amount(size)
    if amount == limit:
        amount, limit = f"{size:,} bytes", f"{max_bytes:,}"
    return UserError(f"{name} is no {what}: it is {amount}, the limit is {limit}")


def _amount(size: int) -> str:
    """As a person reads it. Limits below a megabyte are whole multiples of 1024 bytes, and are told as such."""
    if size < 1024:
        return f"{size:,} bytes"
    return f"{size / 1024:.0f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"


def _within(data: bytes, name: str, max_bytes: int, what: str) -> bytes:
    if len(data) > max_bytes:
        raise too_large(name, max_bytes, what=what)
    return data


def _check(path: str, found: os.stat_result, max_bytes: int, what: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UserError(f"{path}: it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise UserError(
            f"{path}: not a regular file", hint=f"to pass a {what} through a pipe, write - instead of a file name"
        )
    if found.st_size > max_bytes:
        raise too_large(path, max_bytes, found.st_size, what)


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
    return f". Did you mean {os.path.join(folder, near[0])}?" if near else ""
