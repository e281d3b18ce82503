"""Finds the programs that others wrote, and says what happens when one is missing.

A test calls `require("turnserver")` and gets a path. Looked for in `$NATSCOPE_PEERS`, then in
`.cache/peers/bin` of this checkout, then on `PATH`. A missing
program skips the test with the reason; with `NATSCOPE_REQUIRE_PEERS=1` it fails, so that a green run there proves that
the peers ran.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]

ORIGIN = {
    "tailscale": "Go: tailscale.com/cmd/tailscaled@v1.102.5 with -tags ts_include_cli, linked as tailscale",
    "tailscaled": "Go: tailscale.com/cmd/tailscaled@v1.102.5 with -tags ts_include_cli",
    "derper": "Go: tailscale.com/cmd/derper@v1.102.5",
    "derpprobe": "Go: tailscale.com/cmd/derpprobe@v1.102.5",
    "stunc": "Go: tailscale.com/cmd/stunc@v1.102.5",
    "stund": "Go: tailscale.com/cmd/stund@v1.102.5",
    "derp-exchange": "Go: cmd/derp-exchange in tests/interop/go of this checkout",
    "lab-control": "Go: cmd/lab-control in tests/interop/go of this checkout",
    "derp-load": "Go: cmd/derp-load in tests/interop/go of this checkout",
    "turnserver": "Debian package coturn",
    "turnutils_stunclient": "Debian package coturn",
    "turnutils_natdiscovery": "Debian package coturn",
    "stun": "Debian package stun-client",
    "natpmpc": "Debian package natpmpc",
    "upnpc": "Debian package miniupnpc",
    "miniupnpd": "Debian package miniupnpd-nftables",
    "pebble": "Debian package pebble",
    "nginx": "Debian package nginx-light",
    "caddy": "Debian package caddy",
    "systemd-analyze": "Debian package systemd",
    "tinyproxy": "Debian package tinyproxy",
    "chromium": "Debian package chromium",
    "nft": "Debian package nftables",
    "ping": "Debian package iputils-ping",
    "tcpdump": "Debian package tcpdump",
    "tshark": "Debian package tshark",
    "ip": "Debian package iproute2",
    "ss": "Debian package iproute2",
    "unshare": "Debian package util-linux",
    "nsenter": "Debian package util-linux",
    "setpriv": "Debian package util-linux",
    "mount": "Debian package mount",
}
"""Where each program comes from, for the line that says what is missing."""


def folders() -> list[str]:
    """Where programs are looked for, in order."""
    named = os.environ.get("NATSCOPE_PEERS", "")
    own = str(ROOT / ".cache" / "peers" / "bin")
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [*named.split(os.pathsep), own, *path]


def find(name: str) -> str | None:
    """The path of a program, or None."""
    return shutil.which(name, path=os.pathsep.join(f for f in folders() if f))


def required() -> bool:
    """Whether a missing program is a failure in this run."""
    return os.environ.get("NATSCOPE_REQUIRE_PEERS", "") == "1"


def missing(what: str) -> NoReturn:
    """Skip this test, or fail it where everything must be there. `what` says what is missing."""
    if required():
        pytest.fail(f"{what} (NATSCOPE_REQUIRE_PEERS=1)", pytrace=False)
    pytest.skip(what)


def require(name: str) -> str:
    """The path of a program; skips or fails the calling test when it is not there."""
    path = find(name)
    if path is None:
        missing(f"{name} is not installed ({ORIGIN.get(name, 'unknown origin')})")
    return path
