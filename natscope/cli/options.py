"""The options that commands share, made from the table of settings, and how given ones become flags of a `Config`.

Every value stays text until `natscope.apps.config` reads it: flags, variables and files then have the same limits and
the same messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from natscope.apps.config import Flag
from natscope.apps.settings import BY_NAME
from natscope.errors import UserError


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
Timeout = Annotated[str | None, option("netcheck.timeout", "--timeout", "-W")]
OnlyV4 = Annotated[bool, switch("IPv4 only", "-4", "--ipv4")]
OnlyV6 = Annotated[bool, switch("IPv6 only", "-6", "--ipv6")]
Interface = Annotated[str | None, option("netcheck.interface", "--interface", "-i")]
SourcePort = Annotated[str | None, option("netcheck.source_port", "--source-port", "--bind-port")]
BindAddress = Annotated[str | None, option("netcheck.bind_address", "--bind-address")]
FailOn = Annotated[str | None, option("netcheck.fail_on", "--fail-on")]
Record = Annotated[str | None, option("netcheck.record", "--record")]
Replay = Annotated[str | None, option("netcheck.replay", "--replay")]
Color = Annotated[str | None, option("color", "--color")]
Ascii = Annotated[bool | None, option("ascii", "--ascii/--no-ascii")]
NoProgress = Annotated[bool, switch("show no progress", "--no-progress")]
Quiet = Annotated[bool, switch("the answer only", "--quiet", "-q")]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="more: -v, -vv", show_default=False)]
Debug = Annotated[bool, switch("what the program does, on standard error", "--debug")]

_SETTING_OF = {
    "derp_map": ("derp_map", "--derp-map"),
    "offline": ("offline", "--offline"),
    "format_name": ("netcheck.format", "--format"),
    "output": ("netcheck.output", "--output"),
    "profile": ("netcheck.profile", "--profile"),
    "only": ("netcheck.only", "--only"),
    "skip": ("netcheck.skip", "--skip"),
    "gentle": ("netcheck.gentle", "--gentle"),
    "https": ("netcheck.https", "--https"),
    "icmp": ("netcheck.icmp", "--icmp"),
    "timeout": ("netcheck.timeout", "--timeout"),
    "interface": ("netcheck.interface", "--interface"),
    "source_port": ("netcheck.source_port", "--source-port"),
    "bind_address": ("netcheck.bind_address", "--bind-address"),
    "fail_on": ("netcheck.fail_on", "--fail-on"),
    "record": ("netcheck.record", "--record"),
    "replay": ("netcheck.replay", "--replay"),
    "color": ("color", "--color"),
    "ascii_only": ("ascii", "--ascii"),
}
"""Parameter of a command function to setting and spelling."""


def flags_of(parameters: Mapping[str, Any]) -> dict[str, Flag]:
    """The settings that this command line gave, from the parameters of a command.

    Raises `UserError` for two that contradict each other.
    """
    flags: dict[str, Flag] = {}
    for parameter, (name, spelling) in _SETTING_OF.items():
        value = parameters.get(parameter)
        if value is not None and value != [] and value != ():
            flags[name] = Flag(spelling, ",".join(value) if isinstance(value, list | tuple) else value)
    _short_form(flags, parameters, "full", "netcheck.profile", "--full", "full")
    _short_form(flags, parameters, "as_json", "netcheck.format", "--json", "json")
    _short_form(flags, parameters, "tailscale_json", "netcheck.format", "--tailscale-json", "tailscale-json")
    if parameters.get("no_progress"):
        flags["progress"] = Flag("--no-progress", False)
    only_v4, only_v6 = bool(parameters.get("only_v4")), bool(parameters.get("only_v6"))
    if only_v4 or only_v6:
        flags["netcheck.family"] = Flag("-4/-6", "both" if only_v4 and only_v6 else "4" if only_v4 else "6")
    return flags


def _short_form(
    flags: dict[str, Flag], parameters: Mapping[str, Any], parameter: str, name: str, spelling: str, value: str
) -> None:
    """`--full` for `--profile full` and the like."""
    if not parameters.get(parameter):
        return
    long = flags.get(name)
    if long is not None and long.value != value:
        raise UserError(f"{spelling} and {long.spelling} {long.value} contradict each other", hint="give one of them")
    flags[name] = Flag(spelling, value)


def verbosity_of(parameters: Mapping[str, Any]) -> int:
    """-1 for `-q`, 0, 1, 2 for `-v`s, 3 for `--debug`."""
    if parameters.get("debug"):
        return 3
    if parameters.get("quiet"):
        if parameters.get("verbose"):
            raise UserError("-q and -v contradict each other", hint="give one of them")
        return -1
    return min(int(parameters.get("verbose") or 0), 2)
