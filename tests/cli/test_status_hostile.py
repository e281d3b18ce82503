"""`natscope status` before bodies that are too large, endless, halves or nonsense: one line, bounded memory and time.

Each runs in a process of its own with limits of the kernel: whoever reads without bounds ends there by a signal.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.lab.stand_in import Fault, StandInMesh, many_peers
from natscope.wire.local_api.status import MAX_BYTES
from tests.cli.runner import Runner
from tests.cli.stand_in import serving

MEMORY_BYTES = 1 << 30
CPU_S = 30


def limited(natscope: Runner, *arguments: str) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))

    return subprocess.run(
        [sys.executable, "-m", "natscope", "status", *arguments],
        capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit,
        env={**natscope.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)},
    )  # fmt: skip


def one_error(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert len(lines) <= 2
    assert all(line.isprintable() for line in lines)
    return lines[0]


@pytest.mark.parametrize("fault", [Fault.ENDLESS, Fault.HALF, Fault.HTML, Fault.GARBAGE])
def test_a_daemon_that_answers_nonsense(natscope: Runner, tmp_path: Path, fault: Fault) -> None:
    with serving(StandInMesh(peers=many_peers(50), faults={"status": fault}), tmp_path) as daemon:
        one_error(limited(natscope, "--socket", daemon.socket), 3)


def test_a_file_that_is_too_large_is_not_read(natscope: Runner, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("wb") as sparse:
        sparse.truncate(200 * MEMORY_BYTES)
    assert "the limit is" in one_error(limited(natscope, "--from", str(file)), 2)
    assert one_error(limited(natscope, "--from", "/dev/zero"), 2)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"BackendState":"Running","Peer":{"a":' * 100_000, id="deep"),
        pytest.param(b'{"BackendState":"Running","Peer":{"a":{"HostName":"x', id="half"),
        pytest.param(b"<!doctype html>\x1b[2J\x07", id="html with escapes"),
        pytest.param(b'{"BackendState":"Running","Self":{},"Health":["' + b"x" * (MAX_BYTES // 2), id="long half"),
    ],
)
def test_a_file_of_nonsense(natscope: Runner, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    one_error(limited(natscope, "--from", str(file)), 2)


def test_one_field_of_many_megabytes_is_cut(natscope: Runner, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    long = b"A\\u001b[2J" * (1 << 20)
    file.write_bytes(
        b'{"BackendState":"Running","Self":{"HostName":"%b"},"Health":["%b"],"Peer":{"k":{"HostName":"%b",'
        b'"Active":true,"Relay":"%b","Online":true}}}' % (long, long, long, long)
    )
    done = limited(natscope, "--from", str(file))
    assert done.returncode == 0
    assert len(done.stdout) < 20_000
    assert "\x1b" not in done.stdout


def test_a_hundred_thousand_peers_are_listed_or_refused(natscope: Runner, tmp_path: Path) -> None:
    small = tmp_path / "small.json"
    peers = ",".join(f'"nodekey:{n}":{{"HostName":"n{n}","Active":false,"Online":true}}' for n in range(100_000))
    small.write_text(f'{{"BackendState":"Running","Self":{{}},"Peer":{{{peers}}}}}')
    done = limited(natscope, "--from", str(small))
    assert done.returncode == 0
    assert done.stdout.startswith("✓ 100000 peers: 100000 idle\n")
    large = tmp_path / "large.json"
    large.write_text(f'{{"BackendState":"Running","Peer":{{"a":{{"x":"{"y" * MAX_BYTES}"}}}}}}')
    assert "the limit is" in one_error(limited(natscope, "--from", str(large)), 2)
