"""What only a process of its own can show: signals, closed and full streams, pipes that end, locales."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import IO

import pytest

from natscope.cli.help_text import FIRST_CONTACT
from tests.cli.runner import Runner


def wait_for(stream: IO[bytes] | None, text: str) -> None:
    """Read lines until one holds `text`."""
    assert stream is not None
    for line in stream:
        if text in line.decode():
            return
    raise AssertionError(f"{text} never came")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_shows_what_is_known(number: signal.Signals, natscope: Runner, relay_map: str) -> None:
    with natscope.child("netcheck", "--derp-map", relay_map, "-v") as child:
        wait_for(child.stderr, "relays 2/3")
        child.send_signal(number)
        out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert out.decode().startswith("? Direct: unknown, stopped after ")
    assert "exit 130" in out.decode()
    assert "Traceback" not in err.decode()


def test_an_interrupt_in_json(natscope: Runner, relay_map: str) -> None:
    with natscope.child("netcheck", "--derp-map", relay_map, "--json", "-v") as child:
        wait_for(child.stderr, "relays 2/3")
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=30)
    assert child.returncode == 130
    assert json.loads(out)["interrupted"] is True


def test_an_interrupt_before_there_is_anything(natscope: Runner) -> None:
    """The map comes from a pipe that nobody writes to."""
    with natscope.child("netcheck", "--derp-map", "-", "-v", stdin=subprocess.PIPE) as child:
        wait_for(child.stderr, "reading the relay map")
        child.send_signal(signal.SIGINT)
        code = child.wait(timeout=30)
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        out, err = child.stdout.read(), child.stderr.read()
    assert code == 130
    assert out == b""
    assert b"Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_run_is_one_line(number: signal.Signals, natscope: Runner) -> None:
    """The map comes from a pipe that nobody writes to: no event loop has taken the signals yet."""
    with natscope.child("netcheck", "--derp-map", "-", "-v", stdin=subprocess.PIPE) as child:
        wait_for(child.stderr, "reading the relay map")
        child.send_signal(number)
        code = child.wait(timeout=30)
        assert child.stderr is not None
        assert (code, child.stderr.read()) == (130, b"natscope: interrupted\n")


def test_more_interrupts_cut_and_leave_no_traceback(natscope: Runner, relay_map: str) -> None:
    with natscope.child("netcheck", "--derp-map", relay_map, "-v") as child:
        wait_for(child.stderr, "relays 2/3")
        child.send_signal(signal.SIGINT)
        for number in (signal.SIGINT, signal.SIGTERM) * 4:
            wait_or_signal(child, number)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in err.decode()
    assert "Exception ignored" not in err.decode()


def wait_or_signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """One more signal a little later, if there is still somebody to get it."""
    try:
        child.wait(timeout=0.02)
    except subprocess.TimeoutExpired:
        child.send_signal(number)


AT_IMPORT = """
import _signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            _signal.raise_signal({number})
sys.meta_path.insert(0, Interrupting())
sys.argv = ["natscope", "schema"]
from natscope.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("module", ["natscope.cli.main", "natscope.cli.exit_codes", "natscope.cli.dispatch", "typer"])
def test_ctrl_c_during_any_import_is_no_traceback(module: str, natscope: Runner) -> None:
    with natscope.child("-c", AT_IMPORT.format(module=module, number=int(signal.SIGINT)), module=False) as child:
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, b"")
    assert err in (b"", b"natscope: interrupted\n")


@pytest.mark.parametrize("module", ["natscope.cli.dispatch", "typer"])
def test_sigterm_during_the_imports_of_a_command_is_one_line(module: str, natscope: Runner) -> None:
    with natscope.child("-c", AT_IMPORT.format(module=module, number=int(signal.SIGTERM)), module=False) as child:
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (130, b"", b"natscope: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_very_end_is_no_traceback(number: signal.Signals, natscope: Runner) -> None:
    code = (
        "import signal, sys; sys.argv = ['natscope', '--version']\n"
        "from natscope.__main__ import main\n"
        f"main(); signal.raise_signal({int(number)}); print('went on')"
    )
    with natscope.child("-c", code, module=False) as child:
        out, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (130, b"")
    assert b"went on" not in out


def test_sigterm_interrupts_where_ctrl_c_is_ignored(natscope: Runner) -> None:
    """As behind a shell's `&`."""
    code = (
        "import signal, sys; sys.argv = ['natscope', 'netcheck', '--derp-map', '-', '-v']\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from natscope.__main__ import main\n"
        "sys.exit(main())"
    )
    with natscope.child("-c", code, module=False, stdin=subprocess.PIPE) as child:
        wait_for(child.stderr, "reading the relay map")
        child.send_signal(signal.SIGTERM)
        code_ = child.wait(timeout=30)
        assert child.stderr is not None
        assert (code_, child.stderr.read()) == (130, b"natscope: interrupted\n")


def with_shell(natscope: Runner, script: str) -> tuple[int, str, str]:
    """Run a line of sh; `$N` is the program."""
    done = subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=natscope.home,
        env={
            **natscope.environ,
            "N": f"{sys.executable} -m natscope",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", ["", "--help", "config show", "completion bash", "schema report"])
def test_a_closed_stdout_is_one_line(arguments: str, natscope: Runner) -> None:
    code, _, err = with_shell(natscope, f"$N {arguments} >&-")
    assert (code, err) == (2, "error: cannot write to standard output: it is closed\n")


def test_a_closed_stdout_is_noticed_before_measuring(natscope: Runner, relay_map: str) -> None:
    code, _, err = with_shell(natscope, f"$N netcheck -v --derp-map {relay_map} >&-")
    assert code == 2
    assert err.startswith("error: cannot write to standard output: it is closed\n")


@pytest.mark.parametrize(
    "arguments", ["config lint --kind settings -", "config lint -", "derp map lint -", "derp map show -"]
)
def test_a_closed_stdin_is_no_empty_file(arguments: str, natscope: Runner) -> None:
    expected = with_shell(natscope, "$N report make - <&-")
    assert expected[0] == 2
    assert "cannot read standard input: it is closed" in expected[2]
    assert with_shell(natscope, f"$N {arguments} <&-") == expected


def test_a_closed_stderr_harms_nobody(natscope: Runner) -> None:
    assert with_shell(natscope, "$N 2>&-") == (0, FIRST_CONTACT, "")
    assert with_shell(natscope, "$N nonsense 2>&-")[0] == 2
    assert with_shell(natscope, "$N 0<&-")[0] == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_one_line(natscope: Runner, healthy_map: str) -> None:
    for arguments in ("--help", "config template", f"netcheck --derp-map {healthy_map}"):
        code, _, err = with_shell(natscope, f"$N {arguments} >/dev/full")
        assert (code, err) == (2, "error: cannot write to standard output: no space left on device\n")
    code, _, err = with_shell(natscope, f"$N netcheck --derp-map {healthy_map} -o /dev/full")
    assert (code, err) == (2, "error: cannot write /dev/full: no space left on device\n")


@pytest.mark.parametrize("arguments", ["--help", "schema report", "config template"])
def test_a_reader_that_leaves_is_no_error(arguments: str, natscope: Runner) -> None:
    code, _, err = with_shell(natscope, f"($N {arguments}; echo $? >code) | true; cat code >&2")
    assert code == 0
    assert err == "0\n"


def test_a_reader_that_leaves_a_netcheck_leaves_its_exit_code(natscope: Runner, healthy_map: str) -> None:
    _, _, err = with_shell(
        natscope, f"($N netcheck --derp-map {healthy_map} --json; echo $? >code) | true; cat code >&2"
    )
    assert err == "0\n"


def test_a_locale_without_utf8_gets_ascii(natscope: Runner) -> None:
    for setting in ("LANG=C", "LC_ALL=C", "LC_ALL=POSIX", "PYTHONIOENCODING=ascii"):
        code, out, _ = with_shell(natscope, f"{setting} $N")
        assert code == 0
        assert out.isascii(), setting
    assert with_shell(natscope, "LANG=C LC_ALL=C $N netchek")[2].isascii()


def test_a_home_that_cannot_be_written(natscope: Runner, healthy_map: str) -> None:
    code, out, err = with_shell(
        natscope, f"XDG_STATE_HOME=/dev/null XDG_CACHE_HOME=/dev/null $N netcheck --derp-map {healthy_map}"
    )
    assert code == 0
    assert "Direct: " in out
    assert err.startswith("warning: cannot keep the home relay for the next run")
    assert err.count("\n") == 1


def test_a_working_directory_that_is_gone(natscope: Runner) -> None:
    code, out, err = with_shell(natscope, "mkdir gone; cd gone; rmdir ../gone; $N config path")
    assert (code, err) == (0, "")
    assert out.count("\n") == 3
