"""What would tell more of a finding that is not certain, and where one command would tell two findings apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from natscope.model.finding import Finding, Severity

COMMAND = "(natscope "


def would_tell(finding: Finding) -> str:
    """One sentence; empty where nothing is named."""
    return f"Would tell more: {'; '.join(finding.missing)}." if finding.missing else ""


def telling_apart(findings: Sequence[Finding]) -> Mapping[str, str]:
    """By the id of the first of them: the sentence for findings that one and the same command would tell more of.

    What is merely worth knowing is worth no second run.
    """
    by_words: dict[str, list[str]] = {}
    for finding in findings:
        for words in finding.missing if finding.severity is not Severity.INFO else ():
            if COMMAND in words:
                by_words.setdefault(words, []).append(finding.id)
    told: dict[str, str] = {}
    for words, (first, *others) in by_words.items():
        if others:
            told.setdefault(first, f"Would tell it from {', '.join(others)}: {words}.")
    return told
