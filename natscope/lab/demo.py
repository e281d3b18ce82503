"""`make demo`: netchecks on three hosts of a small lab, one report as its user sees it, and which lines are right; then
why two of the hosts would be relayed, and the report as a file for a browser.

The lab is made of namespaces where this computer allows it, else it is simulated; the command that runs is the user's
own, and it ends with 0 only when no line of any report contradicts what is true in the scenario. Nothing leaves this
computer: relays, routers and hosts are all part of the lab.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from natscope.lab.bed import kernel_bed

COMMAND = ("lab", "run", "neighbours", "--report", "ben")
PAIR = ("anna", "ben")
RELAYED = 10
FOLDER = "natscope-demo"
"""In the working folder: what the demo leaves."""
LIMIT_S = 120.0


def main() -> int:
    """Run the demo; the exit code of the command that it shows."""
    missing = kernel_bed().missing()
    if missing:
        print(f"simulated: no lab of namespaces can be built here ({missing})", flush=True)
    command = [*COMMAND, *(["--sim"] if missing else [])]
    print(f"$ natscope {shlex.join(command)}\n", flush=True)
    kept = Path.cwd() / FOLDER
    with tempfile.TemporaryDirectory(prefix="natscope-demo-") as folder:
        environment = clean_environment(Path(folder))
        code, _ = natscope([*command, "--keep", FOLDER], environment, capture=False)
        return code or explain_pair(kept, environment)


def explain_pair(kept: Path, environment: dict[str, str]) -> int:
    """Why the two hosts are relayed, and one report for a browser; 0 when both went well."""
    files = [os.path.join(FOLDER, f"{host}.json") for host in PAIR]
    page = os.path.join(FOLDER, f"{PAIR[1]}.html")
    steps = ((["pair", *files], RELAYED), (["report", files[1], "--format", "html", "-o", page], 1))
    for command, wanted in steps:
        print(f"\n$ natscope {shlex.join(command)}\n", flush=True)
        code, _ = natscope(command, environment, capture=False)
        if code != wanted:
            return code or 1
    print(f"Open {kept / f'{PAIR[1]}.html'} in a browser.", flush=True)
    return 0


def clean_environment(folder: Path) -> dict[str, str]:
    """Ours without settings, configuration, caches and proxies of whoever runs the demo."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NATSCOPE_") and not k.lower().endswith("_proxy")}
    return kept | {f"XDG_{what}_HOME": str(folder / what.lower()) for what in ("CONFIG", "CACHE", "STATE", "DATA")}


def natscope(arguments: list[str], environment: dict[str, str], *, capture: bool = True) -> tuple[int, str]:
    """Run the command line; exit code and, when captured, standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "natscope", *arguments],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if capture else None, text=True,
        timeout=LIMIT_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout or ""


if __name__ == "__main__":
    sys.exit(main())
