"""The report as JSON: everything, in the order of the model, for programs and for keeping.

Keys and meaning are `natscope.report/1`; the schema is printed by `natscope schema`. Characters that a terminal
would obey or hide are written as JSON escapes, so that looking at the file is safe; reading it gives them back.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from natscope.model.report import Report
from natscope.plugins.report_format import Format, RenderOptions

FORMAT = Format(
    name="json",
    media_type="application/json",
    extension="json",
    for_terminal=False,
    summary="everything that was measured, schema natscope.report/1",
)

_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U0010ffff]"
)


def render(report: Report, options: RenderOptions) -> str:
    """One JSON object, indented by two spaces, with a newline at the end."""
    return as_json(report)


def as_json(document: msgspec.Struct) -> str:
    """Any document of the model that way."""
    try:
        data = msgspec.json.encode(document)
    except UnicodeEncodeError:  # lone surrogates, from names of this host that are not UTF-8
        data = msgspec.json.encode(_readable(msgspec.to_builtins(document)))
    return escape(msgspec.json.format(data, indent=2).decode()) + "\n"


def escape(text: str) -> str:
    """JSON text with its invisible and controlling characters as `\\uXXXX`; the line feeds between values stay."""
    return text if text.isascii() and "\x7f" not in text else _UNSAFE.sub(_as_escape, text)


def _as_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _readable(value: Any) -> Any:
    """The same value with lone surrogates as visible escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    return value
