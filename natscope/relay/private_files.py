"""Files that appear whole or not at all: keys and certificates."""

from __future__ import annotations

import contextlib
import os


def write_whole(path: str, data: bytes, mode: int, *, replace: bool = True) -> None:
    """Write a file beside its place, then move it there; its folder is made for its owner alone.

    With `replace` False an existing file stays, and `FileExistsError` is raised. Raises `OSError`.
    """
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    scratch = f"{path}.{os.getpid()}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(scratch)  # of a process of the same number that was killed
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.rename(scratch, path)
        else:
            os.link(scratch, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)
