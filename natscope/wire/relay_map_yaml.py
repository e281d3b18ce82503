"""Headscale's YAML form of the relay map: upstream's fields with lower-case names.

Scalars are read as the field wants them, the way Headscale's decoder does: `regioncode: no` is a text, `stunonly: yes`
a switch, `stunport: "0"` wrong. A region set to null is one to remove. Names match in any case, so a map that carries
upstream's CamelCase names is read too (Headscale itself ignores those: the linter says so).
Source: Headscale derp-example.yaml, hscontrol/derp/derp.go; YAML 1.2 core schema.
"""

from __future__ import annotations

import math
import re

from natscope.errors import UserError
from natscope.model.relay_map import MapProblem, RelayMap, RelayNode, RelayRegion
from natscope.wire.relay_map_fields import NODE_FIELDS, REGION_FIELDS, Field
from natscope.wire.relay_map_reading import Form, Reading, WrongValueError, read_tree
from natscope.wire.yaml_tree import YamlScalar, read_yaml

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,3})?")
_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "y"), True),
    **dict.fromkeys(("false", "no", "off", "n"), False),
}
_NEEDS_QUOTES = re.compile(r"^$|^[\s>|&*!%#`@,?\-\[\]{}\"'~]|: |:$|\s#|\s$|^(?:null|true|false|yes|no|on|off)$", re.I)


def decode_relay_map_yaml(data: bytes) -> tuple[RelayMap, tuple[MapProblem, ...]]:
    """The map and what is wrong with it; raises `UserError` when `data` is no relay map at all."""
    reading = read_relay_map_yaml(data)
    return reading.relay_map, reading.problems


def read_relay_map_yaml(data: bytes) -> Reading:
    """As `decode_relay_map_yaml`, with where everything stands."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"is not YAML: byte {error.start + 1} is not UTF-8 text") from None
    if not text.strip():
        raise UserError("is empty")
    tree = read_yaml(text)
    reading = read_tree(tree.value, YAML_FORM, lambda: tree.spot)
    reading.spots = tree.spot
    reading.duplicate_keys = tuple(tree.duplicates)
    return reading


def encode_relay_map_yaml(relay_map: RelayMap) -> bytes:
    """The regions as a file for Headscale's `derp.paths`, with upstream's omit rules."""
    lines = ["regions:"] if relay_map.regions else ["regions: {}"]
    for region in relay_map.regions:
        lines.append(f"  {region.region_id}:")
        lines += [f"    {line}" for line in _fields(region, REGION_FIELDS)]
        lines.append("    nodes:" if region.nodes else "    nodes: []")
        for node in region.nodes:
            first, *rest = _fields(node, NODE_FIELDS)
            lines += [f"      - {first}", *(f"        {line}" for line in rest)]
    if relay_map.omit_default_regions:
        lines.append("omitdefaultregions: true")
    return ("\n".join(lines) + "\n").encode()


def _fields(record: RelayRegion | RelayNode, fields: tuple[Field, ...]) -> list[str]:
    values = [(field, getattr(record, field.attribute)) for field in fields if field.kind != "list"]
    return [f"{field.name.lower()}: {_scalar(value)}" for field, value in values if value or field.always]


def _scalar(value: object) -> str:
    """Texts always in quotes: nobody need know when YAML makes a number or a switch of them."""
    if not isinstance(value, str):
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _text(value: object) -> str:
    if isinstance(value, YamlScalar):
        return value.text
    raise WrongValueError("must be a text")


def _integer(value: object) -> int:
    if not isinstance(value, YamlScalar):
        raise WrongValueError("must be a whole number")
    if _INTEGER.fullmatch(value.text):
        if value.plain:
            return int(value.text)
        raise WrongValueError("must be a whole number, without quotes", int(value.text))
    raise WrongValueError("must be a whole number")


def _number(value: object) -> float:
    if isinstance(value, YamlScalar) and value.plain and _NUMBER.fullmatch(value.text):
        number = float(value.text)
        if math.isfinite(number):
            return number
    raise WrongValueError("must be a number")


def _flag(value: object) -> bool:
    word = _SWITCHES.get(value.text.lower()) if isinstance(value, YamlScalar) else None
    if word is None:
        raise WrongValueError("must be true or false")
    if isinstance(value, YamlScalar) and not value.plain:
        raise WrongValueError("must be true or false, without quotes", word)
    return word


def _line(name: str, value: object) -> str:
    if value is ...:
        return f"{name.lower()}: "
    if isinstance(value, bool):
        return f"{name.lower()}: {str(value).lower()}"
    text = str(value)
    if isinstance(value, str) and _NEEDS_QUOTES.search(text):
        text = "'" + text.replace("'", "''") + "'"
    return f"{name.lower()}: {text}"


YAML_FORM = Form("yaml", {"text": _text, "integer": _integer, "number": _number, "flag": _flag}, _line)
