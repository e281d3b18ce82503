"""Which of the two written forms a relay map has, told by its file name and its first characters."""

from __future__ import annotations

from natscope.errors import UserError
from natscope.wire.relay_map_json import read_relay_map_json
from natscope.wire.relay_map_reading import Reading

_SPACE = b" \t\r\n\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY = ((b"\x1f\x8b", "gzip data"), (b"\x28\xb5\x2f\xfd", "zstd data"), (b"PK\x03\x04", "a zip archive"))


def read_relay_map(data: bytes, *, name: str = "", thorough: bool = False) -> Reading:
    """A map in either form; `name` is its file name or URL, `thorough` also looks for keys that stand twice.

    Raises `UserError` when it is neither. The YAML parser is imported only for YAML.
    """
    _refuse_other_files(data)
    if _is_json(data, name):
        return read_relay_map_json(data, thorough=thorough)
    from natscope.wire.relay_map_yaml import read_relay_map_yaml

    return read_relay_map_yaml(data)


def is_web_page(data: bytes) -> bool:
    """Whether this is HTML or XML: what a captive portal answers instead of a map."""
    return data.lstrip(_SPACE).startswith(b"<")


def _is_json(data: bytes, name: str) -> bool:
    ending = name.partition("?")[0].lower().rpartition(".")[2]
    if ending in ("yaml", "yml"):
        return False
    return ending == "json" or data.lstrip(_SPACE)[:1] in (b"{", b"[")


def _refuse_other_files(data: bytes) -> None:
    if not data.strip():
        raise UserError("is empty")
    if is_web_page(data):
        raise UserError("is a web page, not a relay map")
    for magic, what in _BINARY:
        if data.startswith(magic):
            raise UserError(f"is no relay map: it is {what}")
    if data.startswith(_UTF16) or b"\x00" in data[:4]:
        raise UserError("is no relay map: it is UTF-16 text or binary; a map is UTF-8 text")
