"""Texts that say how a computer is set up: resolv.conf's signature, a tailscaled's command line."""

from __future__ import annotations

from collections.abc import Sequence

MAX_LINES = 40
MAX_WORDS = 200
_WRITERS = (
    ("systemd-resolved", "systemd-resolved"),
    ("systemd/resolved", "systemd-resolved"),
    ("networkmanager", "NetworkManager"),
    ("tailscale", "tailscale"),
    ("openresolv", "openresolv"),
    ("resolvconf", "resolvconf"),
    ("connman", "connman"),
    ("dhcpcd", "dhcpcd"),
    ("dhclient", "dhclient"),
    ("netconfig", "netconfig"),
    ("docker", "docker"),
    ("wsl", "WSL"),
    ("cloud-init", "cloud-init"),
)
_TARGETS = (
    ("/run/systemd/resolve/", "systemd-resolved"),
    ("/run/networkmanager/", "NetworkManager"),
    ("/run/resolvconf/", "resolvconf"),
    ("/run/connman/", "connman"),
    ("/mnt/wsl/", "WSL"),
)


def resolv_conf_writer(text: str, target: str = "") -> str:
    """Who keeps a resolv.conf, by where its link leads, else by the comments in it; empty where nobody signed.

    The name that stands first counts: other names appear in comments as advice (`see man resolvconf`).
    """
    lowered = target.lower().replace("/var/run/", "/run/")
    for sign, writer in _TARGETS:
        if sign in lowered:
            return writer
    for line in text.splitlines()[:MAX_LINES]:
        comment = line.strip().lower()
        if comment.startswith(("#", ";")):
            found = min(((comment.find(sign), writer) for sign, writer in _WRITERS if sign in comment), default=None)
            if found is not None:
                return found[1]
    return ""


def agent_arguments(words: Sequence[str]) -> tuple[str, bool]:
    """(socket, runs without a tunnel device) of a tailscaled's command line, as Go's flags are written.

    One or two dashes, the value behind `=` or in the next word; the last one counts.
    """
    socket, userspace = "", False
    words = list(words[1 : MAX_WORDS + 1])
    for number, word in enumerate(words):
        if not word.startswith("-"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals:
            value = words[number + 1] if number + 1 < len(words) else ""
        if name == "socket":
            socket = value
        elif name == "tun":
            userspace = value.startswith("userspace-networking")
    return socket, userspace
