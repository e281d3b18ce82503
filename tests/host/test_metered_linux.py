"""Metered connections by NetworkManager's program, which may guess, speak of another network, hang or not be there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from natscope.host.real.metered_linux import NOBODY, SILENT, read_metered
from natscope.host.system_api import Device

ETH0, WLAN0 = Device(name="eth0", addresses=("192.168.1.20",)), Device(name="wlan0", addresses=("192.168.43.10",))


def told(folder: Path, script: str) -> tuple[dict[str, bool], str]:
    program = folder / "nmcli"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return asyncio.run(read_metered([ETH0, WLAN0], str(folder)))


def lines(*devices: tuple[str, str, str]) -> str:
    body = "\n\n".join(f"GENERAL.DEVICE:{n}\nGENERAL.METERED:{w}\nIP4.ADDRESS[1]:{ip}/24" for n, w, ip in devices)
    return f"cat <<'END'\n{body}\nEND"


@pytest.mark.parametrize(
    ("words", "known", "why"),
    [
        (("no", "yes"), {"eth0": False, "wlan0": True}, ""),
        (("no (guessed)", "yes"), {"wlan0": True}, "NetworkManager only guesses it: eth0 no"),
        (("unknown", "no"), {"wlan0": False}, "NetworkManager does not know it of eth0"),
    ],
)
def test_what_is_set_is_known_and_what_is_guessed_is_told(
    words: tuple[str, str], known: dict[str, bool], why: str, tmp_path: Path
) -> None:
    script = lines(("eth0", words[0], "192.168.1.20"), ("wlan0", words[1], "192.168.43.10"))
    assert told(tmp_path, script) == (known, why)


def test_a_device_of_the_same_name_in_another_network_is_not_ours(tmp_path: Path) -> None:
    assert told(tmp_path, lines(("eth0", "yes", "10.0.0.9"))) == ({}, SILENT)


@pytest.mark.parametrize("script", ["exec sleep 60", "exit 8", "echo nonsense"])
def test_a_program_that_hangs_fails_or_says_something_else(script: str, tmp_path: Path) -> None:
    assert told(tmp_path, script) == ({}, SILENT)


def test_it_is_asked_in_words_that_we_know(tmp_path: Path) -> None:
    asked = lines(("eth0", "yes", "192.168.1.20")).replace("cat", '[ "$LC_ALL" = C ] && [ "$4" = device ] && cat')
    assert told(tmp_path, asked)[0] == {"eth0": True}


def test_nobody_to_ask(tmp_path: Path) -> None:
    assert asyncio.run(read_metered([ETH0], str(tmp_path))) == ({}, NOBODY)
