"""The options that commands share, made from the table of settings.

Every value stays text until `natscope.apps.config` reads it: flags, variables and files then have the same limits and
the same messages.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from natscope.apps.settings import BY_NAME


def option(name: str, *spellings: str) -> Any:
    """A typer option for a setting; its help, metavar and choices come from the table."""
    setting = BY_NAME[name]
    text = setting.help
    if setting.default not in ("", False, True, ()) and setting.kind not in ("text", "place"):
        default = f"{setting.default:g}" if isinstance(setting.default, float) else setting.default
        text += f" [{default}]"
    metavar = None if setting.kind == "switch" else setting.metavar or "|".join(setting.choices)
    return typer.Option(*spellings, help=text, metavar=metavar, show_default=False)


def switch(text: str, *spellings: str, hidden: bool = False) -> Any:
    """A flag that is no setting of its own."""
    return typer.Option(*spellings, help=text, show_default=False, hidden=hidden)


DerpMap = Annotated[str | None, option("derp_map", "--derp-map")]
Offline = Annotated[bool | None, option("offline", "--offline/--no-offline")]
FormatName = Annotated[str | None, option("netcheck.format", "--format")]
Json = Annotated[bool, switch("the report as JSON, same as --format json", "--json")]
AsJson = Annotated[bool, switch("as JSON, for a program", "--json")]
Output = Annotated[str | None, option("netcheck.output", "--output", "-o")]
Profile = Annotated[str | None, option("netcheck.profile", "--profile")]
Full = Annotated[bool, switch("same as --profile full", "--full")]
Only = Annotated[list[str] | None, option("netcheck.only", "--only")]
Skip = Annotated[list[str] | None, option("netcheck.skip", "--skip")]
Gentle = Annotated[bool | None, option("netcheck.gentle", "--gentle/--no-gentle")]
Https = Annotated[bool | None, option("netcheck.https", "--https/--no-https")]
Icmp = Annotated[bool | None, option("netcheck.icmp", "--icmp/--no-icmp")]
Hairpin = Annotated[bool | None, option("netcheck.hairpin", "--hairpin/--no-hairpin")]
Lifetime = Annotated[bool | None, option("netcheck.lifetime", "--lifetime/--no-lifetime")]
UdpRate = Annotated[bool | None, option("netcheck.udp_rate", "--udp-rate/--no-udp-rate")]
CrossCheck = Annotated[bool | None, option("netcheck.cross_check", "--cross-check/--no-cross-check")]
Timeout = Annotated[str | None, option("netcheck.timeout", "--timeout", "-W")]
OnlyV4 = Annotated[bool, switch("IPv4 only", "-4", "--ipv4")]
OnlyV6 = Annotated[bool, switch("IPv6 only", "-6", "--ipv6")]
Interface = Annotated[str | None, option("netcheck.interface", "--interface", "-i")]
SourcePort = Annotated[str | None, option("netcheck.source_port", "--source-port", "--bind-port")]
BindAddress = Annotated[str | None, option("netcheck.bind_address", "--bind-address")]
Redact = Annotated[bool | None, option("netcheck.redact", "--redact/--no-redact")]
FailOn = Annotated[str | None, option("netcheck.fail_on", "--fail-on")]
Record = Annotated[str | None, option("netcheck.record", "--record")]
Pcap = Annotated[str | None, option("netcheck.pcap", "--pcap")]
Replay = Annotated[str | None, option("netcheck.replay", "--replay")]
Socket = Annotated[str | None, option("tailscaled_socket", "--socket")]
From = Annotated[
    list[str] | None,
    typer.Option("--from", help="read a saved status or netcheck report (repeat; - is stdin)", metavar="FILE"),
]
StatusFailOn = Annotated[str | None, option("status.fail_on", "--fail-on")]
Color = Annotated[str | None, option("color", "--color")]
Ascii = Annotated[bool | None, option("ascii", "--ascii/--no-ascii")]
NoProgress = Annotated[bool, switch("show no progress", "--no-progress")]
Quiet = Annotated[bool, switch("the answer only", "--quiet", "-q")]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="more: -v, -vv", show_default=False)]
VerboseOnce = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="all that is known", show_default=False)
]  # fmt: skip
Debug = Annotated[bool, switch("what the program does, on standard error", "--debug")]
