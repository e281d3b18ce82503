"""A tree of plain values becomes a relay map; whatever is wrong is named and left out, the rest stays.

The same for both written forms: a `Form` says how a scalar of each kind is read and how a corrected line is written.
Bounds: `MAX_REGIONS`, `MAX_NODES_PER_REGION`, `MAX_PROBLEMS`; deeper or unknown values are not walked at all.
Source: upstream tailcfg/derpmap.go; net/netcheck/netcheck.go (why ids must agree and names be unique).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from natscope.errors import UserError
from natscope.model.relay_map import MapProblem, RelayMap, RelayNode, RelayRegion
from natscope.wire.relay_map_fields import (
    HOME_FIELDS,
    MAP_FIELDS,
    MAX_NODES_PER_REGION,
    MAX_REGION_ID,
    MAX_REGIONS,
    NODE_FIELDS,
    REGION_FIELDS,
    Field,
    by_written_name,
)
from natscope.wire.relay_map_hosts import host_name_fault, is_address_of
from natscope.wire.relay_map_problems import Finding, Findings, Path, Spot, quoted

_MAP = by_written_name(MAP_FIELDS)
_HOME = by_written_name(HOME_FIELDS)
_REGION = by_written_name(REGION_FIELDS)
_NODE = by_written_name(NODE_FIELDS)


class WrongValueError(Exception):
    """A scalar that its field cannot take: what is wanted, the value to write instead (or None), a stable code."""

    def __init__(self, wanted: str, instead: object = None, code: str = "wrong-type") -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.instead = instead
        self.code = code


class Form(msgspec.Struct, frozen=True):
    """A written form. `readers`: one function for each scalar kind; `line(name, value)`: a corrected line."""

    name: str
    readers: Mapping[str, Callable[[object], object]]
    line: Callable[[str, object], str]


class Reading(msgspec.Struct):
    """A map as read: what can be used, what is wrong, and where the kept parts stand.

    `region_paths` by region id, `node_paths` by node name (unique among kept nodes). `spots` is None until somebody
    needs positions. `total_regions` counts the ones that were written, also those left out; null ones are not counted.
    """

    form: Form
    relay_map: RelayMap = RelayMap()
    problems: tuple[MapProblem, ...] = ()
    spots: Spot | None = None
    total_regions: int = 0
    removed_regions: tuple[int, ...] = ()
    region_paths: dict[int, Path] = {}
    node_paths: dict[str, Path] = {}
    duplicate_keys: tuple[tuple[Path, Spot], ...] = ()


def read_tree(tree: object, form: Form, spots: Callable[[], Spot | None]) -> Reading:
    """The map in `tree`; `spots` is called only when there is a problem to point at.

    Raises `UserError` when the tree is no relay map at all.
    """
    return _Reader(form).read(tree, spots)


class _Reader:
    """Reads one tree; holds what the parts have to know of each other (names taken, problems so far)."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.findings = Findings()
        self.reading = Reading(form)
        self.removed: list[int] = []

    def read(self, tree: object, spots: Callable[[], Spot | None]) -> Reading:
        top, regions = self._top(tree)
        kept = {}
        for index, (key, value) in enumerate(regions.items()):
            if index >= MAX_REGIONS:
                self._error("too-many-regions", ("Regions",), f"only the first {MAX_REGIONS} regions are read")
                break
            region = self._region(key, value)
            if region is not None:
                kept[region.region_id] = region
        reading = self.reading
        reading.relay_map = RelayMap(
            regions=tuple(kept[region_id] for region_id in sorted(kept)),
            region_scores=self._scores(top),
            omit_default_regions=bool(top.get("omit_default_regions", False)),
        )
        reading.removed_regions = tuple(self.removed)
        if len(self.findings):
            reading.spots = spots()
            reading.problems = self.findings.located(reading.spots)
        return reading

    def _top(self, tree: object) -> tuple[dict[str, object], dict[str, object]]:
        if not isinstance(tree, dict):
            raise UserError(f"is no relay map: {_noun(tree)} stands where an object with Regions is wanted")
        top = self._record(tree, _MAP, (), None)
        regions = top.get("regions") if top is not None else None
        if top is None or regions is None:
            raise UserError("is no relay map: it has no Regions", hint=_hint_for(tree))
        if not isinstance(regions, dict):
            raise UserError(f"is no relay map: its Regions are {_noun(regions)}, not an object of regions by id")
        if not regions:
            raise UserError("is no relay map: its Regions are empty")
        return top, regions

    def _region(self, key: str, raw: object) -> RelayRegion | None:
        path: Path = ("Regions", key)
        region_id = _decimal(key)
        if region_id is None or not 1 <= region_id <= MAX_REGION_ID:
            self.reading.total_regions += 1
            self._error("region-key", path, "regions are named by a positive whole number", at_key=True)
            return None
        if raw is None:
            self.removed.append(region_id)
            return None
        self.reading.total_regions += 1
        if not isinstance(raw, dict):
            self._error("not-an-object", path, f"a region is an object, not {_noun(raw)}", region_id=region_id)
            return None
        if region_id in self.reading.region_paths:
            self._error("duplicate-region", path, f"region {region_id} stands here twice", region_id=region_id)
            return None
        values = self._record(raw, _REGION, path, region_id)
        if values is None:
            return None
        agrees = self._id_agrees(values, path, region_id)
        nodes = self._nodes(values.pop("nodes", None), path, region_id)
        if not nodes or not agrees:
            return None
        self.reading.region_paths[region_id] = path
        values |= {"region_code": values.get("region_code", ""), "region_name": values.get("region_name", "")}
        return RelayRegion(nodes=nodes, **values)  # type: ignore[arg-type]  # kinds are checked field by field

    def _nodes(self, raw: object, region_path: Path, region_id: int) -> tuple[RelayNode, ...]:
        path = (*region_path, "Nodes")
        if raw is None or raw == []:
            self._error("region-without-nodes", region_path, "a region needs at least one node", region_id=region_id)
            return ()
        if not isinstance(raw, list):
            self._error("not-a-list", path, f"Nodes is a list, not {_noun(raw)}", region_id=region_id)
            return ()
        if len(raw) > MAX_NODES_PER_REGION:
            message = f"only the first {MAX_NODES_PER_REGION} nodes are read"
            self._error("too-many-nodes", path, message, region_id=region_id)
        nodes = (self._node(item, (*path, i), region_id) for i, item in enumerate(raw[:MAX_NODES_PER_REGION]))
        return tuple(node for node in nodes if node is not None)

    def _node(self, raw: object, path: Path, region_id: int) -> RelayNode | None:
        if not isinstance(raw, dict):
            self._error("not-an-object", path, f"a node is an object, not {_noun(raw)}", region_id=region_id)
            return None
        values = self._record(raw, _NODE, path, region_id)
        if values is None:
            return None
        agrees = self._id_agrees(values, path, region_id)
        values |= {"name": values.get("name", ""), "host_name": values.get("host_name", ""), "region_id": region_id}
        node = RelayNode(**values)  # type: ignore[arg-type]  # kinds are checked field by field
        if not self._node_is_usable(node, path) or not agrees:
            return None
        self.reading.node_paths[node.name] = path
        return node

    def _node_is_usable(self, node: RelayNode, path: Path) -> bool:
        faults = _node_faults(node, node.name in self.reading.node_paths)
        families = [self._family_is_left(node, path, *family) for family in (("IPv4", 4), ("IPv6", 6))]
        if not any(families):
            message = "neither IPv4 nor IPv6 is left: at least one needs an address, or nothing to ask DNS"
            faults.append(("no-address-family", "IPv4", message, None))
        for code, name, message, instead in faults:
            fix = self.form.line(name, instead) if instead is not None else ""
            place = path if code.endswith("-missing") else (*path, name)
            self._error(code, place, message, fix, region_id=node.region_id)
        self._pin(node, path)
        return not faults

    def _pin(self, node: RelayNode, path: Path) -> None:
        """A pin is compared as text: anything but lower-case hex never matches."""
        prefix, separator, pin = node.cert_name.partition(":")
        if not separator or prefix != "sha256-raw" or re.fullmatch(_PIN, pin):
            return
        instead = f"sha256-raw:{pin.lower()}" if re.fullmatch(_PIN, pin.lower()) else None
        message = "the pin is not 64 lower-case hex digits: it never matches a certificate"
        fix = self.form.line("CertName", instead) if instead else ""
        self.findings.add(Finding("warning", "cert-pin", (*path, "CertName"), message, fix, node.region_id))

    def _family_is_left(self, node: RelayNode, path: Path, name: str, family: int) -> bool:
        text = node.ipv4 if family == 4 else node.ipv6
        if not text or is_address_of(text, family):
            return True
        if text.lower() != "none":
            message = f"{quoted(text)} is no {name} address: clients take it as {name} switched off"
            fix = self.form.line(name, "none") + f" if {name} shall be off"
            self.findings.add(Finding("warning", "bad-address", (*path, name), message, fix, node.region_id))
        return False

    def _id_agrees(self, values: dict[str, object], path: Path, region_id: int) -> bool:
        """Clients file a region's latency under the ids inside, not under the key: all three must be equal."""
        found = values.get("region_id")
        if found == region_id:
            return True
        fix = self.form.line("RegionID", region_id)
        if found is None:
            self._error("region-id-missing", path, "RegionID is missing", fix, region_id=region_id)
        else:
            message = f"RegionID is {found}, but this is region {region_id}"
            self._error("region-id-differs", (*path, "RegionID"), message, fix, region_id=region_id)
        return False

    def _record(
        self, raw: dict[str, object], table: dict[str, Field], path: Path, region_id: int | None
    ) -> dict[str, object] | None:
        """The known fields of one object by attribute; None when an essential one is wrong. null = not written."""
        values: dict[str, object] = {}
        usable = True
        readers = self.form.readers
        for key, value in raw.items():
            field_ = table.get(key) or table.get(key.lower())
            if field_ is None:
                self._unknown(key, table, path, region_id)
                continue
            if value is None:
                continue
            read = readers.get(field_.kind)
            if read is None:
                values[field_.attribute] = value
                continue
            try:
                found = read(value)
                if field_.kind in _RANGED and not field_.low <= found <= field_.high:  # type: ignore[operator]
                    raise WrongValueError(_range_message(field_), code=field_.code)
                values[field_.attribute] = found
            except WrongValueError as wrong:
                usable = usable and not field_.essential
                self._wrong(field_, wrong, (*path, field_.name), region_id)
        return values if usable else None

    def _wrong(self, field_: Field, wrong: WrongValueError, path: Path, region_id: int | None) -> None:
        fix = self.form.line(field_.name, wrong.instead) if wrong.instead is not None else ""
        self._error(wrong.code, path, f"{field_.name} {wrong.wanted}", fix, region_id=region_id)

    def _unknown(self, key: str, table: dict[str, Field], path: Path, region_id: int | None) -> None:
        near = _nearest(key, table) if len(self.findings) < _MAX_GUESSES else ""
        message = f"there is no field {quoted(key)}: clients ignore it"
        fix = self.form.line(near, ...).rstrip() if near else ""
        self.findings.add(Finding("warning", "unknown-field", (*path, key), message, fix, region_id, at_key=True))

    def _scores(self, top: dict[str, object]) -> dict[int, float]:
        scores: dict[int, float] = {}
        path: Path = ("HomeParams", "RegionScore")
        home = top.get("home_params")
        if home is None:
            return scores
        if not isinstance(home, dict):
            self._error("not-an-object", path[:1], f"HomeParams is an object, not {_noun(home)}")
            return scores
        raw = (self._record(home, _HOME, path[:1], None) or {}).get("region_score") or {}
        if not isinstance(raw, dict):
            self._error("not-an-object", path, f"RegionScore is an object, not {_noun(raw)}")
            return scores
        for key, value in list(raw.items())[:MAX_REGIONS]:
            region_id = _decimal(key)
            try:
                if region_id is None:
                    raise WrongValueError("must be named by a region id")
                scores[region_id] = float(self.form.readers["number"](value))  # type: ignore[arg-type]
            except WrongValueError as wrong:
                self._error("bad-score", (*path, key), f"a score {wrong.wanted}", region_id=region_id)
        return scores

    def _error(
        self,
        code: str,
        path: Path,
        message: str,
        fix: str = "",
        *,
        region_id: int | None = None,
        at_key: bool = False,
    ) -> None:
        self.findings.add(Finding("error", code, path, message, fix, region_id, at_key))


_PIN = "[0-9a-f]{64}"
_RANGED = ("integer", "number")
_MAX_GUESSES = 50
_HINTS = {
    "derp": "this looks like Headscale's configuration: give it one of the files under derp.paths",
    "derpmap": "this looks like a policy file: give it the object under derpMap alone",
}


def _node_faults(node: RelayNode, taken: bool) -> list[tuple[str, str, str, object]]:
    """What makes a node unusable: code, field, message, what to write instead (None: cannot know)."""
    faults: list[tuple[str, str, str, object]] = []
    if not node.name:
        faults.append(("node-name-missing", "Name", "Name is missing: clients tell nodes apart by it", None))
    elif taken:
        message = f"another node has the name {quoted(node.name)}: clients would measure only one of them"
        faults.append(("duplicate-node-name", "Name", message, None))
    fault = host_name_fault(node.host_name)
    if fault is not None:
        faults.append((fault.code, "HostName", fault.message, fault.instead))
    return faults


def _decimal(key: str) -> int | None:
    return int(key) if key.isascii() and key.isdigit() and len(key) <= 20 else None


def _range_message(field_: Field) -> str:
    if field_.code == "port-range":
        return "must be 0 to 65535" if field_.low == 0 else "must be 0 to 65535, or -1 for no STUN"
    if field_.code == "region-id-range":
        return "must be a positive whole number below 2^53"
    return f"must be {field_.low:g} to {field_.high:g}"


def _noun(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    if value is None:
        return "null"
    return "a number" if isinstance(value, int | float) else "a text"


def _hint_for(tree: dict[str, object]) -> str:
    return next((hint for key, hint in _HINTS.items() if key in (str(name).lower() for name in tree)), "")


def _nearest(key: str, table: dict[str, Field]) -> str:
    """The field that was meant, or empty. Imported here: only a map with typos pays for difflib."""
    import difflib

    squeezed = key.replace("_", "").replace("-", "").lower()[:40]
    near = difflib.get_close_matches(squeezed, [f.name.lower() for f in table.values()], n=1, cutoff=0.75)
    return table[near[0]].name if near else ""
