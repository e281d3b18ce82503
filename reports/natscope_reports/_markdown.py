"""Foreign text in Markdown: shown as it is, and no link, mention, picture, formula or HTML to GitHub or GitLab."""

from __future__ import annotations

import re
from collections.abc import Sequence

from natscope.plugins.clean import clean

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_LINE_START = re.compile(r"^()([-+=#])|^(\d+)([.)])(?=\s|$)")
_EMPTY = "<!-- -->"
"""Invisible, and the end of a text node: the sites look for mentions and links in each node by itself."""
_REFERENCES = re.compile(r"(@|#|!|%|&amp;|\\~|\\\$)(?=[\w\"'])")
"""Before a word: a mention, an issue, a merge request, a milestone, an epic, a label, a snippet."""
_ISSUES = re.compile(r"(?i)\b(GH)(?=-\d)")
_LINKS = re.compile(r"(?i)\b((?:https?|ftp)(?=://)|(?:mailto|xmpp)(?=:)|www(?=\.))")


def plain(text: str) -> str:
    """Text that shows exactly as it is, on one line."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text).translate(_ENTITIES))
    for pattern in (_LINKS, _ISSUES, _REFERENCES):
        escaped = pattern.sub(rf"\1{_EMPTY}", escaped)
    return _LINE_START.sub(r"\1\3\\\2\4", escaped)


def code(text: str) -> str:
    """A code span, also in a table: no mention, no link, no HTML in it."""
    cleaned = clean(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", cleaned)), default=0)
    fence = "`" * (longest + 1)
    space = " " if cleaned.startswith("`") or cleaned.endswith("`") or not cleaned.strip() else ""
    return f"{fence}{space}{cleaned}{space}{fence}"


def row(cells: Sequence[str]) -> str:
    """One row of a table."""
    return f"| {' | '.join(cells)} |"
