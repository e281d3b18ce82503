"""Draws the list of targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from textwrap import wrap

from natscope.netcheck.targets import Target
from natscope.plugins.clean import cells, clean

HOST_CELLS, WHY_CELLS, LINE = 34, 120, 100
_NOTHING = " " * (HOST_CELLS + 39)


def as_json_text(targets: Sequence[Target]) -> str:
    """One object with all targets and the sums."""
    import json

    document = {
        "schema": "natscope.targets/1",
        "targets": [asdict(target) for target in targets],
        "packets": sum(target.packets for target in targets),
        "bytes": sum(target.bytes for target in targets),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_table(targets: Sequence[Target], ascii_only: bool) -> str:
    """A row a host; contacts that happen only after a failure stand below, apart."""
    if not targets:
        return "Nobody: no probe of this run contacts anyone.\n"
    always = [target for target in targets if target.always]
    perhaps = [target for target in targets if not target.always]
    lines = _section("Contacted every time", always, ascii_only)
    lines += _section("Only when something else stays silent", perhaps, ascii_only)
    packets, size = sum(t.packets for t in always), sum(t.bytes for t in always)
    lines.append(f"at most {packets} packets, {_size(size)} when all is well")
    return "\n".join(lines) + "\n"


def _section(title: str, targets: Sequence[Target], ascii_only: bool) -> list[str]:
    if not targets:
        return []
    lines = [title, f"  {'HOST':<{HOST_CELLS}} {'PORT':<9} {'PACKETS':>7} {'BYTES':>8} {'TIME':>7}  WHY"]
    for target in targets:
        why = wrap(clean(target.why, WHY_CELLS, ascii_only=ascii_only), LINE - len(_NOTHING)) or [""]
        host = clean(target.host, HOST_CELLS, ascii_only=ascii_only)
        port = f"{target.protocol} {target.port}" if target.port is not None else target.protocol
        lines.append(
            f"  {host}{' ' * (HOST_CELLS - cells(host))} {port:<9} {target.packets:>7} {_size(target.bytes):>8}"
            f" {target.seconds:>5.1f} s  {why[0]}"
        )
        lines += [f"{_NOTHING}{more}" for more in why[1:]]
    return [*lines, ""]


def _size(count: int) -> str:
    return f"{count} B" if count < 1000 else f"{count / 1000:.1f} kB"
