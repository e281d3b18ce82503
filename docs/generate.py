"""`make docs`: writes every generated file again; `--check` only says which ones are stale.

The pages are made from the program itself: the command line from its live commands, the report's keys from its model,
the causes' pages from their docstrings.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from natscope.cli import generate as command_line
from natscope.cli.commands import COMMANDS
from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.page import pages, read_docstring
from natscope.lab.library import all_scenarios
from natscope.lab.scenario import Bed
from natscope.lab.shown import ONLY_RECORDED, shown_by
from natscope.relay_check.meanings import MEANINGS
from natscope_reports import _schema

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- made by docs/generate.py (make docs); do not edit -->"
PLAIN = {"string": "text", "boolean": "true or false"}
FINDINGS_BEGIN, FINDINGS_END = "<!-- findings: made by docs/generate.py (make docs) -->", "<!-- end of findings -->"
KEYS_BEGIN, KEYS_END = "<!-- keys: made by docs/generate.py (make docs) -->", "<!-- end of keys -->"


def expected() -> dict[str, str]:
    """Every generated file, relative to the top, with what it should hold."""
    files = {
        "natscope/cli/help_text.py": command_line.help_module(),
        "natscope/cli/completion_table.py": command_line.completion_module(),
        "docs/cli.md": cli_page(),
        "docs/report.md": report_page((ROOT / "docs" / "report.md").read_text()),
    }
    files["docs/relay-check.md"] = relay_check_page((ROOT / "docs" / "relay-check.md").read_text())
    files |= {shape.file.relative_to(ROOT).as_posix(): _schema.text(shape) for shape in _schema.SHAPES}
    files["docs/cause-scenarios.md"] = scenarios_page()
    return files | {f"docs/causes/{name}": text for name, text in pages().items()}


def stale() -> list[str]:
    """Which generated files are missing, differ, or are no longer made."""
    files = expected()
    wrong = [name for name, text in files.items() if not (ROOT / name).is_file() or (ROOT / name).read_text() != text]
    causes = (p.relative_to(ROOT).as_posix() for p in (ROOT / "docs" / "causes").glob("*.md"))
    return sorted([*wrong, *(name for name in causes if name not in files)])


def scenarios_page() -> str:
    """Each cause with the scenarios that show it, or with the recorded facts that stand for it."""
    scenarios = all_scenarios()
    shown, only_simulated = shown_by(scenarios), {s.name for s in scenarios if not s.can(Bed.KERNEL)}
    intro = (
        "`natscope lab matrix NAME` says what a netcheck finds in the network of a scenario, `natscope lab up NAME` "
        "builds it out of namespaces; those with a * stand in the simulator only. Where no scenario shows a cause, "
        "stored reports in `fixtures/reports/` or scenes of two nodes in `tests/diagnosis/pair/scenes.py` stand for "
        "it. `tests/lab/test_every_cause.py` holds this."
    )
    rows = ["| cause | says | shown by |", "|---|---|---|"]
    for entry in entries():
        module = entry.load()
        names = ", ".join(f"`{name}`{' *' * (name in only_simulated)}" for name in shown.get(entry.id, ()))
        recorded = f"no scenario{_why_not(entry.id)}; recorded: {', '.join(module.CAUSE.fires)}"
        title = read_docstring(module)[0]
        rows.append(f"| [{entry.id}](causes/{entry.id}.md) | {title} | {names or recorded} |")
    return "\n\n".join((MADE, "# Which scenario shows which cause", intro, "\n".join(rows))) + "\n"


def _why_not(cause: str) -> str:
    return f": {ONLY_RECORDED[cause]}" if cause in ONLY_RECORDED else ""


def cli_page() -> str:
    """Each command's help as a page."""
    parts = [MADE, "# Command line", "What `natscope COMMAND --help` prints."]
    groups = {name for name, _, is_group, _ in COMMANDS if is_group}
    for path, text in help_texts().items():
        heading = f"`natscope {path}`".replace(" `", "`") if path else "`natscope`"
        level = "###" if path.split(" ")[0] in groups and " " in path else "##"
        parts.append(f"{level} {heading}\n\n```text\n{text.strip()}\n```")
    return "\n\n".join(parts) + "\n"


def help_texts() -> dict[str, str]:
    """Path of a command to its help, from the live commands."""
    namespace: dict[str, Any] = {}
    exec(command_line.help_module(), namespace)
    return dict(namespace["HELP"])


def report_page(page: str) -> str:
    """`docs/report.md` with its tables of keys made again."""
    before, _, rest = page.partition(KEYS_BEGIN)
    after = rest.partition(KEYS_END)[2]
    return f"{before}{KEYS_BEGIN}\n\n{keys()}\n{KEYS_END}{after}"


def relay_check_page(page: str) -> str:
    """`docs/relay-check.md` with its table of findings made again."""
    before, _, rest = page.partition(FINDINGS_BEGIN)
    after = rest.partition(FINDINGS_END)[2]
    rows = ["| id | what it says | what it means | what to do |", "|---|---|---|---|"]
    made = pages()
    for name, meaning in MEANINGS.items():
        linked = f"[{name}](causes/{name}.md)" if f"{name}.md" in made else name
        rows.append(f"| {linked} | {meaning.says} | {meaning.means} | {meaning.do} |")
    return before + "\n".join([FINDINGS_BEGIN, "", *rows, "", FINDINGS_END]) + after


def keys() -> str:
    """A section for each object of a report, the report itself first."""
    objects: dict[str, Any] = _schema.build()["$defs"]
    order = ["Report", *(name for name in objects if name != "Report")]
    return "\n".join(section(name, objects[name]) for name in order)


def section(name: str, definition: dict[str, Any]) -> str:
    """One object or enumeration: its description and its keys."""
    text = re.sub(r"\s+", " ", definition.get("description", "")).strip()
    lines = [f"### {name}", "", text, ""] if text else [f"### {name}", ""]
    if "properties" in definition:
        lines += ["| key | value |", "|---|---|"]
        lines += [f"| `{key}` | {kind(value)} |" for key, value in definition["properties"].items()]
    else:
        lines.append("One of " + ", ".join(f'`"{value}"`' for value in definition.get("enum", [])) + ".")
    return "\n".join([*lines, ""])


def kind(value: dict[str, Any]) -> str:
    """A JSON Schema type in words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(kind(option) for option in value["anyOf"])
    if value.get("type") == "array":
        return f"list of {kind(value.get('items') or {})}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"object of {kind(inner)}" if isinstance(inner, dict) and inner else "object"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    return PLAIN.get(value.get("type", ""), str(value.get("type", "any")))


def main() -> int:
    """Write what is stale, or say it."""
    checking = "--check" in sys.argv[1:]
    files = expected()
    names = stale()
    for name in names:
        print(f"{name} is stale: make docs" if checking else f"{name} written" if name in files else f"{name} removed")
        if checking:
            continue
        path = ROOT / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name])
        else:
            path.unlink()
    return 1 if checking and names else 0


if __name__ == "__main__":
    sys.exit(main())
