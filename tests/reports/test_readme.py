"""The example in the guide to formats is a format."""

from __future__ import annotations

import re

from natscope.plugins.report_format import Format, RenderOptions
from tests.reports.drawing import scene
from tests.reports.scenes import ROOT

README = (ROOT / "reports" / "README.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    module: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), module)
    shape, render = module["FORMAT"], module["render"]
    assert isinstance(shape, Format)
    assert callable(render)
    assert render(scene("dead-relay"), RenderOptions()).splitlines()[-1] == "syd\tunknown"


def test_every_format_and_no_other_is_listed() -> None:
    listed = set(re.findall(r"^\| `(\w+\.py)` \|", README, flags=re.MULTILINE))
    folder = ROOT / "reports" / "natscope_reports"
    assert listed == {path.name for path in folder.glob("*.py") if not path.name.startswith("_")}
