"""The golden files: every stored report in every format, as it must look.

`python -m tests.reports.goldens` writes them again; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

from natscope.cli.drawing import peers_of
from natscope.plugins.report_format import RenderOptions
from natscope_reports import github, junit, md, otlp, prom, report_csv, report_html, tailscale_json, tap, text
from tests.reports.scenes import load, names

GOLDEN = Path(__file__).parent / "golden"
EXIT_CODES = {
    "interrupted": 130,
    "no-network": 3,
    "no-relay-answered": 3,
    "udp-blocked": 1,
    "udp-refused": 1,
    "own-rules": 1,
    "mapping-varies": 1,
}
VERBOSE = ("healthy", "wrong-certificate", "udp-blocked")
WIDE = ("healthy", "dead-relay")


EVERY = (github, junit, md, otlp, prom, report_csv, report_html, tap)
"""Formats whose goldens have a folder each."""


def options(name: str, **more: object) -> RenderOptions:
    """How a golden is drawn: 80 columns without colour unless `more` says otherwise."""
    fields: dict[str, object] = {"exit_code": EXIT_CODES.get(name, 0)}
    return RenderOptions(**(fields | more))  # type: ignore[arg-type]


def drawn() -> dict[str, str]:
    """File name to text. The JSON format's goldens are `fixtures/reports/` themselves."""
    found: dict[str, str] = {}
    for name in names():
        report = load(name)
        found[f"{name}.txt"] = text.render(report, options(name))
        found[f"{name}.tailscale.json"] = tailscale_json.render(report, options(name))
        for module in EVERY:
            shape = module.FORMAT
            more = {"peers": peers_of(report)} if shape.wants_peers else {}
            found[f"{shape.name}/{name}.{shape.extension}"] = module.render(report, options(name, **more))
        if name in VERBOSE:
            found[f"{name}.verbose.txt"] = text.render(report, options(name, verbosity=1))
        if name in WIDE:
            found[f"{name}.wide.txt"] = text.render(report, options(name, width=120))
    found["healthy.colour.txt"] = text.render(load("healthy"), options("healthy", colour=True))
    found["udp-blocked.ascii.txt"] = text.render(load("udp-blocked"), options("udp-blocked", ascii_only=True))
    return found


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, content in drawn().items():
        (GOLDEN / name).parent.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(content, encoding="utf-8")
