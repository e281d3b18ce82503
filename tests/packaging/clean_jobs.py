"""Runs what a pipeline runs, as it stands: the GitHub action's script, and the lines of GitLab's snippet in docs/ci.md.

`BASE/bin/python tests/packaging/clean_jobs.py WHEELS`: each job gets a folder, a home and a Python of its own, and
`pip install natscope` takes natscope and what it depends on from the folder WHEELS. Nothing of this checkout or of the
development environment is in their reach. `BASE` is a base installation; it lends PyYAML and relays on loopback.
Exit code 1 with what a job said where it did not pass.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTION, PAGE = ROOT / "packaging" / "github-action", ROOT / "docs" / "ci.md"
POLICY = '[expect]\nudp = true\nrelays.answered = ">= 2"\n'
STRICT = ("-e", "-o", "pipefail", "-c")
"""How both runners start bash."""
JOB_S = 300


def main(wheels: Path) -> int:
    """Both jobs, one after the other; 0 where both pass."""
    with tempfile.TemporaryDirectory() as scratch, relays() as derp_map:
        failures = [
            *github_failures(Path(scratch) / "github", derp_map, wheels),
            *gitlab_failures(Path(scratch) / "gitlab", derp_map, wheels),
        ]
    for line in failures:
        print(f"clean_jobs: {line}", file=sys.stderr)
    return 1 if failures else 0


@contextmanager
def relays() -> Iterator[str]:
    """The map of two relays on loopback, which end with their standard input."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.json"
        command = [sys.executable, "-m", "natscope.lab.loopback", "--regions", "2", "--map", str(path)]
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None or process.stdout.readline() != "READY\n":
                raise SystemExit("clean_jobs: the relays did not start")
            yield path.read_text(encoding="utf-8")


def github_failures(home: Path, derp_map: str, wheels: Path) -> Iterator[str]:
    """The action's step with its own defaults, a policy, a map and JUnit."""
    tree = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    told = {"policy": "policy.toml", "derp-map": "derp.yaml", "junit": "natscope.xml"}
    command, variables = github_job(tree, told, home)
    done = run(command, home, derp_map, {"PATH": os.environ["PATH"], **variables}, wheels)
    yield from passed("the action", done, home / "natscope.xml")
    for name, says in (("output", "result=passed\n"), ("summary", "| Expectation |")):
        path = home / name
        if says not in (path.read_text(encoding="utf-8") if path.exists() else ""):
            yield f"the action: {name} has no {says.strip()!r}"


def github_job(tree: dict[str, Any], told: dict[str, str], home: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command and the variables of a composite action's one step, its expressions replaced as a runner does."""
    (step,) = tree["runs"]["steps"]
    inputs = {name: told.get(name, form.get("default", "")) for name, form in tree["inputs"].items()}
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], text)
        for name, text in step["env"].items()
    }
    runner = {
        "GITHUB_ACTION_PATH": str(ACTION),
        "GITHUB_OUTPUT": str(home / "output"),
        "GITHUB_STEP_SUMMARY": str(home / "summary"),
    }
    return (step["shell"], *STRICT, step["run"]), variables | runner


def gitlab_failures(home: Path, derp_map: str, wheels: Path) -> Iterator[str]:
    """The snippet's lines, in an environment like that of its image: a Python with pip, first on the path."""
    lines = gitlab_lines(PAGE.read_text(encoding="utf-8"))
    subprocess.run(["python3", "-m", "venv", str(home / "image")], check=True)
    command = ("bash", *STRICT, "\n".join(lines))
    done = run(command, home, derp_map, {"PATH": f"{home / 'image' / 'bin'}:{os.environ['PATH']}"}, wheels)
    yield from passed("GitLab's snippet", done, home / "natscope.xml")


def gitlab_lines(page: str) -> list[str]:
    """The `script` of the page's one snippet that has a job with an image."""
    jobs = [
        job
        for snippet in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        for job in yaml.safe_load(snippet).values()
        if isinstance(job, dict) and "image" in job
    ]
    (job,) = jobs
    return list(job["script"])


def run(
    command: tuple[str, ...], home: Path, derp_map: str, variables: dict[str, str], wheels: Path
) -> subprocess.CompletedProcess[str]:
    """In a folder with the repository's files, with what the runner sets and where packages come from: no more."""
    home.mkdir(exist_ok=True)
    (home / "policy.toml").write_text(POLICY, encoding="utf-8")
    (home / "derp.yaml").write_text(derp_map, encoding="utf-8")
    constant = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CI": "true",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    return subprocess.run(
        command,
        cwd=home,
        env=constant | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=JOB_S,
        check=False,
    )


def passed(what: str, done: subprocess.CompletedProcess[str], junit: Path) -> Iterator[str]:
    """What is missing of a job that passed."""
    if done.returncode != 0:
        yield f"{what} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    if not junit.exists() or "<testsuites" not in junit.read_text(encoding="utf-8"):
        yield f"{what} wrote no JUnit"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
