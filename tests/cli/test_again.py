"""Options of a command line that the next command needs: those of flags alone, as a shell takes them."""

from __future__ import annotations

import pytest

from natscope.apps.config import Config, Flag, Places, load
from natscope.cli.again import MAP, MEASURED, SOCKET, WAY, again
from natscope.cli.flags import flags_of
from tests.cli.runner import Runner

NOWHERE = Places("/none", "/none", "/none")


def config(environ: dict[str, str] | None = None, /, **parameters: object) -> Config:
    return load(environ or {}, flags=flags_of(parameters), places=NOWHERE)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, ""),
        ({"derp_map": "my map.yaml", "only_v4": True}, " --derp-map 'my map.yaml' -4"),
        ({"derp_map": "-", "only_v6": True}, " -6"),
        ({"only_v4": True, "only_v6": True}, ""),
        ({"gentle": True, "offline": False}, " --no-offline --gentle"),
        ({"interface": "eth0", "source_port": "41641", "bind_address": "127.0.0.1"},
         " --interface eth0 --source-port 41641 --bind-address 127.0.0.1"),
        ({"timeout": "3", "full": True, "only": ["nat_ports"], "color": "always"}, ""),
    ],
)  # fmt: skip
def test_the_way_of_a_netcheck(parameters: dict[str, object], words: str) -> None:
    assert again(config(**parameters), WAY) == words


def test_what_is_no_flag_is_there_the_next_time_too() -> None:
    assert again(config({"NATSCOPE_DERP_MAP": "x.yaml"}), MAP) == ""
    assert again(load({}, flags={"derp_map": Flag("--derp-map", "y")}, places=NOWHERE), MAP) == " --derp-map y"


def test_how_much_is_measured_and_the_socket() -> None:
    parsed = config(profile="quick", only=["a", "b"], timeout="2.5", socket="/run/x.sock")
    assert again(parsed, (*MEASURED, *SOCKET)) == " --profile quick --only a,b --timeout 2.5 --socket /run/x.sock"


def test_the_next_netcheck_goes_the_same_way(natscope: Runner, healthy_map: str) -> None:
    told = natscope("netcheck", "--derp-map", healthy_map, "-4", "--gentle", "--profile", "quick").out
    assert f"Next: natscope netcheck --derp-map {healthy_map} -4 --gentle --" in told


def test_the_first_policy_is_checked_with_the_same_map(natscope: Runner, healthy_map: str) -> None:
    options = ("--derp-map", healthy_map, "-4", "--profile", "quick")
    made = natscope("check", "--init", *options, "-o", "p.toml")
    assert f"natscope check --policy p.toml --derp-map {healthy_map} -4 --profile quick" in made.err


def test_the_doctors_next_command_looks_at_the_same_thing(natscope: Runner) -> None:
    socket = str(natscope.home / "none.sock")
    told = natscope("doctor", "--socket", socket, "--derp-map", "none.yaml", "--only", "settings,relay-map").out
    words = f"--only settings,relay-map --derp-map none.yaml --socket {socket}"
    assert f"Next: natscope doctor --fix-commands {words}\n" in told
