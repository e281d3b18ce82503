"""What an invocation imports: the start-up budget is kept by lists, not by clocks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = {
    "typer",
    "click",
    "rich",
    "typing",
    "enum",
    "re",
    "dataclasses",
    "inspect",
    "json",
    "logging",
    "asyncio",
    "ssl",
    "msgspec",
    "httpx",
    "httpcore",
    "aiodns",
    "pycares",
    "dns",
    "yaml",
    "cryptography",
    "nacl",
    "platformdirs",
    "psutil",
    "importlib.metadata",
    "natscope_probes",
    "natscope_reports",
    "natscope.netcheck",
    "natscope.model",
    "natscope.plugins",
    "natscope.apps",
}


def loaded_by(*arguments: str, environ: dict[str, str] | None = None) -> set[str]:
    """The modules that a run brings in beyond those of a bare interpreter."""
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['natscope', *sys.argv[1:]]\n"
        "from natscope.cli.main import main\n"
        "code = main()\n"
        "print(' '.join(sorted(set(sys.modules) - before)), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(path for path in sys.path if path), "LANG": "C.UTF-8", **(environ or {})},
    )
    assert done.stdout
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [(), ("--help",), ("-h",), ("--version",), ("version",), ("completion", "bash"), ("netcheck", "--help")],
    ids=" ".join,
)
def test_literal_answers_import_nothing_slow(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)
    assert not loaded & SLOW
    assert not [name for name in loaded if not name.startswith("natscope") and name != "__future__"]


def test_a_completion_request_is_served_without_typer() -> None:
    loaded = loaded_by(environ={"_NATSCOPE_COMPLETE": "bash", "COMP_CWORD": "1", "COMP_WORDS": "natscope\nnet"})
    assert not loaded & SLOW


def test_a_command_imports_its_own_module_only() -> None:
    loaded = loaded_by("config", "path")
    assert "natscope.cli.config" in loaded
    others = {"natscope.cli.netcheck", "natscope.cli.targets", "natscope.cli.schema", "natscope.netcheck"}
    assert not loaded & (others | {"rich", "httpx", "tomllib", "platformdirs", "pydantic", "asyncio"})


def test_the_guard_sees_an_import() -> None:
    """The list is worth something: a command that needs typer shows it."""
    assert "typer" in loaded_by("config", "path")


FIRST_PACKET = """
import os, sys
def at_first_packet(event, arguments):
    if event == "socket.sendto":
        print(" ".join(sorted(sys.modules)))
        sys.stdout.flush()
        os._exit(0)
sys.addaudithook(at_first_packet)
sys.argv = ["natscope", "netcheck", "--derp-map", sys.argv[1]]
from natscope.cli.main import main
main()
"""


def test_the_first_packet_of_a_literal_map_needs_no_library_that_can_wait(tmp_path: Path) -> None:
    node = {"Name": "1a", "RegionID": 1, "HostName": "localhost", "IPv4": "127.0.0.1", "IPv6": "none", "STUNPort": 9}
    region = {"RegionID": 1, "RegionCode": "one", "RegionName": "One", "Nodes": [node]}
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"Regions": {"1": region}}))
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PACKET, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(tmp_path), "PYTHONPATH": ":".join(path for path in sys.path if path)},
    )
    loaded = set(done.stdout.split())
    assert "natscope_probes.relay_stun" in loaded
    late = {"httpx", "httpcore", "aiodns", "pycares", "dns", "yaml", "rich", "typer", "click", "cryptography", "psutil"}
    late |= {
        "tomllib",
        "difflib",
        "importlib.metadata",
        "platformdirs",
        "natscope_reports",
        "natscope.diagnosis.engine",
    }
    assert not loaded & late
