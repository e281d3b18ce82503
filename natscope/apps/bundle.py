"""One zip for a support ticket: the report in three forms, the mesh, the doctor, versions; masked alike unless refused.

Nothing is sent anywhere: the file stays on this computer until somebody attaches it.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from natscope.apps.report_file import MEMBER
from natscope.model.report import Report
from natscope.plugins.clean import clean
from natscope.redact.mask import Mask, texts_in
from natscope.redact.report import bare_names, masked_by, places, texts_of
from natscope.version import VERSION

MAX_PCAP_BYTES = 64 * 1024 * 1024
JOURNAL_LINES = 500
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Zip's earliest time: the files' times would only say when the bundle was made, which the report says better."""
_BARE = (
    *("HostName", "Hostname", "LoginName", "DisplayName", "Name", "ComputedName", "owner", "host_name", "user"),
    *("ID", "StableID"),
)
_DOMAINS = ("DNSName", "Name", "LoginName")
"""Their first part alone also names somebody: of a node, a tailnet, a person."""
_SHORT_KEY = re.compile(r"(?<=\[)[0-9A-Za-z+/]{5}(?=\])|(?<=\bd:)[0-9a-f]{16}\b")
"""`[Ab1cD]` is a node's key, `d:0123456789abcdef` one for discovery, in the logs of tailscaled (key.ShortString)."""
Draw = Callable[[Report, str], str]
"""A report in a form, by the form's name."""


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What goes in. `documents` by file name, JSON values; `logs` by file name, lines; `notes` say what is missing."""

    report: Report
    documents: Mapping[str, Any] = field(default_factory=dict)
    logs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pcap: bytes = b""
    masked: bool = True


def make_bundle(found: Ingredients, draw: Draw) -> bytes:
    """The zip's bytes: the same ingredients give the same bytes."""
    tree = msgspec.to_builtins(found.report)
    report, documents, notes, logs = found.report, dict(found.documents), found.notes, dict(found.logs)
    if found.masked:
        mask = _mask(found)
        report = masked_by(mask, tree)
        documents = {name: mask.tree(document) for name, document in documents.items()}
        notes = tuple(mask.text(note) for note in notes)
        logs = {name: "\n".join(_masked_line(mask, line) for line in text.split("\n")) for name, text in logs.items()}
    logs = {name: "\n".join(clean(line) for line in text.split("\n")) for name, text in logs.items()}
    members = {
        "README.txt": _readme(found, [*sorted(documents), *logs], notes),
        MEMBER: draw(report, "json"),
        "report.html": draw(report, "html"),
        "report.md": draw(report, "md"),
        **{name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in documents.items()},
        **logs,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(
                zipfile.ZipInfo(name, EPOCH), text.encode("utf-8", "backslashreplace"), zipfile.ZIP_DEFLATED
            )
        if found.pcap:
            archive.writestr(zipfile.ZipInfo("packets.pcapng", EPOCH), found.pcap, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def log_of(report: Report, warnings: Sequence[str]) -> str:
    """What natscope says of its own run: how each probe ended, and what it warned of."""
    lines = [f"run {report.run_id}, {report.started_at}, {report.duration_ms / 1000:.1f} s"]
    for probe in report.probes:
        spent = f"after {probe.elapsed_ms:.0f} ms, {probe.packets_sent} packets"
        why = f": {probe.reason}" if probe.reason else ""
        lines.append(f"probe {probe.name}: {probe.state} {spent}{why}")
    lines += [f"not measured: {each.what}: {each.reason}" for each in report.not_measured]
    lines += [f"warning: {text}" for text in warnings] or ["no warnings"]
    return "\n".join(lines) + "\n"


def _masked_line(mask: Mask, line: str) -> str:
    """Programs of meshes also write keys by their beginnings alone, which lead to whoever has the key."""
    return _SHORT_KEY.sub("…", mask.text(line))


def _mask(found: Ingredients) -> Mask:
    """One mapping for all that goes in."""
    texts = [*texts_of(found.report), *(text for document in found.documents.values() for text in texts_in(document))]
    texts += [line for text in found.logs.values() for line in text.split("\n")]
    bare = [*bare_names(found.report), *(name for document in found.documents.values() for name in _people(document))]
    regions = places(found.report)
    if regions:
        codes = [code for document in found.documents.values() for code in _fields(document, ("Relay", "relay"))]
        for number, code in enumerate(dict.fromkeys(code for code in codes if code not in regions), start=1):
            regions[code] = f"region-other-{number}"
    return Mask([*texts, *found.notes], bare=bare, places=regions)


def _people(value: object) -> list[str]:
    """Names of hosts and people in a mesh's status, by the fields that hold them."""
    own = [name for name in _fields(value, _BARE) if len(name) > 1]
    first = [re.split(r"[.@]", name, maxsplit=1)[0] for name in _fields(value, _DOMAINS)]
    return [*own, *(name for name in first if len(name) > 1)]


def _fields(value: object, names: tuple[str, ...]) -> list[str]:
    """Every text in fields of these names."""
    if isinstance(value, dict):
        own = [each for name, each in value.items() if name in names and isinstance(each, str)]
        return [*own, *(text for each in value.values() for text in _fields(each, names))]
    return [text for each in value for text in _fields(each, names)] if isinstance(value, list | tuple) else []


def _readme(found: Ingredients, documents: list[str], notes: tuple[str, ...]) -> str:
    masked = (
        "Public addresses, names of hosts and people, keys and hardware addresses are masked, the same one everywhere."
        if found.masked
        else "NOTHING IS MASKED: addresses, names and public keys are those of this network."
    )
    lines = [
        f"A bundle of natscope {VERSION} for a support ticket.",
        "",
        masked,
        "",
        "report.html   open it in a browser: it loads and runs nothing",
        "report.md     the same for an issue",
        f"{MEMBER}   the same for programs: natscope report BUNDLE.zip",
        *(f"{name:<13} {_ABOUT.get(name, '')}".rstrip() for name in documents),
        *(["packets.pcapng  what the probes sent and received, never masked"] if found.pcap else []),
    ]
    if notes:
        lines += ["", "Not in it:", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


_ABOUT = {
    "status.json": "the mesh as this computer sees it: natscope status --json",
    "doctor.json": "natscope, tailscaled and this computer: natscope doctor --json",
    "versions.json": "versions: natscope version --json",
    "log.txt": "how each probe ended, and natscope's warnings",
    "tailscaled.txt": "the end of tailscaled's log",
}
