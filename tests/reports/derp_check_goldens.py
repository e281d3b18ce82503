"""The golden files of checks of relays, in `golden_derp_check/`.

`python -m tests.reports.derp_check_goldens` writes them again; read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

from natscope.plugins.report_format import RenderOptions
from natscope_reports import derp_check_junit, derp_check_text
from tests.reports.derp_check_scenes import load, names

GOLDEN = Path(__file__).parent / "golden_derp_check"
EXIT_CODES = {"healthy": 0, "region": 0, "known-clients": 3, "nothing-answered": 3, "unfinished": 3}


def options(name: str, **more: object) -> RenderOptions:
    """How a golden is drawn: 80 columns without colour unless `more` says otherwise."""
    fields: dict[str, object] = {"exit_code": EXIT_CODES.get(name, 1)}
    return RenderOptions(**(fields | more))  # type: ignore[arg-type]


def drawn() -> dict[str, str]:
    """File name to text. The JSON format's goldens are `fixtures/derp_checks/` themselves."""
    found: dict[str, str] = {}
    for name in names():
        found[f"{name}.txt"] = derp_check_text.render(load(name), options(name))
    for name in ("expired", "many"):
        found[f"{name}.xml"] = derp_check_junit.render(load(name), options(name))
        found[f"{name}.ascii.txt"] = derp_check_text.render(load(name), options(name, ascii_only=True))
        found[f"{name}.narrow.txt"] = derp_check_text.render(load(name), options(name, width=50))
    found["region.verbose.txt"] = derp_check_text.render(load("region"), options("region", verbosity=1, width=120))
    found["expired.colour.txt"] = derp_check_text.render(load("expired"), options("expired", colour=True))
    return found


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, content in drawn().items():
        (GOLDEN / name).write_text(content, encoding="utf-8")
