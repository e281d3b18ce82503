"""Problems of a relay map as frames: what is wrong, the line it stands in, carets under the words, what to write."""

from __future__ import annotations

import re
from collections.abc import Sequence

from natscope.cli.frames import Framed, FrameStyle, count, counted, draw_frame, last_line
from natscope.model.relay_map import MapProblem, RelayMap

_LINE_FIX = re.compile(r'"?\w+"?:(?: |$)')
_CODES = {"single-region": "NS-REL-07"}
_CAUSE = "NS-REL-06"


def draw_problems(
    problems: Sequence[MapProblem], name: str, lines: Sequence[str], relay_map: RelayMap, style: FrameStyle
) -> str:
    """One frame for each problem, a blank line after each; empty without problems."""
    kept = {region.region_id for region in relay_map.regions}
    frames = (draw_frame(_framed(problem, kept), name, lines, style) for problem in problems)
    return "".join("\n".join(frame) + "\n\n" for frame in frames)


def subject_of(problem: MapProblem, kept: set[int]) -> str:
    """What a problem costs, or what a warning is about; `kept` are the ids of the usable regions."""
    region = "" if problem.region_id is None else f"region {problem.region_id}"
    if problem.severity != "error":
        return f"{region}: {problem.code.replace('-', ' ')}" if region else problem.code.replace("-", " ")
    if not region:
        return f"{problem.place} cannot be used"
    if problem.region_id not in kept:
        return f"{region} cannot be used"
    return f"a {'node' if '[' in problem.place else 'field'} of {region} cannot be used"


def _framed(problem: MapProblem, kept: set[int]) -> Framed:
    word = "write" if _LINE_FIX.match(problem.fix) else "fix"
    return Framed(
        severity=problem.severity,
        subject=subject_of(problem, kept),
        right=_CODES.get(problem.code, _CAUSE),
        code=problem.code,
        place=problem.place,
        message=problem.message,
        foot=f"{word}: {problem.fix.strip()}" if problem.fix else "",
        line=problem.line,
        column=problem.column,
    )


def summary(problems: Sequence[MapProblem], total: int, usable: int, code: int, style: FrameStyle) -> str:
    """The last line: counts, what can be used, exit code."""
    errors = sum(problem.severity == "error" for problem in problems)
    regions = count(total, "region") if usable == total else f"{usable} of {total} regions can be used"
    return last_line((counted(problems, errors), regions, f"exit {code}"), style)
