"""The container's files: the program's flags exist, ports and folders agree, nothing is left open."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from natscope.apps.derp_settings import BY_NAME
from tests.docs.test_readme import wrong
from tests.house.tree import ROOT

FOLDER = ROOT / "packaging" / "container"
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
RELAY: dict[str, Any] = COMPOSE["services"]["relay"]


def entry_point() -> list[str]:
    [found] = re.findall(r"^ENTRYPOINT (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    return [str(word) for word in json.loads(found)]


def test_the_command_and_its_flags_exist() -> None:
    words = [*entry_point(), *RELAY["command"]]
    assert words[0].endswith("/natscope")
    assert wrong(["natscope", *words[1:]]) == []


def test_all_that_is_written_is_on_the_volume() -> None:
    [volume] = re.findall(r"^VOLUME (\S+)$", CONTAINERFILE, re.MULTILINE)
    words = entry_point()
    for flag in ("--key-file", "--cert-dir"):
        assert words[words.index(flag) + 1].startswith(f"{volume}/")
    assert RELAY["volumes"] == [f"relay:{volume}"]
    assert RELAY["read_only"] is True
    assert "relay" in COMPOSE["volumes"]


def test_the_ports_are_those_of_the_relay() -> None:
    [line] = re.findall(r"^EXPOSE (.*)$", CONTAINERFILE, re.MULTILINE)
    exposed = {port.rpartition("/")[0] for port in line.split()}
    usual = str([BY_NAME[name].default for name in ("listen", "stun.listen", "http")])
    assert exposed == set(re.findall(r":(\d+)", usual))


def test_it_may_bind_low_ports_and_nothing_else() -> None:
    assert (RELAY["cap_drop"], RELAY["cap_add"]) == (["ALL"], ["NET_BIND_SERVICE"])
    assert "no-new-privileges:true" in RELAY["security_opt"]
    assert "privileged" not in RELAY


def test_the_build_is_the_one_of_this_folder() -> None:
    context = (FOLDER / RELAY["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / RELAY["build"]["dockerfile"]) == FOLDER / "Containerfile"
    assert f"-f {RELAY['build']['dockerfile']} -t {RELAY['image']} ." in CONTAINERFILE


def test_time_to_let_clients_go() -> None:
    drain = BY_NAME["drain"].default
    assert isinstance(drain, float)
    assert int(RELAY["stop_grace_period"].rstrip("s")) > drain
