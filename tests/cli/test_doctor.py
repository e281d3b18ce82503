"""`natscope doctor`: the screen, the commands alone, JSON, exit codes; golden screens in `golden_doctor/`.

`python -m tests.cli.test_doctor` writes the golden files again; read the difference before you keep it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from natscope.apps.doctor import report_of
from natscope.cli.doctor import exit_code
from natscope.cli.doctor_text import commands, draw
from natscope.cli.pen import Pen
from natscope.cli.schema import schemas
from natscope.doctor.catalogue import all_checks, judge_all
from natscope.doctor.facts import DoctorFacts, Trial
from natscope.host.system_api import FirewallFacts
from natscope.lab.stand_in import StandInMesh
from natscope.model.doctor import CheckState, Counts, DoctorReport
from natscope.model.mesh_status import MeshState
from natscope.model.tri import Tri
from natscope.plugins.clean import cells
from tests.cli.runner import Runner
from tests.cli.stand_in import serving
from tests.doctor.made import PREFS, STATUS, WELL, change, with_daemon, with_own, without_daemon

GOLDEN = Path(__file__).parent / "golden_doctor"
HOSTILE = "evil\x1b[31m\u202e\nname"


def troubled() -> DoctorFacts:
    """A laptop on which much is wrong."""
    health = ("Tailscale is stopped.", "router: odd")
    facts = with_daemon(
        status=change(STATUS, state=MeshState.STOPPED, newer_version="1.104.0", health=health),
        prefs=change(PREFS, operator="", advertised=("192.168.50.0/24", "0.0.0.0/0")),
        forwarding="IP forwarding is disabled, subnet routing/exit nodes will not work.\nSee x",
        gro=None,
        check_reasons={"gro": "this tailscaled does not tell it"},
    )  # fmt: skip
    denied = Trial(works=Tri.NO, denied=True, reason="not permitted")
    return change(  # type: ignore[no-any-return]
        facts,
        sockets=change(WELL.sockets, ping=denied),
        firewall=FirewallFacts(reason="only root may read this computer's firewall rules"),
        system=change(WELL.system, receive_buffer_max=212_992, clock_synchronised=False),
        setup=change(WELL.setup, offloads={}),
    )


def report(facts: DoctorFacts) -> DoctorReport:
    modules = [module for module in all_checks() if not module.CHECK.online]
    return change(report_of(facts, judge_all(facts, modules), online=False), natscope="0.1.0")  # type: ignore[no-any-return]


@cache
def screens() -> dict[str, str]:
    pictures = {"well": WELL, "troubled": troubled(), "bare": without_daemon()}
    texts = {}
    for name, facts in pictures.items():
        found = report(facts)
        code = exit_code(found)
        texts[f"{name}.txt"] = draw(found, Pen(80), verbosity=0, code=code)
    found = report(troubled())
    texts["troubled.wide.txt"] = draw(found, Pen(140), verbosity=1, code=1)
    texts["troubled.narrow.txt"] = draw(found, Pen(44), verbosity=0, code=1)
    texts["troubled.ascii.txt"] = draw(found, Pen(80, ascii_only=True), verbosity=0, code=1)
    texts["troubled.quiet.txt"] = draw(found, Pen(80), verbosity=-1, code=1)
    texts["troubled.commands.sh"] = commands(found, Pen(80))
    return texts


@pytest.mark.parametrize("name", screens())
def test_screen(name: str) -> None:
    assert screens()[name] == (GOLDEN / name).read_text(encoding="utf-8"), "python -m tests.cli.test_doctor"


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(screens())


def test_the_ascii_form_has_the_same_words_in_the_same_lines() -> None:
    texts = screens()
    plain, other = texts["troubled.ascii.txt"], texts["troubled.txt"]
    assert plain.isascii()
    for sign, word in (("✓ ok", "[ok]"), ("! warn", "[!!]"), ("✗ fail", "[FAIL]"), ("– skip", "[--]"), ("·", "|")):
        other = other.replace(sign, word)
    assert [line.split() for line in plain.splitlines()] == [
        line.replace("→", "->").split() for line in other.splitlines()
    ]


def test_lines_keep_to_the_width_but_commands_stay_whole() -> None:
    found = report(troubled())
    whole = {remedy.command for check in found.checks for remedy in check.remedies}
    for width in (44, 60, 80, 200):
        for line in draw(found, Pen(width), verbosity=1, code=1).splitlines():
            assert cells(line) <= min(width, 78) or line.strip() in whole, line


def test_colour_only_beside_a_sign() -> None:
    coloured = draw(report(troubled()), Pen(80, colour=True), verbosity=0, code=1)
    assert "\x1b[33m! warn\x1b[0m  " in coloured
    assert "\x1b[31m✗ fail\x1b[0m  " in coloured


def test_foreign_text_is_cleaned() -> None:
    facts = with_own(broken_plugins=(HOSTILE,))
    facts = change(facts, daemon=change(WELL.daemon, status=change(STATUS, health=(HOSTILE,), newer_version=HOSTILE)))
    found = report(facts)
    for text in (draw(found, Pen(80), verbosity=1, code=0), commands(found, Pen(80))):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_hostile_name_cannot_add_a_command() -> None:
    """A line break in what others say would begin a line of the shell."""
    facts = with_daemon(status=change(STATUS, newer_version="1\nrm -rf /\n#"))
    for line in commands(report(facts), Pen(80)).splitlines():
        assert not line.startswith("rm")


def test_skipped_checks_with_one_reason_are_one_line() -> None:
    text = draw(report(without_daemon()), Pen(200), verbosity=0, code=0)
    assert text.count("no tailscaled is here to be asked") == 2, "one in each group"
    assert draw(report(without_daemon()), Pen(200), verbosity=1, code=0).count("no tailscaled is here to be asked") > 8


def with_counts(**counts: int) -> DoctorReport:
    return change(report(WELL), counts=Counts(**counts))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("counts", "code"),
    [({"ok": 3}, 0), ({"ok": 3, "warn": 2}, 0), ({"warn": 1}, 0), ({"fail": 1, "ok": 9}, 1), ({"skip": 4}, 3), ({}, 3)],
)
def test_exit_codes(counts: dict[str, int], code: int) -> None:
    assert exit_code(with_counts(**counts)) == code


def test_no_fix_is_a_comment() -> None:
    assert commands(report(WELL), Pen(80)).splitlines()[-1].startswith("# There is nothing")


def test_only_the_first_way_of_a_fix_is_no_comment() -> None:
    lines = commands(report(troubled()), Pen(80)).splitlines()
    assert "sudo sysctl -w net.ipv4.ip_forward=1" in lines
    assert any(line.startswith("# (echo net.ipv4.ip_forward=1)") for line in lines)


def test_the_command_as_json_follows_its_schema(natscope: Runner) -> None:
    done = natscope("doctor", "--json", "--socket", str(natscope.home / "none.sock"))
    document = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["doctor"].read_text())).validate(document)
    by_name = {check["name"]: check for check in document["checks"]}
    assert by_name["tailscaled"]["state"] == "fail"
    assert by_name["sockets"]["state"] == "ok"
    assert "clock-online" not in by_name
    assert done.code == 1
    assert sum(document["counts"].values()) == len(document["checks"])


def test_json_cannot_draw_either(natscope: Runner, tmp_path: Path) -> None:
    mesh = StandInMesh(health=("\x1b]0;x\x07\u202e\x9b2J",))
    with serving(mesh, tmp_path) as daemon:
        done = natscope("doctor", "--only", "health", "--json", "--socket", daemon.socket)
    assert "202e" in done.out
    assert not set("\x1b\x07\x9b\u202e") & set(done.out)


def test_a_part_of_it(natscope: Runner) -> None:
    done = natscope("doctor", "--only", "program,sockets")
    assert done.code == 0
    assert "all parts load" in done.out
    assert "exit 0" in done.out
    assert "tailscaled" not in done.out


def test_only_what_cannot_be_checked_is_3(natscope: Runner) -> None:
    done = natscope("doctor", "--only", "key-expiry", "--socket", str(natscope.home / "none.sock"))
    assert done.code == 3
    assert "– skip" in done.out


def test_mistakes_are_one_line(natscope: Runner) -> None:
    done = natscope("doctor", "--only", "clok")
    assert (done.code, done.err.splitlines()[0]) == (2, 'error: no check "clok"')
    done = natscope("doctor", "--json", "--fix-commands")
    assert (done.code, done.out) == (2, "")
    done = natscope("doctor", "--socket", str(natscope.home))
    assert done.code == 2
    assert "is a folder" in done.err


def test_a_broken_configuration_is_found_not_an_error(natscope: Runner) -> None:
    Path("natscope.toml").write_text("ascii = 7\n")
    done = natscope("doctor", "--only", "settings", "--json")
    assert done.code == 1
    [check] = json.loads(done.out)["checks"]
    assert check["state"] == "fail"
    assert "natscope.toml:1" in check["says"]
    assert natscope("doctor", "--only", "settings", "--color", "pink").code == 2


def test_every_problem_of_the_screens_has_a_fix() -> None:
    wrong = [check for check in report(troubled()).checks if check.state is CheckState.FAIL]
    assert wrong
    assert all(check.remedies for check in wrong)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in screens().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
