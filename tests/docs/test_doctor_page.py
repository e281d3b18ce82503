"""docs/doctor.md: every check is on it and no other, its commands parse, its exit codes are those of the commands."""

from __future__ import annotations

import re

from natscope.cli import exit_codes
from natscope.doctor.catalogue import all_checks
from tests.docs.readme_blocks import commands, flags_in_prose
from tests.docs.test_readme import EVERYWHERE, GLOBAL_FLAGS, all_wrong
from tests.house.tree import ROOT

TEXT = (ROOT / "docs" / "doctor.md").read_text()


def test_every_command_and_its_flags_exist() -> None:
    assert len(commands(TEXT)) > 9
    assert all_wrong(commands(TEXT)) == []
    assert flags_in_prose(TEXT) - GLOBAL_FLAGS - EVERYWHERE == set()


def test_every_check_has_its_row_in_the_order_of_the_screen() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE)
    assert rows == [module.CHECK.name for module in all_checks()]


def test_exit_codes() -> None:
    preflight, doctor = TEXT.split("## natscope doctor")
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", preflight, re.MULTILINE)]
    assert codes == [exit_codes.GOOD, exit_codes.DEGRADED, exit_codes.RELAYED, exit_codes.CANNOT_TEST]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", doctor, re.MULTILINE)]
    assert codes == [exit_codes.GOOD, exit_codes.FINDINGS, exit_codes.CANNOT_TEST]
