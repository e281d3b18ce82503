"""Standard input, output and error as one value, so that tests run the command line in process.

Output to a reader that has gone (a closed pipe) is dropped quietly; a stream that is closed or full is an error.
Imports nothing: it is on the way of `--help`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO


class OutputFailed(Exception):
    """Standard output cannot be written; the text says why."""


class Streams:
    """The three streams; each is None when the process was started with it closed."""

    __slots__ = ("broken", "stderr", "stdin", "stdout")

    def __init__(self, stdin: TextIO | None, stdout: TextIO | None, stderr: TextIO | None) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.broken = False
        """Whether the reader of standard output has gone."""

    def write(self, text: str) -> None:
        """Write data. Raises `OutputFailed`; a reader that has gone is remembered and ignored."""
        self._write(text, None)

    def write_bytes(self, data: bytes) -> None:
        """Write data exactly as it is, where the stream can take bytes."""
        self._write("", data)

    def _write(self, text: str, data: bytes | None) -> None:
        if self.stdout is None:
            raise OutputFailed("it is closed")
        if self.broken:
            return
        try:
            binary = getattr(self.stdout, "buffer", None)
            if data is None:
                self.stdout.write(text)
            elif binary is None:
                self.stdout.write(data.decode())
            else:
                self.stdout.flush()
                binary.write(data)
            self.stdout.flush()
        except BrokenPipeError:
            self.broken = True
        except UnicodeEncodeError:
            self._write("", text.encode(self.stdout.encoding or "ascii", "backslashreplace"))
        except (OSError, ValueError) as error:
            self.broken = True
            raise OutputFailed(getattr(error, "strerror", None) or "it is closed") from error

    def note(self, text: str) -> None:
        """A line on standard error; nobody is told when nobody can be told."""
        self.scribble(text + "\n")

    def scribble(self, text: str) -> None:
        """Text on standard error as it is."""
        if self.stderr is None:
            return
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except UnicodeEncodeError:
            self.scribble(text.encode("ascii", "backslashreplace").decode())
        except (OSError, ValueError):
            self.stderr = None

    def binary_input(self) -> BinaryIO | None:
        """Standard input as bytes, None when it is closed."""
        return getattr(self.stdin, "buffer", None)


def wants_ascii(environ: dict[str, str], encoding: str) -> bool:
    """Whether the locale or the stream asks for ASCII.

    Python turns `LANG=C` into `LC_CTYPE=C.UTF-8` at its start (PEP 538), so that pair counts as C; a computer with no
    locale set at all gets UTF-8, as from Python itself.
    """
    if encoding and encoding.lower().replace("-", "").replace("_", "") != "utf8":
        return True
    ctype = environ.get("LC_CTYPE", "")
    if ctype == "C.UTF-8" and environ.get("LANG", "") in ("C", "POSIX"):
        ctype = ""
    locale = environ.get("LC_ALL", "") or ctype or environ.get("LANG", "")
    return bool(locale) and "UTF8" not in locale.upper().replace("-", "")
