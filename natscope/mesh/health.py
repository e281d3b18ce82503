"""What a mesh program's own warnings mean and what to do, for the common ones; others are shown as they are.

The program tells a warning as a sentence without its code, in words that change with its version: a warning is known by
a few words that stayed (upstream health/warnings.go and the places that register one).
"""

from __future__ import annotations

import msgspec


class HealthNote(msgspec.Struct, frozen=True, kw_only=True):
    """`message` is the program's. `id` is ours and stable, empty for one that we do not know; `matters` says whether
    it can be the reason of a relayed or missing connection.
    """

    message: str
    id: str = ""
    meaning: str = ""
    fix: str = ""
    matters: bool = False


class _Known(msgspec.Struct, frozen=True):
    id: str
    words: tuple[str, ...]
    meaning: str
    fix: str
    matters: bool = True


_KNOWN = (
    _Known(
        "udp-socket",
        ("listen for incoming udp", "udp4 bind"),
        "It has no UDP socket, so every peer is reached through a relay only.",
        "free its port (ss -ulpn | grep 41641), then: sudo systemctl restart tailscaled",
    ),
    _Known(
        "network-down",
        ("network is down",),
        "This computer has no working network.",
        "connect it, then: natscope netcheck",
    ),
    _Known(
        "captive-portal",
        ("log in using your web browser", "captive portal"),
        "This network lets nothing out before its login page was used.",
        "open any http:// page in a browser and log in",
    ),
    _Known(
        "no-relay",
        ("any relay server", "no home relay", "no derp home"),
        "No relay could be reached, so peers without a direct path are out of reach.",
        "natscope netcheck says what stands in the way",
    ),
    _Known(
        "relay-unreachable",
        ("relay server", "derp region", "home derp"),
        "The home relay does not answer: peers reach this node late or not at all.",
        "natscope netcheck says whether this network or the relay is the reason",
    ),
    _Known(
        "no-control",
        (
            "coordination server to synchronize",
            "not in map poll",
            "network map from the coordination server",
            "map response",
        ),
        "It is cut off from the control server: new peers and moved peers are not found.",
        "natscope netcheck; is the control server up?",
    ),
    _Known(
        "tls",
        ("establish an encrypted connection", "tls connection"),
        "TLS to a server fails: most often a proxy that opens TLS, or a wrong clock.",
        "check the clock (timedatectl); natscope netcheck --https shows who signs",
    ),
    _Known(
        "blocked-by-device",
        ("may be blocking tailscale", "network equipment from"),
        "A firewall on the way answers in the server's name.",
        "ask the network's administrator to let the mesh through",
    ),
    _Known(
        "receive-function",
        ("receivefunc", "magicsock function"),
        "A part of it that receives packets has ended.",
        "sudo systemctl restart tailscaled",
    ),
    _Known("logged-out", ("logged out", "log in at"), "It is no member of a network now.", "sudo tailscale up", False),
    _Known("stopped", ("is stopped", "tailscale off"), "It was switched off.", "sudo tailscale up", False),
    _Known("starting", ("is starting",), "It has just begun.", "wait some seconds", False),
    _Known(
        "ip-forwarding",
        ("ip forwarding",),
        "This node offers routes or an exit, but the system forwards no packets.",
        "sudo sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
        False,
    ),
    _Known(
        "accept-routes",
        ("accept-routes is false",),
        "Peers offer networks behind them; this node does not use them.",
        "if you want them: sudo tailscale set --accept-routes",
        False,
    ),
    _Known(
        "resolv-conf",
        ("resolv.conf", "dns-fight"),
        "Another program keeps writing /etc/resolv.conf: names of the mesh come and go.",
        "let systemd-resolved or one DHCP client own it",
        False,
    ),
    _Known(
        "dns-servers",
        ("reach the configured dns servers", "dns servers"),
        "The DNS servers that the network sets do not answer.",
        "resolvectl query example.com; look at the network's DNS settings",
        False,
    ),
    _Known(
        "dns-config",
        ("dns configuration of your device",),
        "It cannot read or set this computer's DNS.",
        "its log says which tool failed: journalctl -u tailscaled | grep dns",
        False,
    ),
    _Known(
        "docker-filtering",
        ("stateful filtering",),
        "Containers of this host may not reach the mesh.",
        "sudo tailscale set --stateful-filtering=false",
        False,
    ),
    _Known(
        "selinux-ssh", ("selinux",), "SSH over the mesh may fail; paths are not touched.", "nothing to do here", False
    ),
    _Known(
        "packet-filter",
        ("invalid packet filter", "rejecting all packets"),
        "The control server sent rules that cannot hold: all packets are refused.",
        "ask the network's admin to look at its policy and locked nodes",
    ),
    _Known(
        "key-expiry",
        ("key expir", "key will expire", "node key has expired"),
        "Without a new login this node leaves the network.",
        "sudo tailscale up --force-reauth",
        False,
    ),
    _Known(
        "security-update",
        ("security update",),
        "A newer version closes a hole.",
        "sudo tailscale update, or your package manager",
        False,
    ),
    _Known(
        "update",
        ("an update from version", "update available"),
        "A newer version exists.",
        "sudo tailscale update, or your package manager",
        False,
    ),
    _Known("unstable", ("unstable version",), "It is a development version.", "nothing to do", False),
    _Known("state-store", ("state store",), "It cannot keep its keys.", "look at the folder of --state", False),
    _Known(
        "sync-disabled",
        ("plane syncing is disabled", "syncing is disabled"),
        "It hears no news of the network, so moved peers are not found.",
        "sudo tailscale set --sync",
    ),
)
MAX_MESSAGES = 50


def explain_health(messages: tuple[str, ...]) -> tuple[HealthNote, ...]:
    """One note for each message in its order, those that matter for connections first; at most `MAX_MESSAGES`."""
    notes = [_note(message) for message in dict.fromkeys(messages[:MAX_MESSAGES])]
    return tuple(sorted(notes, key=lambda note: not note.matters))


def _note(message: str) -> HealthNote:
    lowered = message.lower()
    for known in _KNOWN:
        if any(words in lowered for words in known.words):
            return HealthNote(message=message, id=known.id, meaning=known.meaning, fix=known.fix, matters=known.matters)
    return HealthNote(message=message)
