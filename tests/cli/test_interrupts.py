"""Interruptions where Python cannot raise them."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHILD = """
import signal, time, weakref
from natscope.cli.interrupts import take_over

class Module: ...

def callback(reference):
    raise {error}

{take_over}
module = Module()
reference = weakref.ref(module, callback)
del module
try:
    time.sleep({seconds})
except KeyboardInterrupt:
    print("interrupted")
else:
    print("lost")
"""


def run(**parts: str) -> tuple[str, str]:
    child = [sys.executable, "-c", CHILD.format(**parts)]
    done = subprocess.run(child, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip(), done.stderr


def test_what_comes_in_a_callback_of_a_weak_reference_comes_again_and_is_not_printed() -> None:
    for take_over in ("take_over()", "signal.signal(signal.SIGINT, signal.SIG_IGN); take_over()"):
        assert run(error="KeyboardInterrupt", take_over=take_over, seconds="30") == ("interrupted", "")


def test_without_it_python_prints_and_loses_it() -> None:
    out, err = run(error="KeyboardInterrupt", take_over="", seconds="0.1")
    assert out == "lost"
    assert "Traceback" in err


@pytest.mark.parametrize("take_over", ["take_over()", ""])
def test_other_mistakes_are_shown_as_ever(take_over: str) -> None:
    out, err = run(error="ValueError('of a callback')", take_over=take_over, seconds="0.1")
    assert out == "lost"
    assert "of a callback" in err
