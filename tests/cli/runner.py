"""Runs the command line in process, with injected streams and environment."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from natscope.cli.main import run
from natscope.cli.streams import Streams


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, or not."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


class Runner:
    """A user with an own home. `environ` holds no variable of the developer's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {
            "HOME": str(home),
            "PATH": os.environ.get("PATH", ""),
            "LANG": "en_US.UTF-8",
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }

    def __call__(
        self,
        *arguments: str,
        stdin: bytes = b"",
        terminal: bool = False,
        stderr_terminal: bool = False,
        encoding: str = "utf-8",
        **variables: str,
    ) -> Result:
        out = Terminal(terminal=terminal, encoding=encoding)
        err = Terminal(terminal=stderr_terminal, encoding=encoding)
        source = io.TextIOWrapper(io.BytesIO(stdin))
        code = run(list(arguments), {**self.environ, **variables}, Streams(source, out, err))
        return Result(code, out.text(), err.text())

    def child(self, *arguments: str, module: bool = True, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """The same in a process of its own, through `python -m natscope`; without `module` plain Python."""
        return subprocess.Popen(
            [sys.executable, *(("-m", "natscope") if module else ()), *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            cwd=self.home,
        )
