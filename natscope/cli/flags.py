"""From the parameters of a command to flags of a `Config` and to the verbosity."""

from __future__ import annotations

from collections.abc import Mapping

from natscope.apps.config import Flag
from natscope.errors import UserError

_SETTING_OF = {
    "derp_map": ("derp_map", "--derp-map"),
    "offline": ("offline", "--offline"),
    "format_name": ("netcheck.format", "--format"),
    "formats": ("netcheck.format", "--format"),
    "output": ("netcheck.output", "--output"),
    "profile": ("netcheck.profile", "--profile"),
    "only": ("netcheck.only", "--only"),
    "skip": ("netcheck.skip", "--skip"),
    "gentle": ("netcheck.gentle", "--gentle"),
    "https": ("netcheck.https", "--https"),
    "icmp": ("netcheck.icmp", "--icmp"),
    "hairpin": ("netcheck.hairpin", "--hairpin"),
    "lifetime": ("netcheck.lifetime", "--lifetime"),
    "udp_rate": ("netcheck.udp_rate", "--udp-rate"),
    "cross_check": ("netcheck.cross_check", "--cross-check"),
    "timeout": ("netcheck.timeout", "--timeout"),
    "interface": ("netcheck.interface", "--interface"),
    "source_port": ("netcheck.source_port", "--source-port"),
    "bind_address": ("netcheck.bind_address", "--bind-address"),
    "fail_on": ("netcheck.fail_on", "--fail-on"),
    "redact": ("netcheck.redact", "--redact"),
    "record": ("netcheck.record", "--record"),
    "pcap": ("netcheck.pcap", "--pcap"),
    "replay": ("netcheck.replay", "--replay"),
    "socket": ("tailscaled_socket", "--socket"),
    "status_fail_on": ("status.fail_on", "--fail-on"),
    "color": ("color", "--color"),
    "ascii_only": ("ascii", "--ascii"),
}
"""Parameter of a command function to setting and spelling."""


def flags_of(parameters: Mapping[str, object]) -> dict[str, Flag]:
    """The settings that this command line gave, from the parameters of a command.

    Raises `UserError` for two that contradict each other.
    """
    flags: dict[str, Flag] = {}
    for parameter, (name, spelling) in _SETTING_OF.items():
        value = parameters.get(parameter)
        if value is not None and value != [] and value != ():
            given = ",".join(value) if isinstance(value, list | tuple) else value
            flags[name] = Flag(spelling, given if isinstance(given, str | bool) else str(given))
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
    flags: dict[str, Flag], parameters: Mapping[str, object], parameter: str, name: str, spelling: str, value: str
) -> None:
    """`--full` for `--profile full` and the like."""
    if not parameters.get(parameter):
        return
    long = flags.get(name)
    if long is not None and long.value != value:
        raise UserError(f"{spelling} and {long.spelling} {long.value} contradict each other", hint="give one of them")
    flags[name] = Flag(spelling, value)


def verbosity_of(parameters: Mapping[str, object]) -> int:
    """-1 for `-q`, 0, 1, 2 for `-v`s, 3 for `--debug`. A command that knows no more than one calls its parameter
    `verbose_once`: more of them are taken for one. Raises `UserError`.
    """
    if parameters.get("debug"):
        return 3
    once = parameters.get("verbose_once")
    found = parameters.get("verbose") or once
    if parameters.get("quiet"):
        if found:
            raise UserError("-q and -v contradict each other", hint="give one of them")
        return -1
    count = found if isinstance(found, int) else 0
    return min(count, 1 if once else 2)
