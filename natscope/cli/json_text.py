"""JSON for programs that a terminal may show as well: characters that steer or hide are written as `\\uXXXX`."""

from __future__ import annotations

import re
from typing import Any

from natscope.plugins.clean import clean


def json_text(document: Any, *, indent: int = 0) -> str:
    """One line without `indent`; a line feed at the end. Values that JSON does not know become text."""
    import msgspec

    try:
        data = msgspec.json.encode(document, enc_hook=str)
    except UnicodeEncodeError:  # lone surrogates, from names of files and hosts that are not UTF-8
        data = msgspec.json.encode(_readable(msgspec.to_builtins(document, enc_hook=str)))
    return escape((msgspec.json.format(data, indent=indent) if indent else data).decode()) + "\n"


def _readable(value: Any) -> Any:
    """The same value with lone surrogates as visible escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    return value


def escape(text: str) -> str:
    """JSON text in which no character outside ASCII is one that `clean` would escape."""
    return text if text.isascii() and "\x7f" not in text else _UNUSUAL.sub(_as_escape, text)


_UNUSUAL = re.compile("[\x7f-\U0010ffff]")


def _as_escape(match: re.Match[str]) -> str:
    """RFC 8259 §7: beyond the basic plane as a surrogate pair."""
    char = match[0]
    if char != "\x7f" and clean(char) == char:
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
