"""The help of a command as text: what it does, three examples, usage, options, exit codes; 80 columns.

Made from the live typer command. Only the generator and tests use it: users get the literals made from it.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from natscope.cli import exit_codes
from natscope.cli.commands import COMMANDS

WIDTH = 80
FIRST_COLUMN = 30

_REACHING = ("status", "ping", "path")

TAGLINE = "natscope says why your mesh connection is slow or relayed, and what to change."

ROOT_EXAMPLES = (
    ("natscope netcheck", "can this network connect directly?"),
    ("natscope netcheck --derp-map derp.yaml", "ask your own relays and nobody else"),
    ("natscope netcheck --json -o report.json", "for a program or a support ticket"),
)


def first_contact(paths: Sequence[str]) -> str:
    """What `natscope` alone prints; `paths` are all commands, so that only those that exist are named."""
    more = ", ".join(path for path in _folded(paths) if path not in ("netcheck", "targets", "status", "ping"))
    return (
        f"{TAGLINE}\n\n"
        "  natscope netcheck          can this network connect directly?      2 s\n"
        "  natscope status            how is each peer of your mesh reached?\n"
        "  natscope ping PEER         does this peer get direct? if not, why\n"
        "  natscope targets           whom would that contact, how often?\n\n"
        + textwrap.fill(more, WIDTH, initial_indent="  more     ", subsequent_indent="           ")
        + "\n\nnatscope COMMAND --help starts with examples · natscope help nat-types\n"
    )


def _folded(paths: Sequence[str]) -> list[str]:
    """Commands of one group as one word: `config show|check`; groups by themselves are left out."""
    leaves: dict[str, list[str]] = {}
    for path in paths:
        if not any(other.startswith(f"{path} ") for other in paths):
            group, _, name = path.rpartition(" ")
            leaves.setdefault(group or name, []).append(name)
    return [group if names == [group] else f"{group} {'|'.join(names)}" for group, names in leaves.items()]


def root_help() -> str:
    """What `natscope --help` prints."""
    return "\n".join(
        [
            TAGLINE,
            "",
            *_examples(ROOT_EXAMPLES),
            "",
            "Usage: natscope COMMAND [OPTIONS]",
            "",
            "Commands",
            *(line for row in COMMANDS for line in _record(row[0], row[3], 14)),
            "",
            "Options",
            *_record("--help, -h", "this text; COMMAND --help starts with examples", 16),
            *_record("--version, -V", "the version", 16),
            "",
            *_exit_codes(tuple(sorted((*exit_codes.COMMON, exit_codes.FINDINGS)))),
            "  natscope help exit-codes says more",
            "",
        ]
    )


def command_help(path: str, command: Any) -> str:
    """The help of one live command or group; `path` is its words, `derp map lint`."""
    summary, examples, rest = parse_docstring(command.callback.__doc__ if command.callback else command.help)
    children = getattr(command, "commands", {})
    lines = [*textwrap.wrap(summary, WIDTH), "", *_examples(examples), "", f"Usage: natscope {path}{_usage(command)}"]
    for paragraph in rest:
        lines += ["", *textwrap.wrap(paragraph, WIDTH)]
    if children:
        lines += ["", "Commands"]
        for name, child in children.items():
            lines += _record(name, parse_docstring(child.help)[0].rstrip("."), 14)
    options = list(_option_lines(command))
    if options:
        lines += ["", "Options", *options]
    if not children:
        lines += ["", *_exit_codes(_codes_of(path, command), path)]
    return "\n".join([*lines, ""])


def parse_docstring(doc: str | None) -> tuple[str, tuple[tuple[str, str], ...], tuple[str, ...]]:
    """(first line, examples as (command, note), other paragraphs) of a command's docstring.

    The paragraph that begins with `Examples:` has one example a line, `command  # note`.
    """
    paragraphs = inspect.cleandoc(doc or "").replace("\b\n", "").split("\n\n")
    examples: list[tuple[str, str]] = []
    rest = []
    for paragraph in paragraphs[1:]:
        lines = paragraph.strip().splitlines()
        if lines and lines[0].strip() == "Examples:":
            for line in lines[1:]:
                text, _, note = line.strip().partition("  # ")
                examples.append((text.strip(), note.strip()))
        elif lines:
            rest.append(" ".join(line.strip() for line in lines))
    return " ".join(paragraphs[0].split()), tuple(examples), tuple(rest)


def _examples(examples: Sequence[tuple[str, str]]) -> list[str]:
    """Notes stand in one column where they fit, else under their command."""
    column = min(max((len(text) for text, _ in examples), default=0) + 4, 46)
    lines = []
    for text, note in examples:
        if note and len(text) + 3 < column and column + len(note) <= WIDTH:
            lines.append(f"  {text:<{column - 2}}{note}")
        else:
            lines += [f"  {text}", *([f"      {note}"] if note else [])]
    return lines


def _usage(command: Any) -> str:
    pieces = [" COMMAND"] if getattr(command, "commands", None) else []
    if any(param.param_type_name == "option" and param.name != "help" for param in command.params):
        pieces.append(" [OPTIONS]")
    for param in command.params:
        if param.param_type_name == "argument":
            name = param.metavar or param.name.upper()
            pieces.append(f" {name}" if param.required or name.startswith("[") else f" [{name}]")
    return "".join(pieces)


def _option_lines(command: Any) -> Iterator[str]:
    for param in command.params:
        if param.param_type_name != "option" or getattr(param, "hidden", False) or param.name == "help":
            continue
        yield from _record(_spellings(param), param.help or "", FIRST_COLUMN)
    yield from _record("--help, -h", "this text", FIRST_COLUMN)


def _spellings(param: Any) -> str:
    """`--interface, -i NAME`, `--https / --no-https`."""
    names = ", ".join(sorted(param.opts, key=lambda name: (not name.startswith("--"), param.opts.index(name))))
    if param.secondary_opts:
        return f"{names} / {', '.join(param.secondary_opts)}"
    if param.is_flag or param.count:
        return names
    return f"{names} {param.metavar or param.type.name.upper()}"


def _record(name: str, text: str, column: int) -> list[str]:
    """One row of two columns; a long name gets a line of its own."""
    wrapped = textwrap.wrap(text, WIDTH - column - 2) or [""]
    indent = " " * (column + 2)
    if len(name) + 2 > column:
        return [f"  {name}", *(indent + line for line in wrapped)]
    return [f"  {name:<{column}}{wrapped[0]}".rstrip(), *(indent + line for line in wrapped[1:])]


def _codes_of(path: str, command: Any) -> tuple[int, ...]:
    """1 belongs to commands that judge something, 10 and 20 to those that reach peers."""
    if path in _REACHING:
        more = (exit_codes.DEGRADED, exit_codes.DEADLINE) if path == "ping" else ()
        return tuple(sorted((*exit_codes.COMMON, exit_codes.RELAYED, exit_codes.UNREACHABLE, *more)))
    if path == "preflight":
        return tuple(sorted((*exit_codes.COMMON, exit_codes.RELAYED, exit_codes.DEGRADED)))
    if path == "pair":
        return tuple(sorted((*exit_codes.COMMON, exit_codes.RELAYED)))
    judges = path in ("config check", "doctor", *exit_codes.MEANING_OF_FINDINGS) or any(
        "--fail-on" in param.opts for param in command.params
    )
    found = [exit_codes.FINDINGS] if judges else []
    return tuple(sorted((*exit_codes.COMMON, *found)))


def _exit_codes(codes: Sequence[int], path: str = "") -> list[str]:
    here = exit_codes.MEANING
    if path in exit_codes.MEANING_OF_FINDINGS:
        here = here | {exit_codes.FINDINGS: exit_codes.MEANING_OF_FINDINGS[path]}
    return ["Exit codes", *(f"  {code:>3}  {here[code]}" for code in codes)]
