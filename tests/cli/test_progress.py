"""The progress line: what fits, in both alphabets, and one line a step in a pipe."""

from __future__ import annotations

import pytest

from natscope.cli.progress import ProgressLine
from natscope.cli.render import Console
from natscope.cli.streams import Streams
from natscope.netcheck.progress import Progress
from tests.cli.runner import Terminal

STATES = ("asking", "answered", "off", "refused")


def drawn(progress: Progress, *, width: int = 80, ascii_only: bool = False) -> str:
    stream = Terminal()
    line = ProgressLine(Console(Streams(None, None, stream), {}, width=width, ascii_only=ascii_only, live=True))
    line(progress)
    return stream.text().removeprefix("\r\x1b[2K")


def test_a_line_shows_all_that_fits() -> None:
    progress = Progress(1.52, 5, 6, "answered", "asking", "asking silent relays over HTTPS")
    assert drawn(progress) == "1.5 s  ━━━━━━━━──  relays 5 of 6 · v4 ✓ v6 … · asking silent relays over HTTPS"
    assert drawn(progress, width=50) == "1.5 s  ━━━━━━━━──  relays 5 of 6 · v4 ✓ v6 …"
    assert (
        drawn(progress, ascii_only=True) == "1.5 s  ========..  relays 5 of 6 | v4 yes v6 ... | Ctrl-C: result so far"
    )
    assert drawn(Progress(0.1, 0, 0, "off", "refused", "")).endswith(
        "relays 0 of 0 · v4 – v6 ✗ · Ctrl-C: result so far"
    )


@pytest.mark.parametrize("width", [20, 40, 60, 79, 80, 120])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_no_line_wraps(width: int, ascii_only: bool) -> None:
    for ipv4 in STATES:
        for step in ("", "asking relays over UDP", "x" * 90):
            text = drawn(Progress(12.3, 199, 200, ipv4, "asking", step), width=width, ascii_only=ascii_only)
            assert len(text) < width
            assert text.isascii() or not ascii_only


def test_a_pipe_gets_each_step_once() -> None:
    stream = Terminal()
    line = ProgressLine(Console(Streams(None, None, stream), {}, verbosity=1))
    line.start("reading the relay map")
    for answered, elapsed in ((0, 0.1), (0, 0.2), (2, 0.3), (2, 0.4)):
        line(Progress(elapsed, answered, 2, "answered" if answered else "asking", "refused", "asking"))
    line.finish()
    assert stream.text() == (
        "natscope: reading the relay map\n"
        "natscope: 0.1 s asking, relays 0/2, IPv6 no\n"
        "natscope: 0.3 s asking, relays 2/2, IPv4 yes, IPv6 no\n"
    )


def test_without_a_terminal_and_without_v_nothing_is_said() -> None:
    stream = Terminal()
    line = ProgressLine(Console(Streams(None, None, stream), {}))
    assert not line.wanted
    line.start("x")
    line(Progress(0.1, 1, 2, "asking", "asking", "x"))
    line.finish()
    assert stream.text() == ""


def test_a_long_run_says_first_what_it_does_and_how_to_end_it() -> None:
    progress = Progress(21.4, 3, 3, "answered", "off", "ports live > 15 s; 63 s more at most")
    text = drawn(progress)
    assert "relays 3 of 3 · ports live > 15 s; 63 s more at most" in text
    assert "Ctrl-C: result so far" in drawn(progress, width=110)
    assert "v4 ✓" not in text
