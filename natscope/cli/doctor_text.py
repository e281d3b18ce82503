"""Draws what the doctor found: a line a check, with its fix; and the fixes alone, as lines of a shell.

The ASCII form has the same lines and the same words as the other. Foreign text (messages of tailscaled, names of files
and interfaces) is cleaned before it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from natscope.cli.pen import Pen
from natscope.model.doctor import CheckResult, CheckState, DoctorReport, Group, Remedy

_LEADS = {
    CheckState.OK: ("✓ ok    ", "[ok]    ", "good"),
    CheckState.WARN: ("! warn  ", "[!!]    ", "look"),
    CheckState.FAIL: ("✗ fail  ", "[FAIL]  ", "broken"),
    CheckState.SKIP: ("– skip  ", "[--]    ", "faint"),
}
_INDENT = " " * 8
_TITLES = {
    Group.NATSCOPE: "natscope",
    Group.TAILSCALED: "tailscaled",
    Group.SURROUNDINGS: "This computer and its network",
}
NARROW = 60
"""Below this many cells the indentation shrinks."""


def draw(report: DoctorReport, pen: Pen, *, verbosity: int, code: int, again: str = "") -> str:
    """The screen. `-q` shows problems and warnings alone, `-v` names of checks and of causes too.

    `again` are options that the next command needs too.
    """
    lines: list[str] = []
    if verbosity >= 0:
        lines += pen.wrap("Warnings are hints. If everything does what you want, ignore them.", "")
    for group in Group:
        found = [check for check in report.checks if check.group is group]
        found = [check for check in found if verbosity >= 0 or _is_wrong(check)]
        if found:
            lines += ["", pen.paint(_TITLES[group], "bold")]
            for shown in _folded(found, verbosity):
                lines += _lines(shown, pen, verbosity)
    lines += ["", *pen.wrap(_counts(report, code), "")]
    if verbosity >= 0 and any(_is_wrong(check) and _commands(check) for check in report.checks):
        lines += [pen.clean(f"Next: natscope doctor --fix-commands{again}")]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_wrong(check: CheckResult) -> bool:
    return check.state in (CheckState.WARN, CheckState.FAIL)


def _commands(check: CheckResult) -> list[Remedy]:
    return [remedy for remedy in check.remedies if remedy.command]


def commands(report: DoctorReport, pen: Pen) -> str:
    """Every fix that is a command, under what it is for; a shell can read it, nothing is run here."""
    lines = [pen.clean("# Read before you run anything: natscope runs none of it.")]
    for check in report.checks:
        fixes = _commands(check)
        if _is_wrong(check) and fixes:
            lines += ["", pen.clean(f"# {check.name}: {check.says}")]
            for number, remedy in enumerate(fixes):
                # one way is enough: the others stand there as comments
                lines.append(pen.clean(f"# {remedy.do} ({remedy.who})"))
                lines.append(("# " if number else "") + pen.clean(remedy.command))
    if len(lines) == 1:
        lines.append(pen.clean("# There is nothing that a command could change."))
    return "\n".join(lines) + "\n"


def _folded(checks: Sequence[CheckResult], verbosity: int) -> Iterator[CheckResult]:
    """Skipped checks with one and the same reason as one line, unless `-v`."""
    told: set[str] = set()
    for check in checks:
        if verbosity > 0 or check.state is not CheckState.SKIP:
            yield check
            continue
        same = [other.name for other in checks if other.state is CheckState.SKIP and other.says == check.says]
        if check.says in told:
            continue
        told.add(check.says)
        says = f"{', '.join(same)}: {check.says}"
        yield CheckResult(name=check.name, group=check.group, state=check.state, says=says)


def _lines(check: CheckResult, pen: Pen, verbosity: int) -> Iterator[str]:
    plain, ascii_lead, role = _LEADS[check.state]
    lead = ascii_lead if pen.ascii_only else plain
    says = f"{check.says} [{check.name}]" if verbosity > 0 else check.says
    first, *more = pen.wrap(says, _indent(pen), first=lead)
    yield pen.paint(first[: len(lead)].rstrip(), role) + first[len(lead.rstrip()) :]
    yield from more
    if check.detail and (_is_wrong(check) or verbosity > 0):
        yield from pen.wrap(check.detail, _indent(pen))
    if _is_wrong(check):
        for remedy in check.remedies:
            yield from _remedy(remedy, pen)
    if verbosity > 0 and check.causes:
        yield from pen.wrap(f"more: {', '.join(check.causes)}", _indent(pen), role="faint")


def _remedy(remedy: Remedy, pen: Pen) -> Iterator[str]:
    """What to do and who does it; a command stands in a line of its own, whole, so that it can be copied."""
    indent = _indent(pen)
    arrow = "-> " if pen.ascii_only else "→  "
    who = "" if remedy.who == "you" else f" ({remedy.who})"
    yield from pen.wrap(f"{remedy.do}{who}", indent + "   ", first=indent + arrow)
    if remedy.command:
        yield f"{indent}   {pen.paint(pen.clean(remedy.command), 'name')}"


def _indent(pen: Pen) -> str:
    return _INDENT if pen.width >= NARROW else _INDENT[:2]


def _counts(report: DoctorReport, code: int) -> str:
    counts = report.counts
    wrong = (_count(counts.fail, "problem"), _count(counts.warn, "warning"))
    return " · ".join((*wrong, f"{counts.skip} skipped", f"{counts.ok} good", f"exit {code}"))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
