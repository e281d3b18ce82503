"""From text or TOML to the value of a setting, with one sentence for each thing that can be wrong."""

from __future__ import annotations

from natscope.apps.did_you_mean import question
from natscope.apps.settings import Setting, Value

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")

MAX_NAMES = 100
MAX_TEXT = 4096
FAR_TOO_LARGE = 10**100
"""From here on digits say nothing; some of these numbers Python refuses to write, or to convert."""


class BadValue(Exception):
    """The value does not fit the setting; the text is a clause such as `must be a number, not "x"`."""


def from_text(setting: Setting, text: str) -> Value:
    """A value from a flag or a variable. Raises `BadValue`."""
    if setting.kind == "switch":
        return _switch(text)
    if setting.kind in ("number", "integer"):
        return _number_from_text(setting, text)
    if setting.kind == "names":
        return _names([part.strip() for part in text.split(",")])
    return _text(setting, text)


def from_toml(setting: Setting, value: object) -> Value:
    """A value from a file, where types are written down. Raises `BadValue`."""
    if setting.kind == "switch":
        if not isinstance(value, bool):
            raise BadValue(f"must be true or false, not {_shown(value)}")
        return value
    if setting.kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValue(f"must be a number without quotes, not {_shown(value)}")
        return _number(setting, value)
    if setting.kind == "names":
        if not isinstance(value, list):
            raise BadValue(f'must be a list of names such as ["stun"], not {_shown(value)}')
        for number, item in enumerate(value, start=1):
            if not isinstance(item, str):
                raise BadValue(f'must be a list of names such as ["stun"]; number {number} in it is {_shown(item)}')
        return _names(value)
    if not isinstance(value, str):
        raise BadValue(f"must be text in quotes, not {_shown(value)}")
    return _text(setting, value)


def to_toml(value: Value) -> str:
    """A value as it is written in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_quoted(item) for item in value) + "]"
    if isinstance(value, str):
        return _quoted(value)
    return repr(value)


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _shown(value: object) -> str:
    """A wrong value as the user wrote it, cut short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) > FAR_TOO_LARGE:
        return "a number that is far too large"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _switch(text: str) -> bool:
    lower = text.strip().lower()
    if lower in _TRUE:
        return True
    if lower in _FALSE:
        return False
    raise BadValue(f"must be yes or no, not {_shown(text)}")


def _number_from_text(setting: Setting, text: str) -> int | float:
    try:
        number: int | float = int(text) if setting.kind == "integer" else float(text)
    except ValueError:
        what = "a whole number" if setting.kind == "integer" else "a number"
        raise BadValue(f"must be {what}, not {_shown(text)}") from None
    return _number(setting, number)


def _number(setting: Setting, number: int | float) -> int | float:
    if setting.kind == "integer" and not isinstance(number, int):
        raise BadValue(f"must be a whole number, not {number}")
    if not setting.low <= number <= setting.high:  # also false for NaN
        given = _shown(number) if isinstance(number, int) else f"{number:g}"
        raise BadValue(f"must be between {setting.low:g} and {setting.high:g}, not {given}")
    return number if setting.kind == "integer" else float(number)


def _names(items: list[str]) -> tuple[str, ...]:
    names = tuple(item for item in items if item)
    if len(names) > MAX_NAMES:
        raise BadValue(f"has {len(names)} names, the limit is {MAX_NAMES}")
    return names


def _text(setting: Setting, text: str) -> str:
    if setting.choices and text not in setting.choices:
        raise BadValue(
            f"must be one of {', '.join(setting.choices)}, not {_shown(text)}{question(text, setting.choices)}"
        )
    if len(text) > MAX_TEXT or "\0" in text:
        raise BadValue(f"is no usable text ({len(text)} characters)")
    return text
