"""A program's own warnings: the common ones explained, those about connections first, unknown ones as they are."""

from __future__ import annotations

import pytest

from natscope.mesh.health import MAX_MESSAGES, explain_health


@pytest.mark.parametrize(
    ("message", "known"),
    [
        ("Tailscale couldn't listen for incoming UDP connections.", "udp-socket"),
        ("Tailscale cannot connect because the network is down. Check your Internet connection.", "network-down"),
        ("This network requires you to log in using your web browser.", "captive-portal"),
        ("Tailscale could not connect to any relay server. Check your Internet connection.", "no-relay"),
        ("Tailscale could not connect to the 'Frankfurt' relay server. Your Internet …", "relay-unreachable"),
        ("Tailscale hasn't heard from the 'Frankfurt' relay server in 2m5s. The …", "relay-unreachable"),
        ("haven't heard from home DERP region 4 in 2m0s", "relay-unreachable"),
        ("not connected to home DERP region 900", "relay-unreachable"),
        ("Unable to connect to the Tailscale coordination server to synchronize the state …", "no-control"),
        ("not in map poll", "no-control"),
        ("Tailscale hasn't received a network map from the coordination server in 2m5s.", "no-control"),
        ("Tailscale could not establish an encrypted connection with '\"x\"': EOF", "tls"),
        ("The MagicSock function ReceiveIPv4 is not running. You might …", "receive-function"),
        ('Network equipment from "X" may be blocking Tailscale traffic on this network.', "blocked-by-device"),
        ("You are logged out. The last login error was: x", "logged-out"),
        ("Tailscale is stopped.", "stopped"),
        ("Tailscale is starting. Please wait.", "starting"),
        ("Subnet routing is enabled, but IP forwarding is disabled. Check that …", "ip-forwarding"),
        ("Some peers are advertising routes but --accept-routes is false", "accept-routes"),
        ("System DNS config not ideal. /etc/resolv.conf overwritten. See …", "resolv-conf"),
        ("Tailscale can't reach the configured DNS servers. Internet …", "dns-servers"),
        ("Stateful filtering is enabled and Docker was detected; this may …", "docker-filtering"),
        ("A security update from version 1.1 to 1.2 is available.", "security-update"),
        ("An update from version 1.1 to 1.2 is available.", "update"),
        ("SELinux is enabled; Tailscale SSH may not work. See …", "selinux-ssh"),
        ("Tailscale control plane syncing is disabled; run `tailscale set --sync` to restore", "sync-disabled"),
    ],
)
def test_the_common_ones_are_known(message: str, known: str) -> None:
    (note,) = explain_health((message,))
    assert note.id == known
    assert note.message == message
    assert note.meaning
    assert note.fix


def test_unknown_ones_are_shown_as_they_are() -> None:
    (note,) = explain_health(("the moon is full",))
    assert (note.message, note.id, note.meaning, note.fix) == ("the moon is full", "", "", "")


def test_what_matters_stands_first_and_only_once() -> None:
    notes = explain_health(("An update from version 1 to 2 is available.", "not in map poll", "not in map poll"))
    assert [note.id for note in notes] == ["no-control", "update"]


def test_a_flood_is_cut() -> None:
    assert len(explain_health(tuple(f"w{n}" for n in range(10_000)))) == MAX_MESSAGES
