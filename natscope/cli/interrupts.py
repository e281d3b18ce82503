"""SIGINT and SIGTERM from the first line on: both end a command the same way, with the same exit code.

Commands that have something to show take them over while they run. `_signal` is what `signal` is made of, without the
import of enum.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import sys
import time

from natscope.cli.exit_codes import INTERRUPTED

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself is too slow to import here
    from sys import UnraisableHookArgs
    from typing import NoReturn, TextIO

AGAIN_S = 0.02


def take_over() -> None:
    """SIGTERM interrupts as Ctrl-C does, unless whoever started this process wants it ignored or handled."""
    _replace(_signal.SIGTERM, _signal.SIG_DFL, _as_ctrl_c)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable


def leave_at_once() -> None:
    """From here on only the interpreter's own end is left: a signal ends it without a word, and no traceback."""
    _replace(_signal.SIGTERM, _as_ctrl_c, _leave)
    _replace(_signal.SIGINT, _signal.default_int_handler, _leave)


def end_interrupted(*streams: TextIO | None) -> NoReturn:
    """Leave with what was written, without the interpreter's own end: there signals kill again, and threads hold."""
    for stream in streams:
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass
    _leave(0, None)


def _replace(number: int, expected: object, handler: object) -> None:
    try:
        if _signal.getsignal(number) is expected:
            _signal.signal(number, handler)
    except ValueError:
        pass  # not in the main thread: signals are somebody else's


def _as_ctrl_c(number: int, frame: object) -> None:
    """Through the handler of SIGINT, so that event loops end their tasks; a shell's `&` has that one ignored."""
    handler = _signal.getsignal(_signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(_signal.SIGINT, frame)


def _unraisable(found: UnraisableHookArgs) -> None:
    """An interruption may come while Python runs a callback of a weak reference, as each import has one: it cannot be
    raised there, would be lost and printed. So it comes again in a moment.
    """
    if found.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(found)
        return
    _thread.start_new_thread(_interrupt_again, ())


def _interrupt_again() -> None:
    time.sleep(AGAIN_S)  # noqa: TID251 - of this process, whatever clock its work goes by
    _thread.interrupt_main(_signal.SIGINT if callable(_signal.getsignal(_signal.SIGINT)) else _signal.SIGTERM)


def _leave(number: int, frame: object) -> NoReturn:
    import os

    os._exit(INTERRUPTED)
