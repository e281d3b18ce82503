"""The folder of the account's key and of the certificates: 0700, files 0600, each replaced in one step.

Names are those of Go's autocert (`DirCache`), so an upstream relay's `-certdir` goes on being used: the account's key
in `acme_account+key`, key and chain of a host in a file of its name, a challenge being answered in `TOKEN+http-01` or
`HOST+token`. Files of challenges let several processes of one relay answer them.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path

from natscope.errors import CannotMeasure, UserError

ACCOUNT = "acme_account+key"
LOCK = "natscope.lock"
PAGE, PROOF = "+http-01", "+token"
"""Endings of challenges that are being answered."""
MAX_BYTES = 1 << 20
_SAFE = re.compile(r"(?!\.)[A-Za-z0-9_.:-]+(\+[a-z0-9-]+)?")


class AcmeFolder:
    """Reads and writes small files by name."""

    def __init__(self, path: str) -> None:
        """Make the folder where it is missing. Raises `CannotMeasure`."""
        self.path = Path(path)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o700)
        except OSError as error:
            raise CannotMeasure(f"{path}: cannot keep certificates there: {_why(error)}") from error
        self._lock: int | None = None

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where there is none. Raises `CannotMeasure`."""
        try:
            with open(self._place(name), "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotMeasure(f"{self._place(name)}: cannot be read: {_why(error)}") from error
        if len(data) > MAX_BYTES:
            raise CannotMeasure(f"{self._place(name)}: is too large")
        return data

    def write(self, name: str, data: bytes) -> None:
        """Put a file in place whole, readable by its owner alone. Raises `CannotMeasure`."""
        target = self._place(name)
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=self.path)  # 0600 from the beginning
            try:
                with open(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, target)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        except OSError as error:
            raise CannotMeasure(f"{target}: cannot be written: {_why(error)}") from error

    def remove(self, name: str) -> None:
        """Remove a file that may be gone already."""
        with contextlib.suppress(OSError):
            self._place(name).unlink()

    def names(self, ending: str) -> list[str]:
        """Files whose names end so, sorted; none where the folder cannot be read."""
        try:
            return sorted(entry for entry in os.listdir(self.path) if entry.endswith(ending) and _SAFE.fullmatch(entry))
        except OSError:
            return []

    def state(self, name: str) -> tuple[int, int] | None:
        """What changes when a file is replaced."""
        try:
            found = self._place(name).stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_ino)

    def take_lead(self) -> bool:
        """Whether this process, of all that share the folder, is the one that renews; it stays so until `close`."""
        if self._lock is None:
            import fcntl

            try:
                descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise CannotMeasure(f"{self.path / LOCK}: cannot be written: {_why(error)}") from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                return False
            self._lock = descriptor
            for left in (*self.names(PAGE), *self.names(PROOF)):  # by a process that was killed
                self.remove(left)
        return True

    def close(self) -> None:
        """Let another process lead."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _place(self, name: str) -> Path:
        if not _SAFE.fullmatch(name):
            raise UserError(f'"{name}" cannot be the name of a certificate')
        return self.path / name


def _why(error: OSError) -> str:
    text = error.strerror or "unknown reason"
    return text[:1].lower() + text[1:]
