"""What a command would refuse of a setting's value although its kind is right, as far as that costs nothing to tell."""

from __future__ import annotations

from natscope.apps.settings import Value
from natscope.errors import UserError


def refused(name: str, value: Value) -> UserError | None:
    """The error that the command would raise: for a format that nobody draws, for an address that is none.

    `netcheck.format` may be a list with commas, which `natscope report make` takes.
    """
    if name == "netcheck.format":
        return _format(str(value))
    if name == "netcheck.bind_address" and value:
        return _address(str(value))
    return None


def _format(value: str) -> UserError | None:
    from natscope.cli.formats import choose_format

    try:
        for each in value.replace(" ", "").split(","):
            choose_format(each)
    except UserError as error:
        return error
    return None


def _address(value: str) -> UserError | None:
    import ipaddress

    try:
        ipaddress.ip_address(value)
    except ValueError:
        return UserError(f"{value[:60]!r} is no IP address to bind to")
    return None
