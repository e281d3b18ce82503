"""`natscope version`."""

from __future__ import annotations

import typer

from natscope.cli.options import AsJson
from natscope.cli.session import console_of
from natscope.version import VERSION

app = typer.Typer(add_completion=False)

_PARTS = (
    "typer",
    "rich",
    "msgspec",
    "httpx",
    "aiodns",
    "dnspython",
    "psutil",
    "cryptography",
    "PyNaCl",
    "PyYAML",
    "numpy",
)


@app.command()
def version(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the version.

    Examples:
    natscope version  # natscope 0.1.0
    natscope version --json  # also Python, the system and the parts in use
    natscope --version  # the same as the first
    """
    console = console_of(context)
    if not as_json:
        console.data(f"natscope {VERSION}\n")
        return
    import json

    console.data(json.dumps(document(), indent=2) + "\n")


def document() -> dict[str, object]:
    """Versions of natscope, Python, the system and the parts in use; None for a part that is not there."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    parts: dict[str, str | None] = {}
    for name in _PARTS:
        try:
            parts[name] = version_of(name)
        except PackageNotFoundError:
            parts[name] = None
    return {
        "natscope": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "parts": parts,
    }
