"""How a fix is verified: a command line that natscope takes, and takes for a finding of this kind."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

import pytest

from natscope.cli.dispatch import named_path
from natscope.cli.loading import load_command
from natscope.cli.relay_finding import only_of_relays
from natscope.diagnosis.catalogue import entries, find
from natscope.diagnosis.cause import Cause, Ground, Strength, Support
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.pair.judge import settled_pair
from natscope.model.finding import Finding
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import SCENES
from tests.reports.scenes import load, names

CAUSES = [entry.load().CAUSE for entry in entries()]


def trouble(line: str, *, sides: int) -> str:
    """What is wrong with a verify text, empty for a good one. Raises what the parser raises."""
    program, *words = shlex.split(line)
    if program != "natscope":
        return "not a command of natscope"
    named_path(words)
    with load_command(words[0]).make_context(words[0], words[1:]) as context:
        asked = dict(context.params)
    if words[0] == "check":
        cause_id = str(asked["finding"])
        if cause_id in only_of_relays() or find(cause_id).load().CAUSE.sides == 2:
            return "a netcheck cannot tell it"
    if words == ["netcheck"] and sides == 2:
        return "a netcheck shows one side"
    return ""


def untold(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    found = []
    for finding in findings:
        for fix in finding.fixes:
            if fix.verify and (what := trouble(fix.verify, sides=find(finding.id).load().CAUSE.sides)):
                found.append((finding.id, fix.verify, what))
    return found


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_of_every_cause(cause: Cause) -> None:
    assert untold([Claim(cause, Support(Tri.YES, (Ground(Strength.FACT, "seen"),))).finding()]) == []


@pytest.mark.parametrize("name", names())
def test_of_every_stored_report(name: str) -> None:
    assert untold(load(name).findings) == []


@pytest.mark.parametrize("name", SCENES)
def test_of_every_pair(name: str) -> None:
    assert untold(claim.finding() for claim in settled_pair(SCENES[name]())) == []


def test_some_pair_has_a_fix_that_a_netcheck_alone_would_show() -> None:
    """The teeth of the one above: NS-NAT-02 takes its fixes from causes of one side."""
    findings = [claim.finding() for make in SCENES.values() for claim in settled_pair(make())]
    lines = {fix.verify for finding in findings if finding.id == "NS-NAT-02" for fix in finding.fixes}
    assert lines == {"natscope path PEER"}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("natscope check NS-NAT-02", "a netcheck cannot tell it"),
        ("natscope check NS-REL-21", "a netcheck cannot tell it"),
        ("ip route", "not a command of natscope"),
        ("natscope check NS-NAT-01", ""),
    ],
)
def test_a_wrong_one_is_seen(line: str, what: str) -> None:
    assert trouble(line, sides=1) == what


def test_a_netcheck_is_no_answer_for_two_sides() -> None:
    assert trouble("natscope netcheck", sides=2) == "a netcheck shows one side"
