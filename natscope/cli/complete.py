"""Answers a completion request from the generated table, without typer.

The shell's words come one a line in `COMP_WORDS` (or joined by spaces, as click's scripts have it), the index of the
word under the cursor in `COMP_CWORD`. The answer has one candidate a line, `word<TAB>help`; `:file` and `:folder` hand
over to the shell. bash splits `--format=js` into three words (`=` is one of its word breaks), so they are joined again
and only the value is offered.
"""

from __future__ import annotations

from natscope.cli.completion_table import TABLE


def answer(shell: str, environ: dict[str, str]) -> str:
    """The text for the shell; nothing for a request that cannot be understood."""
    line = environ.get("COMP_WORDS", "")
    words = line.split("\n" if "\n" in line else " ")
    index = environ.get("COMP_CWORD", "")
    if not index.isdigit() or not words:
        return ""
    position = int(index)
    before = words[1:position]
    current = words[position] if position < len(words) else ""
    lines = []
    for word, text in candidates(*_joined(before, current), shell):
        lines.append(f"{word}\t{text}" if text and shell != "bash" else word)
    return "".join(line + "\n" for line in lines)


def candidates(before: list[str], current: str, shell: str = "") -> list[tuple[str, str]]:
    """(word, help) of everything that may stand for `current` after the words `before`."""
    path, used, pending, arguments = _walk(before)
    words, options, values = TABLE[path]
    if pending is not None:
        return _values(pending, current)
    if current.startswith("--") and "=" in current:
        name, _, part = current.partition("=")
        prefix = "" if shell == "bash" else name + "="
        return [
            (word if word.startswith(":") else prefix + word, text)
            for word, text in _values(_values_of(options, name), part)
        ]
    if current.startswith("-"):
        return _option_names(options, used, current)
    if words:
        return [(word, text) for word, text in words if word.startswith(current)]
    if arguments or not values:
        return []
    return _values(values, current)


def _joined(before: list[str], current: str) -> tuple[list[str], str]:
    """The words with `--name`, `=`, `value` put together again."""
    joined: list[str] = []
    for word in [*before, current]:
        if joined and (word == "=" or joined[-1].endswith("=")) and joined[-1].startswith("--"):
            joined[-1] += word
        else:
            joined.append(word)
    return joined[:-1], joined[-1]


def _walk(before: list[str]):  # type: ignore[no-untyped-def]  # typing costs 9 ms here
    """(path, spellings used, values that the last option waits for or None, how many arguments)."""
    path, used, pending, arguments = "", [], None, 0
    for word in before:
        if pending is not None:
            pending = None
        elif word.startswith("-"):
            name = word.partition("=")[0]
            used.append(name)
            values = _values_of(TABLE[path][1], name)
            pending = values if values is not None and "=" not in word else None
        elif f"{path} {word}".strip() in TABLE and TABLE[path][0]:
            path = f"{path} {word}".strip()
        else:
            arguments += 1
    return path, used, pending, arguments


def _values_of(options, name: str):  # type: ignore[no-untyped-def]
    return next((values for names, values, _, _ in options if name in names), None)


def _option_names(options, used: list[str], current: str) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """Long spellings, short ones when the user typed a single dash; what was given already only if it may repeat."""
    found = []
    for names, _, repeatable, text in options:
        if not repeatable and any(name in used for name in names):
            continue
        for name in names:
            if name.startswith(current) and (name.startswith("--") or not current.startswith("--")):
                found.append((name, text))
    if "--help".startswith(current):
        found.append(("--help", "examples and options"))
    return found


def _values(values, current: str) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """Words, or a request to the shell. A list such as `stun,https` is completed at its last part."""
    if values in ("file", "folder"):
        return [(f":{values}", "")]
    if not isinstance(values, tuple):
        return []
    done, comma, part = current.rpartition(",")
    return [(done + comma + word, "") for word in values if word.startswith(part)]
