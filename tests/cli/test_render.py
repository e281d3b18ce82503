"""How the console is decided: colour, width, ASCII, redrawing."""

from __future__ import annotations

import pytest

from natscope.cli.render import Console
from natscope.cli.streams import OutputFailed, Streams, wants_ascii
from tests.cli.runner import Terminal


def console(*, terminal: bool = True, encoding: str = "utf-8", **environ: str) -> Console:
    stream = Terminal(terminal=terminal, encoding=encoding)
    return Console.of(Streams(None, stream, stream), {"LANG": "de_DE.UTF-8", **environ})


@pytest.mark.parametrize(
    ("terminal", "color", "environ", "expected"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
        (True, "never", {"FORCE_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (True, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"FORCE_COLOR": "0"}, False),
        (False, "auto", {"CLICOLOR_FORCE": "1"}, True),
        (True, "auto", {"CLICOLOR": "0"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (True, "auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colour(terminal: bool, color: str, environ: dict[str, str], expected: bool) -> None:
    decided = console(terminal=terminal, **environ).decided(color=color, ascii_only=False, progress=True, verbosity=0)
    assert decided.colour is expected


@pytest.mark.parametrize(
    ("columns", "width"),
    [("100", 100), ("5", 20), ("9999999999", 200), ("0", 80), ("x", 80), ("-3", 80), ("", 80), ("٣", 80)],
)
def test_width_obeys_columns(columns: str, width: int) -> None:
    assert console(COLUMNS=columns).width == width


@pytest.mark.parametrize(
    ("environ", "encoding", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "en_US.utf8"}, "UTF-8", False),
        ({}, "utf-8", False),
        ({"LANG": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),  # what Python makes of LANG=C
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", False),  # what Python makes of no locale at all
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "utf-8", True),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "de_DE@euro"}, "utf-8", True),
        ({"LANG": "en_US.UTF-8"}, "latin-1", True),
        ({"LANG": "en_US.UTF-8"}, "ascii", True),
        ({"LANG": "en_US.UTF-8"}, "", False),
    ],
)
def test_ascii_by_locale_and_encoding(environ: dict[str, str], encoding: str, expected: bool) -> None:
    assert wants_ascii(environ, encoding) is expected


@pytest.mark.parametrize(
    ("terminal", "environ", "progress", "verbosity", "expected"),
    [
        (True, {}, True, 0, True),
        (False, {}, True, 0, False),
        (True, {"CI": "true"}, True, 0, False),
        (True, {"CI": "false"}, True, 0, True),
        (True, {"TERM": "dumb"}, True, 0, False),
        (True, {}, False, 0, False),
        (True, {}, True, -1, False),
    ],
)
def test_a_line_is_redrawn_only_on_a_real_terminal(
    terminal: bool, environ: dict[str, str], progress: bool, verbosity: int, expected: bool
) -> None:
    decided = console(terminal=terminal, **environ).decided(
        color="auto", ascii_only=False, progress=progress, verbosity=verbosity
    )
    assert decided.live is expected


def test_notes_are_cleaned_and_warnings_silenced_by_quiet() -> None:
    stream = Terminal()
    plain = Console.of(Streams(None, stream, stream), {"LANG": "en_US.UTF-8"})
    plain.warn("region \x1b[31mred")
    quiet = plain.decided(color="auto", ascii_only=False, progress=True, verbosity=-1)
    quiet.warn("nothing")
    assert stream.text() == "warning: region \\x1b[31mred\n"


class Gone(Terminal):
    def write(self, text: str) -> int:
        raise BrokenPipeError


class Full(Terminal):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_reader_that_has_gone_is_no_error() -> None:
    streams = Streams(None, Gone(), None)
    streams.write("x")
    streams.write("y")
    assert streams.broken


def test_a_full_disk_and_a_closed_stream_are() -> None:
    with pytest.raises(OutputFailed, match="No space left"):
        Streams(None, Full(), None).write("x")
    with pytest.raises(OutputFailed, match="closed"):
        Streams(None, None, None).write("x")


def test_what_a_stream_cannot_encode_is_escaped() -> None:
    stream = Terminal(encoding="ascii")
    streams = Streams(None, stream, stream)
    streams.write("– ✓\n")
    streams.note("→")
    assert stream.text() == "\\u2013 \\u2713\n\\u2192\n"


def test_notes_to_nobody_are_dropped() -> None:
    Streams(None, None, None).note("x")
