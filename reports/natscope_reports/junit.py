"""JUnit XML, for CI servers: a test case for the verdict, each finding, probe and relay.

Source: the schema that Jenkins, GitLab and GitHub's actions read (testmoapp/junitxml describes it).
"""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from natscope.model.report import Report
from natscope.plugins.clean import clean
from natscope.plugins.report_format import Format, RenderOptions
from natscope_reports._cases import Case, State, cases

FORMAT = Format(
    name="junit", media_type="application/xml", extension="xml", for_terminal=False, summary="JUnit XML, for CI servers"
)


def render(report: Report, options: RenderOptions) -> str:
    """A suite per group."""
    return document("natscope netcheck", cases(report, options.fail_on), report.started_at)


def document(name: str, found: list[Case], started_at: str) -> str:
    """Any cases, those of one group side by side, as a suite per group."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={_attribute(name)}{_counts(found)}>"]
    for group, members in groupby(found, lambda case: case.group):
        lines += _suite(group, list(members), started_at)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(group: str, members: list[Case], started_at: str) -> list[str]:
    head = f"  <testsuite name={_attribute(group)}{_counts(members)} timestamp={_attribute(started_at)}>"
    return [head, *(line for case in members for line in _case(group, case)), "  </testsuite>"]


def _counts(found: list[Case]) -> str:
    failures, skipped, errors = (
        sum(case.state is state for case in found) for state in (State.FAILED, State.SKIPPED, State.ERROR)
    )
    seconds = sum(case.seconds or 0.0 for case in found)
    return (
        f' tests="{len(found)}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{seconds:.3f}"'
    )  # fmt: skip


def _case(group: str, case: Case) -> list[str]:
    time = "" if case.seconds is None else f' time="{case.seconds:.3f}"'
    head = f"    <testcase classname={_attribute(f'natscope.{group}')} name={_attribute(case.name)}{time}"
    inner = _inner(case)
    return [f"{head}>", *inner, "    </testcase>"] if inner else [f"{head}/>"]


def _inner(case: Case) -> list[str]:
    message = f" message={_attribute(case.message)}"
    if case.state is State.SKIPPED:
        return [f"      <skipped{message}/>"]
    tag = {State.FAILED: "failure", State.ERROR: "error"}.get(case.state)
    if tag:
        kind = f" type={_attribute(case.severity or case.group)}"
        return [f"      <{tag}{message}{kind}>{_text(case.details)}</{tag}>"]
    told = "\n".join(part for part in (case.message, case.severity, case.details) if part)
    return [f"      <system-out>{_text(told)}</system-out>"] if told else []


def _attribute(text: str) -> str:
    return quoteattr(clean(text))


def _text(text: str) -> str:
    """Several lines; each one cleaned."""
    return escape("\n".join(clean(line) for line in text.split("\n")))
