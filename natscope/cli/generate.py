"""`python -m natscope.cli.generate`: writes the generated modules (`MODULES`) from the live commands.

A test makes them again and refuses stale ones. `--check` does the same from a shell.
"""

from __future__ import annotations

import os.path
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from natscope.cli import layout
from natscope.cli.commands import COMMANDS, QUICK
from natscope.cli.completion_scripts import SCRIPTS
from natscope.cli.loading import load_command

HERE = os.path.dirname(os.path.abspath(__file__))
_HEAD = '"""{what}\n\nMade by `python -m natscope.cli.generate`; do not edit.\n"""\n\n# ruff: noqa\n# fmt: off\n\n'


def live_commands() -> Iterator[tuple[str, Any]]:
    """(path, live command) of every command and group."""
    for name, *_ in COMMANDS:
        yield from _walk(name, load_command(name))


def _walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _walk(f"{path} {name}", child)


def help_module() -> str:
    """The text of `help_text.py`."""
    commands = dict(live_commands())
    texts = {"": layout.root_help()}
    texts.update((path, layout.command_help(path, command)) for path, command in commands.items())
    lines = [_HEAD.format(what="The help of every command as literals, so that printing one imports nothing else.")]
    lines.append(f"FIRST_CONTACT = {_literal(layout.first_contact(tuple(commands)))}\n\nHELP = {{\n")
    lines += [f"    {_quoted(path)}: {_literal(text)},\n" for path, text in texts.items()]
    return "".join([*lines, "}\n"])


def completion_module() -> str:
    """The text of `completion_table.py`: per path its words, options with their values, and what an argument is."""
    lines = [_HEAD.format(what="What can be completed after which words, as literals.")]
    lines.append("# path: (words with help, options (spellings, values, repeatable, help), values of the arguments)\n")
    lines.append("# values: None for a flag, a tuple of words, or the kind of file: file, folder, any\n")
    lines.append("TABLE = {\n")
    lines.append(f'    "": ({_rows((row[0], row[3]) for row in COMMANDS)}, (), ()),\n')
    for path, command in live_commands():
        children = getattr(command, "commands", {})
        words = _rows((name, layout.parse_docstring(child.help)[0].rstrip(".")) for name, child in children.items())
        lines.append(f"    {_quoted(path)}: (\n        {words},\n        (\n")
        lines += [f"            {option!r},\n" for option in _options(command)]
        lines.append(f"        ),\n        {_argument_values(path, command)!r},\n    ),\n")
    return "".join([*lines, "}\n"])


def quick_module() -> str:
    """The text of `quick_table.py`: per quick command its spellings as (parameter, kind), and the defaults."""
    lines = [_HEAD.format(what="The options of commands whose start is measured in milliseconds, as literals.")]
    commands = dict(live_commands())
    lines.append("# kinds: value, list, count, yes and no (a flag that sets True or False)\n")
    lines.append("OPTIONS: dict[str, dict[str, tuple[str, str]]] = {\n")
    for path in QUICK:
        lines.append(f"    {_quoted(path)}: {{\n")
        lines += [f"        {spelling!r}: {row!r},\n" for spelling, row in _spellings(commands[path])]
        lines.append("    },\n")
    lines.append("}\n\nDEFAULTS: dict[str, dict[str, object]] = {\n")
    for path in QUICK:
        with commands[path].make_context(path, []) as context:
            defaults = dict(context.params)
        lines.append(f"    {_quoted(path)}: {defaults!r},\n")
    return "".join([*lines, "}\n"])


def _spellings(command: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    for param in command.params:
        if param.name == "help":
            continue
        flag = "count" if param.count else "yes" if param.is_flag else "list" if param.multiple else "value"
        yield from ((name, (param.name, flag)) for name in param.opts)
        yield from ((name, (param.name, "no")) for name in param.secondary_opts)


def _options(command: Any) -> Iterator[tuple[tuple[str, ...], object, bool, str]]:
    for param in command.params:
        if param.param_type_name != "option" or getattr(param, "hidden", False) or param.name == "help":
            continue
        flag = param.is_flag or param.count
        names = tuple(param.opts) + tuple(param.secondary_opts)
        yield names, None if flag else _values(param), bool(param.multiple or param.count), param.help or ""


def _values(param: Any) -> object:
    """What an option takes, told by its name and metavar."""
    if param.name == "format_name":
        return format_names()
    if param.name == "only_checks":
        return check_names()
    if param.name in ("only", "skip"):
        return probe_names()
    metavar = str(param.metavar or "")
    if "FILE" in metavar:
        return "file"
    if "DIR" in metavar:
        return "folder"
    choices = getattr(param.type, "choices", None)
    if choices:
        return tuple(str(choice) for choice in choices)
    return tuple(metavar.split("|")) if metavar.islower() and "|" in metavar else "any"


def _argument_values(path: str, command: Any) -> object:
    """What the first argument of a command may be."""
    if path == "help":
        from natscope.cli.help import topics

        return (*topics(), *(row[0] for row in COMMANDS))
    if path == "completion":
        return tuple(SCRIPTS)
    if path == "schema":
        from natscope.cli.schema import schemas

        return tuple(schemas())
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    if not arguments:
        return ()
    metavar = str(arguments[0].metavar or arguments[0].name).upper()
    return "folder" if "DIR" in metavar else "file" if "FILE" in metavar else "any"


def format_names() -> tuple[str, ...]:
    """The names of the built-in output formats."""
    from natscope.cli.formats import builtin_names

    return builtin_names()


def probe_names() -> tuple[str, ...]:
    """The names of the built-in probes."""
    from natscope.plugins.loader import PROBES, find

    return tuple(module.name for module in find(PROBES).modules if module.builtin)


def check_names() -> tuple[str, ...]:
    """The names of the doctor's groups and checks."""
    from natscope.doctor.catalogue import all_checks
    from natscope.model.doctor import Group

    return (*map(str, Group), *(module.CHECK.name for module in all_checks()))


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return repr(tuple((str(name), str(text)) for name, text in rows))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _literal(text: str) -> str:
    return '"""\\\n' + text.replace("\\", "\\\\").replace('"""', '\\"""') + '"""'


MODULES = {"help_text.py": help_module, "completion_table.py": completion_module, "quick_table.py": quick_module}


def main() -> int:
    """Write the modules, or with `--check` say which one is stale."""
    stale = []
    for name, make in MODULES.items():
        path = os.path.join(HERE, name)
        text = make()
        try:
            with open(path, encoding="utf-8") as file:
                old = file.read()
        except FileNotFoundError:
            old = ""
        if text == old:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    for name in stale:
        print(f"{name} {'is stale: python -m natscope.cli.generate' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
