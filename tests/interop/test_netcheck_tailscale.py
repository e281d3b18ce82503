"""`natscope netcheck --tailscale-json` says what a real `tailscale netcheck` says of the same network at that moment.

Both run in one namespace, at the same time, with one relay map: natscope reads it as a file, tailscale through a
stand-in LocalAPI socket. The relays are upstream's derper. Compared is every field that measures the same thing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop import peers
from tests.interop.local_api import local_api
from tests.interop.netcheck_lab import NAT, PUBLIC_V4, ROUTER_V4, NetcheckLab
from tests.kernel.namespaces import bed

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

SAME = ("UDP", "IPv6", "IPv4", "IPv6CanSend", "IPv4CanSend", "OSHasIPv6", "MappingVariesByDestIP")
"""Measured in the same way by both: the values are equal. `ICMPv4` too, where UDP gets nothing."""

MAYBE = ("MappingVariesByDestIP", "UPnP", "PMP", "PCP", "CaptivePortal")
"""true, false or null. The last four depend on which optional tries ran, so only their type is compared."""

LATENCIES = ("RegionLatency", "RegionV4Latency", "RegionV6Latency")
FASTEST_NS, SLOWEST_NS = 5_000, 5_000_000_000
"""A packet through two veths takes 0.02 to 5 ms here: a value in micro- or milliseconds falls below.

On a loaded computer either program may be late to look at its socket: the upper bound is the longest run there is.
"""


@dataclass(frozen=True, slots=True)
class Both:
    """The two outputs as they were printed."""

    kind: str
    ours_text: str
    theirs_text: str

    @property
    def ours(self) -> dict[str, Any]:
        return dict(json.loads(self.ours_text))

    @property
    def theirs(self) -> dict[str, Any]:
        return dict(json.loads(self.theirs_text))


def clean_environment(folder: Path) -> dict[str, str]:
    """No configuration, cache or proxy of whoever runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY") and not k.startswith("NATSCOPE_")}
    places = {f"XDG_{what}_HOME": str(folder / what.lower()) for what in ("CONFIG", "CACHE", "STATE", "DATA")}
    return kept | places | {"HOME": str(folder), "TS_NO_LOGS_NO_SUPPORT": "true", "TS_LOGS_DIR": str(folder)}


def run_both(lab: NetcheckLab, folder: Path) -> Both:
    tailscale = peers.require("tailscale")
    environment = clean_environment(folder)
    map_file = folder / "map.json"
    map_file.write_text(json.dumps(lab.relay_map()))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    with local_api(folder / "local.sock", lab.relay_map()) as socket:
        theirs = lab.bed.start(lab.client, tailscale, f"--socket={socket}", "netcheck", "--format=json", **pipes)
        ours = lab.bed.start(
            lab.client, sys.executable, "-m", "natscope", "netcheck", "--tailscale-json", "--derp-map", str(map_file),
            **pipes,
        )  # fmt: skip
        their_text, their_errors = theirs.communicate(timeout=30)
        our_text, our_errors = ours.communicate(timeout=30)
    assert theirs.returncode == 0, their_errors
    assert ours.returncode in (0, 1), our_errors
    return Both(lab.kind, our_text, their_text)


@pytest.fixture(scope="module", params=NAT)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    for program in ("tailscale", "derper", "nft", "ip", "unshare", "nsenter"):
        peers.require(program)
    folder = tmp_path_factory.mktemp("netcheck")
    with bed() as made:
        lab = NetcheckLab(made, folder, request.param)
        for _ in range(2):
            lab.start_derper(lab.add_host())
        yield run_both(lab, folder)


def address(endpoint: str) -> str:
    return endpoint.rpartition(":")[0]


def test_the_lab_is_what_it_says(both: Both) -> None:
    """Upstream's own answer shows that each network behaves as its name promises."""
    expected = {"public": (True, False), "port-keeping": (True, False), "random": (True, True), "no-udp": (False, None)}
    assert (both.theirs["UDP"], both.theirs["MappingVariesByDestIP"]) == expected[both.kind]


@pytest.mark.parametrize("field", SAME)
def test_a_field_is_equal(both: Both, field: str) -> None:
    if (both.kind, field) == ("no-udp", "IPv6"):
        # Only HTTPS is left then, one connection a relay: upstream says which family won that race.
        assert {type(both.ours[field]), type(both.theirs[field])} == {bool}
    else:
        assert both.ours[field] == both.theirs[field]


def test_ping_is_tried_where_udp_gets_nothing(both: Both) -> None:
    assert both.ours["ICMPv4"] == both.theirs["ICMPv4"] == (both.kind == "no-udp")


def test_keys_order_and_layout_are_the_same(both: Both) -> None:
    assert list(both.ours) == list(both.theirs)
    for text in (both.ours_text, both.theirs_text):
        assert text == json.dumps(json.loads(text), indent="\t") + "\n"


def test_values_have_the_same_types(both: Both) -> None:
    for key, theirs in both.theirs.items():
        if key in MAYBE:
            assert both.ours[key] in (True, False, None)
        else:
            assert type(both.ours[key]) is type(theirs), key


def test_time_is_written_as_upstream_does(both: Both) -> None:
    for report in (both.ours, both.theirs):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", report["Now"])


@pytest.mark.parametrize("field", LATENCIES)
def test_latencies_are_of_the_same_regions_in_nanoseconds(both: Both, field: str) -> None:
    """Upstream may leave out a family of a region that answered over the other one; we measure both."""
    assert both.ours["RegionLatency"].keys() == both.theirs["RegionLatency"].keys()
    assert both.ours[field].keys() >= both.theirs[field].keys()
    assert bool(both.ours[field]) == bool(both.theirs[field])
    for report in (both.ours, both.theirs):
        assert all(isinstance(v, int) and FASTEST_NS < v < SLOWEST_NS for v in report[field].values())


def test_a_home_is_chosen_by_both(both: Both) -> None:
    """The regions are equally far, so either may be it."""
    assert both.ours["PreferredDERP"] in (900, 901)
    assert both.theirs["PreferredDERP"] in (900, 901)


@pytest.mark.parametrize("family", ["V4", "V6"])
def test_public_addresses_are_the_same(both: Both, family: str) -> None:
    """Ports differ: they are of two programs' sockets."""
    assert address(both.ours[f"Global{family}"]) == address(both.theirs[f"Global{family}"])
    ours, theirs = both.ours[f"Global{family}Counters"], both.theirs[f"Global{family}Counters"]
    assert (ours is None) == (theirs is None)
    assert {address(e) for e in ours or {}} == {address(e) for e in theirs or {}}
    if both.kind != "no-udp" and family == "V4":
        assert address(both.ours["GlobalV4"]) == (PUBLIC_V4 if both.kind == "public" else ROUTER_V4)


def test_a_translator_that_keeps_ports_shows_one_endpoint_and_a_random_one_several(both: Both) -> None:
    counts = {"public": 1, "port-keeping": 1, "no-udp": 0}
    for report in (both.ours, both.theirs):
        seen = report["GlobalV4Counters"] or {}
        assert len(seen) == counts[both.kind] if both.kind in counts else len(seen) > 1
