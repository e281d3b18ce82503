"""Tailscale's JSON form of the relay map.

Names match in any case, null counts as not written, of keys that stand twice the last counts: as upstream's decoder
does. Unlike upstream, one wrong field does not cost the whole map: it is named, and the rest is used.
Source: upstream tailcfg/derpmap.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import msgspec

from natscope.errors import UserError
from natscope.model.relay_map import MapProblem, RelayMap, RelayNode, RelayRegion
from natscope.wire.relay_map_fields import NODE_FIELDS, REGION_FIELDS, Field
from natscope.wire.relay_map_problems import Spot
from natscope.wire.relay_map_reading import Form, Reading, WrongValueError, read_tree

if TYPE_CHECKING:
    from natscope.wire.json_spots import JsonSpots

_BOM = b"\xef\xbb\xbf"
_BYTE = r"^JSON is malformed: (?P<what>.*) \(byte (?P<at>\d+)\)$"
_WORDS = {"true": True, "false": False}


def decode_relay_map_json(data: bytes) -> tuple[RelayMap, tuple[MapProblem, ...]]:
    """The map and what is wrong with it; raises `UserError` when `data` is no relay map at all."""
    reading = read_relay_map_json(data)
    return reading.relay_map, reading.problems


def read_relay_map_json(data: bytes, *, thorough: bool = False) -> Reading:
    """As `decode_relay_map_json`, with where everything stands; `thorough` also looks for keys that stand twice."""
    data = data.removeprefix(_BOM)
    tree = _tree(data)
    looked: list[JsonSpots] = []

    def spots() -> Spot | None:
        from natscope.wire.json_spots import JsonSpots

        looked.append(JsonSpots(data.decode()))
        return looked[0].root

    reading = read_tree(tree, JSON_FORM, spots)
    if thorough:
        reading.spots = looked[0].root if looked else spots()
        reading.duplicate_keys = tuple(looked[0].duplicates)
    return reading


def encode_relay_map_json(relay_map: RelayMap) -> bytes:
    """Upstream's field names and omit rules, two spaces of indent, a newline at the end."""
    tree: dict[str, object] = {}
    if relay_map.region_scores:
        scores = {str(key): relay_map.region_scores[key] for key in sorted(relay_map.region_scores)}
        tree["HomeParams"] = {"RegionScore": scores}
    tree["Regions"] = {str(region.region_id): _region_tree(region) for region in relay_map.regions}
    if relay_map.omit_default_regions:
        tree["omitDefaultRegions"] = True
    return msgspec.json.format(msgspec.json.encode(tree), indent=2) + b"\n"


def _region_tree(region: RelayRegion) -> dict[str, object]:
    tree = _record_tree(region, REGION_FIELDS)
    tree["Nodes"] = [_record_tree(node, NODE_FIELDS) for node in region.nodes]
    return tree


def _record_tree(record: RelayRegion | RelayNode, fields: tuple[Field, ...]) -> dict[str, object]:
    values = ((field, getattr(record, field.attribute)) for field in fields)
    return {field.name: value for field, value in values if value or field.always}


def _tree(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise UserError("is no relay map: it is nested too deeply") from None
    except UnicodeDecodeError:
        raise UserError("is not JSON: it is not UTF-8 text") from None
    except ValueError as error:
        _refuse(data, str(error))


def _refuse(data: bytes, reason: str) -> NoReturn:
    if not data.strip():
        raise UserError("is empty")
    match = re.match(_BYTE, reason)
    if match is None:
        raise UserError(f"is not JSON: {_REASONS.get(reason.split(' - ')[0], 'it cannot be read')}")
    before = data[: int(match["at"])].decode(errors="replace")
    from natscope.wire.json_spots import spot_at

    line, column = spot_at(before, len(before))
    character = data[len(before.encode()) :][:1]
    raise UserError(f"is not JSON: line {line}, column {column}: {_SEEN.get(character) or match['what']}")


_REASONS = {
    "Input data was truncated": "it ends too early",
    "Number out of range": "a number is out of range",
}
_SEEN = {
    b"/": "comments are not part of JSON",
    b"#": "comments are not part of JSON",
    b"'": "names and texts stand in double quotes",
    b"N": "NaN is not part of JSON",
    b"I": "Infinity is not part of JSON",
}


def _text(value: object) -> str:
    if type(value) is str:
        return value
    raise WrongValueError("must be a text in double quotes", str(value) if type(value) in (int, float) else None)


def _integer(value: object) -> int:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        raise WrongValueError("must be a whole number, without decimals", int(value))
    instead = int(value) if type(value) is str and re.fullmatch(r"-?[0-9]{1,16}", value) else None
    raise WrongValueError(
        "must be a whole number, without quotes" if instead is not None else "must be a whole number", instead
    )


def _number(value: object) -> float:
    if type(value) is int or type(value) is float:
        return value
    raise WrongValueError("must be a number")


def _flag(value: object) -> bool:
    if type(value) is bool:
        return value
    raise WrongValueError(
        "must be true or false, without quotes", _WORDS.get(value.lower()) if type(value) is str else None
    )


def _line(name: str, value: object) -> str:
    return f'"{name}": ' if value is ... else f'"{name}": {msgspec.json.encode(value).decode()}'


JSON_FORM = Form("json", {"text": _text, "integer": _integer, "number": _number, "flag": _flag}, _line)
