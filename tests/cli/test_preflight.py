"""`natscope preflight`: screens from stored reports, the real command against relays on loopback, exit codes.

`python -m tests.cli.test_preflight` writes the golden files again; read the difference before you keep it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from natscope.cli.pen import Pen
from natscope.cli.preflight import _no_letter, exit_code
from natscope.cli.preflight_text import draw
from natscope.cli.schema import schemas
from natscope.diagnosis.preflight.judge import judge
from natscope.model.preflight import Preflight
from natscope.plugins.clean import cells
from tests.cli.runner import Runner
from tests.reports.scenes import load

GOLDEN = Path(__file__).parent / "golden_preflight"
RELAYS = ("relay1.example.net", "relay2.example.net")
SCREENS = ("port-restricted", "mapping-varies", "udp-blocked", "captive-portal", "proxy-only", "shared-space")


def found(name: str) -> Preflight:
    return judge(load(name), relays=RELAYS)


@cache
def screens() -> dict[str, str]:
    texts = {}
    for name in SCREENS:
        preflight = found(name)
        texts[f"{name}.txt"] = draw(preflight, Pen(80), verbosity=0, code=exit_code(preflight))
    blocked = found("udp-blocked")
    texts["udp-blocked.narrow.txt"] = draw(blocked, Pen(44), verbosity=0, code=10)
    texts["udp-blocked.wide.txt"] = draw(blocked, Pen(140), verbosity=1, code=10)
    texts["udp-blocked.ascii.txt"] = draw(blocked, Pen(80, ascii_only=True), verbosity=0, code=10)
    texts["udp-blocked.quiet.txt"] = draw(blocked, Pen(80), verbosity=-1, code=10)
    return texts


@pytest.mark.parametrize("name", screens())
def test_screen(name: str) -> None:
    assert screens()[name] == (GOLDEN / name).read_text(encoding="utf-8"), "python -m tests.cli.test_preflight"


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(screens())


def test_lines_keep_to_the_width() -> None:
    for name in SCREENS:
        for width in (50, 80, 200):
            for line in draw(found(name), Pen(width), verbosity=1, code=0).splitlines():
                assert cells(line) <= max(min(width, 78), 74), line


def test_the_ascii_form_has_the_same_words() -> None:
    plain, other = screens()["udp-blocked.ascii.txt"], screens()["udp-blocked.txt"]
    assert plain.isascii()
    for sign, word in (("✓", "[ok]"), ("✗", "[FAIL]"), ("·", "|")):
        other = other.replace(sign, word)
    words = other.replace("  ?", "  [??]").replace(" ? not known", " [??] not known").replace("! ", "[!!] ").split()
    assert plain.split() == words


def test_foreign_names_are_cleaned() -> None:
    report = load("udp-blocked")
    hostile = judge(report, relays=("evil\x1b[31m.example.net",))
    text = draw(hostile, Pen(80), verbosity=1, code=10)
    assert "\x1b" not in text
    assert "\\x1b[31m" in text


@pytest.mark.parametrize(
    ("name", "code"),
    [("healthy", 0), ("mapping-varies", 11), ("udp-blocked", 10), ("captive-portal", 3), ("interrupted", 130)],
)
def test_exit_codes(name: str, code: int) -> None:
    assert exit_code(found(name)) == code


def test_the_real_command_with_relays_on_loopback(natscope: Runner, healthy_map: str) -> None:
    """They are inside this computer, and so say nothing about the way out: it is not known, and no script takes it
    for good.
    """
    done = natscope("preflight", "--derp-map", healthy_map, "-4", "--json", "--record", str(natscope.home / "run"))
    assert done.code == 3
    document = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["preflight"].read_text())).validate(document)
    assert document["forecast"]["expected"] == "unknown"
    assert "inside this network" in document["forecast"]["sentence"]
    by_name = {gate["what"]: gate for gate in document["openings"]}
    assert by_name["udp"]["open"] == "yes"
    assert by_name["tcp-443"]["says"] != "not measured", "HTTPS is measured although UDP answers"
    again = natscope("preflight", "--replay", str(natscope.home / "run"), "--json")
    assert json.loads(again.out) == document
    text = natscope("preflight", "--replay", str(natscope.home / "run"))
    assert text.code == 3
    assert text.out.startswith("? Direct: unknown, ")
    quiet = natscope("preflight", "--replay", str(natscope.home / "run"), "-q")
    assert len(quiet.out.splitlines()) <= 2
    letter = natscope("preflight", "--replay", str(natscope.home / "run"), "--letter")
    assert letter.out == ""
    assert letter.err.startswith("no text to send: Direct: unknown, ")


def test_without_a_need_there_is_no_letter(natscope: Runner) -> None:
    told = judge(load("healthy"), relays=RELAYS)
    assert (told.letter, _no_letter(told, 0)) == ("", "there is nothing to ask the network's administrator for")


def test_mistakes_are_one_line(natscope: Runner) -> None:
    assert natscope("preflight", "--json", "--letter").code == 2
    done = natscope("preflight", "--derp-map", "no-such.yaml")
    assert done.code == 2
    assert "no-such.yaml" in done.err
    assert natscope("preflight", "--replay", ".", "--record", "x").code == 2
    assert natscope("preflight", "-W", "9999").code == 2


def test_without_a_relay_map_it_says_what_can_be_looked_at(natscope: Runner) -> None:
    """Nobody listens on port 9: a network in which the map is out of reach is one that people ask about."""
    done = natscope("preflight", "--derp-map", "http://127.0.0.1:9/map.json")
    assert (done.code, done.out) == (3, "")
    again = "--derp-map http://127.0.0.1:9/map.json"
    assert done.err.splitlines()[-1].startswith(f"  → natscope doctor --online {again} looks at what may be in the way")
    assert "Traceback" not in done.err


def test_the_document_comes_back_the_same() -> None:
    preflight = found("udp-blocked")
    assert msgspec.json.decode(msgspec.json.encode(preflight), type=Preflight) == preflight


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in screens().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
