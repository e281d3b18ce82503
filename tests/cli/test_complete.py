"""Completion: the table's answers, and the scripts in real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.cli.complete import answer, candidates
from natscope.cli.completion_scripts import SCRIPTS

ROWS = [
    ([], "netc", ["netcheck"]),
    ([], "", ["netcheck", "ping"]),
    (["netcheck"], "--pro", ["--profile"]),
    (["netcheck", "--profile"], "", ["quick", "default", "full"]),
    (["netcheck", "--profile"], "q", ["quick"]),
    (["netcheck"], "--profile=f", ["--profile=full"]),
    (["netcheck", "--fail-on"], "w", ["warn"]),
    (["netcheck", "--only"], "relay_s", ["relay_stun"]),
    (["netcheck", "--only"], "relay_stun,inter", ["relay_stun,interfaces"]),
    (["netcheck", "--format"], "js", ["json"]),
    (["netcheck", "--derp-map"], "x", [":file"]),
    (["netcheck", "--record"], "x", [":folder"]),
    (["netcheck", "--source-port"], "1", []),
    (["netcheck"], "", []),
    (["config"], "s", ["show"]),
    (["config", "show"], "--o", ["--origin"]),
    (["help"], "nat", ["nat-types"]),
    (["schema"], "pref", ["preflight"]),
    (["completion"], "z", ["zsh"]),
    (["completion", "zsh"], "", []),
    (["derp", "map", "lint"], "d", [":file"]),
    (["nonsense"], "", []),
    ([], "--ver", []),
]


@pytest.mark.parametrize(("before", "current", "expected"), ROWS, ids=[f"{' '.join(b)} {c}|" for b, c, _ in ROWS])
def test_candidates(before: list[str], current: str, expected: list[str]) -> None:
    found = [word for word, _ in candidates(before, current)]
    assert found[: len(expected)] == expected
    if current:
        assert len(found) == len(expected)


def test_an_option_that_was_given_is_not_offered_again_unless_it_repeats() -> None:
    offered = [word for word, _ in candidates(["netcheck", "--json", "--only", "interfaces"], "--")]
    assert "--json" not in offered
    assert "--only" in offered
    assert "--help" in offered


def test_bash_gets_only_the_value_behind_an_equals_sign() -> None:
    words = "natscope\nnetcheck\n--profile\n=\nq"
    assert answer("bash", {"COMP_WORDS": words, "COMP_CWORD": "4"}) == "quick\n"
    words = "natscope\nnetcheck\n--profile\n="
    assert answer("bash", {"COMP_WORDS": words, "COMP_CWORD": "3"}).split() == ["quick", "default", "full"]


def test_words_joined_by_spaces_are_understood() -> None:
    assert (
        answer("complete_bash", {"COMP_WORDS": "natscope netcheck --de", "COMP_CWORD": "2"}).split()[0] == "--derp-map"
    )
    assert (
        answer("complete_bash", {"COMP_WORDS": "natscope netcheck --fail-on ", "COMP_CWORD": "3"}).split()[0] == "fail"
    )


@pytest.mark.parametrize(
    "environ", [{}, {"COMP_CWORD": "x"}, {"COMP_CWORD": "99", "COMP_WORDS": "natscope"}, {"COMP_CWORD": "0"}]
)
def test_a_broken_request_is_answered_quietly(environ: dict[str, str]) -> None:
    assert "Traceback" not in answer("bash", environ)


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A PATH with our program, and a file and a folder to complete."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "natscope"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m natscope "$@"\n')
    program.chmod(0o755)
    (tmp_path / "derp.yaml").touch()
    (tmp_path / "derp.d").mkdir()
    return folder


def in_shell(shell: str, script: str, bin_folder: Path) -> list[str]:
    """Run a script in a real shell without its start-up files."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [shell, *options, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=bin_folder.parent,
        env={
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "HOME": str(bin_folder.parent),
            "PYTHONPATH": ":".join(path for path in sys.path if path),
            "LANG": "C.UTF-8",
        },
    )
    assert done.stderr == ""
    return sorted(done.stdout.split("\n")[:-1])


BASH_ROWS = [
    (("netc",), ["netcheck"]),
    (("netcheck", "--profile", ""), ["default", "full", "quick"]),
    (("netcheck", "--profile", "=", "q"), ["quick"]),
    (("netcheck", "--derp-map", "der"), ["derp.d", "derp.yaml"]),
    (("netcheck", "--record", "der"), ["derp.d"]),
]


@pytest.mark.parametrize(("words", "expected"), BASH_ROWS, ids=[" ".join(words) for words, _ in BASH_ROWS])
def test_bash(words: tuple[str, ...], expected: list[str], bin_folder: Path) -> None:
    listed = " ".join(f"'{word}'" for word in ("natscope", *words))
    script = (
        f"{SCRIPTS['bash']}\nCOMP_WORDS=({listed}); COMP_CWORD={len(words)}\n_natscope_completion natscope\n"
        'for found in "${COMPREPLY[@]}"; do echo "$found"; done'
    )
    assert in_shell("bash", script, bin_folder) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("natscope netc", ["netcheck"]),
        ("natscope netcheck --profile ", ["default", "full", "quick"]),
        ("natscope netcheck --derp-map der", ["derp.d/", "derp.yaml"]),
        ("natscope netcheck --record der", ["derp.d/"]),
    ],
)
def test_fish(line: str, expected: list[str], bin_folder: Path) -> None:
    found = in_shell("fish", f"{SCRIPTS['fish']}\ncomplete --do-complete '{line}'", bin_folder)
    assert [row.split("\t")[0] for row in found] == expected


def test_zsh_reads_the_script(bin_folder: Path) -> None:
    """Zsh completes only in a line editor; here its functions are replaced by ones that print."""
    script = (
        "compdef() { }; _describe() { print -l -- ${(P)3} }; _files() { print files $* }\n"
        f"{SCRIPTS['zsh']}\n"
        "words=(natscope netcheck --profile ''); CURRENT=4; _natscope\n"
        "words=(natscope netcheck --record ''); CURRENT=4; _natscope\n"
        "words=(natscope netc); CURRENT=2; _natscope\n"
    )
    found = in_shell("zsh", script, bin_folder)
    assert found[:4] == ["default", "files -/", "full", "netcheck:can this network connect directly, and if not, why?"]
    assert found[4] == "quick"
