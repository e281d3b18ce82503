"""Reads the commands out of a Markdown page."""

from __future__ import annotations

import re
import shlex

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")


def blocks(page: str, language: str) -> list[str]:
    """The bodies of fenced blocks of one language."""
    return [body for found, body in BLOCK.findall(page) if found == language]


def commands(page: str) -> list[list[str]]:
    """Every command line of `sh` blocks, and every `natscope …` in running text, as words."""
    lines = [line.strip() for body in blocks(page, "sh") for line in body.splitlines()]
    prose = BLOCK.sub("", page)
    lines += [text for text in INLINE.findall(prose) if text.startswith(("natscope ", "make "))]
    return [shlex.split(line, comments=True) for line in lines if line]


def flags_in_prose(page: str) -> set[str]:
    """Options named alone in running text, such as `--json`."""
    return {text.split()[0] for text in INLINE.findall(BLOCK.sub("", page)) if re.match(r"--?[a-z]", text)}


def demo_output(page: str) -> str:
    """The real output between the markers."""
    marked = re.search(r"<!-- demo:.*?-->\n```text\n(.*?)```\n<!-- end of demo -->", page, re.DOTALL)
    assert marked is not None, "the README has no demo block"
    return marked[1]
