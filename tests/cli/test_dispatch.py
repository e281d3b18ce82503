"""Unknown words, misplaced options, groups without a command: one line, exit 2."""

from __future__ import annotations

import pytest

from tests.cli.runner import Runner

ROWS = [
    (["netchek"], 'error: no command "netchek". Did you mean netcheck?\n  → natscope netcheck\n'),
    (["netchek", "--json"], "→ natscope netcheck --json\n"),
    (["xyzzy"], 'error: no command "xyzzy"\n  → natscope --help lists them: netcheck, '),
    (["netchek", "--help"], "Did you mean netcheck?"),
    (["config", "shw"], 'error: no command "shw" of "config". Did you mean show?\n  → natscope config show\n'),
    (["config", "zzzz"], "→ natscope config --help lists them: lint, show, check, path, template\n"),
    (
        ["--json", "netcheck"],
        "before any command\n  → options stand behind the command: natscope netcheck --json\n",
    ),
    (["netcheck", "--jsno"], 'error: no option "--jsno". Did you mean --json?\n  → natscope netcheck --help\n'),
    (["config", "show", "--orign"], 'no option "--orign". Did you mean --origin?\n  → natscope config show --help\n'),
    (["netcheck", "-Z"], 'error: no option "-Z"\n'),
    (["netcheck", "--profile", "quik"], 'must be one of quick, default, full, not "quik". Did you mean quick?\n'),
    (["netcheck", "--fail-on", "wran"], "Did you mean warn?"),
    (["netcheck", "--color", "alway"], "Did you mean always?"),
    (["netcheck", "--format", "jsno"], 'error: no output format "jsno". Did you mean json?\n  → there are '),
    (["netcheck", "--timeout", "soon"], 'error: --timeout must be a number, not "soon"\n'),
    (["netcheck", "--timeout", "nan"], "error: --timeout must be between 0.5 and 600, not nan\n"),
    (["netcheck", "-W", "900"], "error: --timeout must be between 0.5 and 600, not 900\n"),
    (["netcheck", "--source-port", "70000"], "error: --source-port must be between 0 and 65535, not 70000\n"),
    (["netcheck", "--source-port", "1.5"], 'error: --source-port must be a whole number, not "1.5"\n'),
    (["netcheck", "--timeout"], "error: option '--timeout' requires an argument\n  → natscope netcheck --help\n"),
    (["netcheck", "report.json"], 'error: unexpected argument "report.json"\n  → natscope netcheck --help\n'),
    (["netcheck", "--json", "--format", "text"], "error: --json and --format text contradict each other\n"),
    (["netcheck", "--full", "--profile", "quick"], "error: --full and --profile quick contradict each other\n"),
    (["netcheck", "--json", "--tailscale-json"], "contradict each other\n"),
    (["netcheck", "-q", "-v"], "error: -q and -v contradict each other\n"),
    (["help", "nat-typ"], 'error: no topic "nat-typ". Did you mean nat-types?\n'),
    (["schema", "reprot"], 'error: no schema "reprot". Did you mean report?\n'),
    (["completion", "bsh"], 'error: no completion for "bsh". Did you mean bash?\n'),
    (["completion"], "error: missing argument 'bash|zsh|fish'"),
]


@pytest.mark.parametrize(("arguments", "expected"), ROWS, ids=[" ".join(row[0]) for row in ROWS])
def test_a_mistake_is_one_sentence_and_exit_2(arguments: list[str], expected: str, natscope: Runner) -> None:
    result = natscope(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert expected in result.err
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err
    assert len(result.err.splitlines()) <= 2


def test_a_group_alone_shows_its_help_as_a_usage_error(natscope: Runner) -> None:
    result = natscope("config")
    assert result.code == 2
    assert result.out == ""
    assert "natscope config show --origin" in result.err


def test_foreign_text_in_an_error_is_cleaned(natscope: Runner) -> None:
    result = natscope("net\x1b]52;c;AAAA\x07check\u202e")
    assert result.code == 2
    assert "\x1b" not in result.err
    assert "\u202e" not in result.err


def test_an_ascii_locale_gets_ascii_errors(natscope: Runner) -> None:
    result = natscope("netchek", LANG="C")
    assert result.err == 'error: no command "netchek". Did you mean netcheck?\n  -> natscope netcheck\n'
