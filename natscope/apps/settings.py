"""The one table of settings: name, kind, default, help, choices, and where each may be set.

Command-line options, `NATSCOPE_*` variables, configuration files, `natscope config template`, the help topic
`environment` and completion are made from it. A name with a dot belongs to a command: `netcheck.timeout` is
`timeout` in the table `[netcheck]` of a file and `NATSCOPE_NETCHECK_TIMEOUT` in the environment.
"""

from __future__ import annotations

from dataclasses import dataclass

Value = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    `kind`: `text`, `place` (a URL or a file), `file`, `number`, `integer`, `switch`, `choice` or `names` (a list).
    `low` and `high` bound numbers. `project`: may `./natscope.toml` set it. `in_files` False: flags and environment
    only. `metavar` is what `--help` shows for the value.
    """

    name: str
    kind: str
    default: Value
    help: str
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    project: bool = False
    in_files: bool = True
    metavar: str = ""

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "NATSCOPE_" + self.name.replace(".", "_").upper()

    @property
    def section(self) -> str:
        """The table of the file it stands in, empty for the top level."""
        return self.name.rpartition(".")[0]

    @property
    def key(self) -> str:
        """Its name inside that table."""
        return self.name.rpartition(".")[2]


DEFAULT_MAP_URL = "https://controlplane.tailscale.com/derpmap/default"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "derp_map", "place", "", "relay map: a URL, a file, or - for standard input", metavar="URL|FILE|-", project=True
    ),
    Setting("default_map_url", "text", DEFAULT_MAP_URL, "the map to use when neither you nor tailscaled names one"),
    Setting(
        "tailscaled_socket",
        "file",
        "",
        "socket of a running tailscaled, when it is not in the usual place",
        metavar="PATH",
    ),
    Setting("use_tailscaled", "switch", True, "ask a running tailscaled for its relay map"),
    Setting("offline", "switch", False, "fetch nothing: use the cached relay map"),
    Setting("color", "choice", "auto", "colour", choices=("auto", "always", "never"), project=True),
    Setting("ascii", "switch", False, "draw with ASCII only", project=True),
    Setting("progress", "switch", True, "show progress on a terminal", project=True),
    Setting("cache_dir", "file", "", "where fetched maps are kept (default: the platform's cache folder)"),
    Setting("state_dir", "file", "", "where history is kept (default: the platform's state folder)"),
    Setting("keep_report", "switch", True, "keep the last netcheck's report, from which status and ping explain"),
    Setting(
        "netcheck.format", "text", "text", "output format: text, json, html, md, junit, …", metavar="NAME", project=True
    ),
    Setting("netcheck.redact", "switch", False, "mask public addresses, names and keys in the report", project=True),
    Setting("netcheck.output", "file", "", "write the report to a file, whole or not at all", metavar="FILE"),
    Setting(
        "netcheck.profile",
        "choice",
        "default",
        "how much to measure",
        choices=("quick", "default", "full"),
        project=True,
    ),
    Setting("netcheck.only", "names", (), "run only these probes", metavar="PROBE,…", project=True),
    Setting("netcheck.skip", "names", (), "leave these probes out", metavar="PROBE,…", project=True),
    Setting(
        "netcheck.gentle", "switch", False, "a quarter of the packets per second, one sample a relay", project=True
    ),
    Setting("netcheck.https", "switch", False, "measure HTTPS to every relay, not only to silent ones", project=True),
    Setting("netcheck.icmp", "switch", False, "ping every relay, not only silent ones", project=True),
    Setting(
        "netcheck.hairpin",
        "switch",
        False,
        "call your own public address (an attack to some firewalls)",
    ),
    Setting(
        "netcheck.lifetime",
        "switch",
        False,
        "measure how long the router keeps a port (90 seconds)",
    ),
    Setting("netcheck.udp_rate", "switch", False, "measure from which rate on UDP is dropped (sends 1 to 2 MB)"),
    Setting("netcheck.cross_check", "switch", False, "ask pystun3 for a second opinion on the router (15 seconds)"),
    Setting(
        "netcheck.timeout",
        "number",
        5.0,
        "limit of the run, and of fetching its map (--lifetime: 110)",
        low=0.5,
        high=600,
        metavar="SECONDS",
        project=True,
    ),
    Setting("netcheck.family", "choice", "both", "address families", choices=("both", "4", "6"), project=True),
    Setting("netcheck.interface", "text", "", "send through this interface only", metavar="NAME"),
    Setting("netcheck.source_port", "integer", 0, "local UDP port (0: any)", high=65535, metavar="PORT"),
    Setting("netcheck.bind_address", "text", "", "local address to send from", metavar="ADDRESS"),
    Setting(
        "netcheck.fail_on",
        "choice",
        "fail",
        "exit 1 from which severity on",
        choices=("fail", "warn", "never"),
        project=True,
    ),
    Setting("netcheck.record", "file", "", "keep everything that was measured in a folder", metavar="DIR"),
    Setting("netcheck.pcap", "file", "", "keep UDP and ICMP packets as a capture for Wireshark", metavar="FILE"),
    Setting(
        "netcheck.replay", "file", "", "judge a recorded run again, without a network", metavar="DIR", in_files=False
    ),
    Setting(
        "status.fail_on",
        "choice",
        "never",
        "exit 10 when a peer is relayed, 20 also when one is offline",
        choices=("never", "relayed", "offline"),
        project=True,
    ),
)

BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
BY_VARIABLE: dict[str, Setting] = {setting.variable: setting for setting in SETTINGS}
