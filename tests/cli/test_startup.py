"""What an invocation imports: the start-up budget is kept by lists, not by clocks."""

from __future__ import annotations

import subprocess
import sys

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
    assert {"typer", "typing"} <= loaded_by("config", "path")
