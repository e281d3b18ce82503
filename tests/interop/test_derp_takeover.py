"""A service of derper carries over: the same command line, key file, certificates and mesh key, in both directions."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.interop.derp_exchange import SIZES, Exchange, until_one_passes
from tests.interop.derp_peers import Derper, Ours, Place, Ports, derper_flags, derpprobe, region, running

pytestmark = pytest.mark.interop


def test_the_same_command_line_with_the_key_file_of_derper(tmp_path: Path) -> None:
    place, ports = Place(tmp_path), Ports()
    flags = derper_flags(place, ports)
    key_file = tmp_path / f"derper-{ports.https}.key"
    with Exchange() as x:
        with running(Derper(place, ports)):
            before = x.connect("a", ports.url, ca=place.ca)
        written = key_file.read_text()
        with running(Ours(place, ports, flags=flags)):
            after = x.connect("b", ports.url, ca=place.ca)
            x.connect("c", ports.url, ca=place.ca)
            assert x.exchange("b", "c") == len(SIZES)
            code, found = derpprobe(place, {"Regions": {"900": region(ports)}})
    assert after["server_key"] == before["server_key"]
    assert after["fast_start"]
    assert (code, set(found.values())) == (0, {True})
    assert key_file.read_text() == written


def test_derper_reads_a_key_file_of_ours(tmp_path: Path) -> None:
    place, ports = Place(tmp_path), Ports()
    key_file = tmp_path / f"derper-{ports.https}.key"
    with Exchange() as x:
        with running(Ours(place, ports, flags=[*derper_flags(place, ports), "-stun=false"])):
            before = x.connect("a", ports.url, ca=place.ca)
        assert list(json.loads(key_file.read_text())) == ["PrivateKey"]
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        with running(Derper(place, ports)):
            assert x.connect("b", ports.url, ca=place.ca)["server_key"] == before["server_key"]


def test_a_mesh_in_the_flags_of_derper(tmp_path: Path) -> None:
    place, one, other = Place(tmp_path), Ports(), Ports()
    ours = derper_flags(place, one, [other])
    with running(Ours(place, one, flags=ours)), running(Derper(place, other, [one])), Exchange() as x:
        for name, ports in (("a", one), ("b", other)):
            x.connect(name, ports.url, ca=place.ca)
        until_one_passes(x, "a", "b")
        until_one_passes(x, "b", "a")
        code, found = derpprobe(place, {"Regions": {"900": region(one, other)}}, "-mesh-psk-file", str(place.mesh_key))
    assert (code, set(found.values())) == (0, {True})
    assert len(found) == 9
