"""The daemon's preferences, and its own checks of this computer.

Source: upstream ipn/prefs.go; ipn/localapi/localapi.go (check-ip-forwarding, check-udp-gro-forwarding). `Config`, in
which a daemon sends its private keys to a privileged asker, is not kept.
"""

from __future__ import annotations

import msgspec

from natscope.errors import RemoteError
from natscope.model.mesh_prefs import MeshPrefs
from natscope.wire.local_api.loose import Loose, Problems, decode_json

MAX_BYTES = 4 << 20
_KNOWN = frozenset({
    "ControlURL", "WantRunning", "LoggedOut", "RouteAll", "CorpDNS", "ShieldsUp", "ExitNodeID", "ExitNodeIP",
    "AdvertiseRoutes", "NetfilterMode", "OperatorUser",
})  # fmt: skip
_KEYS = frozenset({"Config", "Persist"})
"""The second is the name of older ones."""


def decode_prefs(data: bytes) -> MeshPrefs:
    """Raises `RemoteError` when these are no preferences at all."""
    tree = decode_json(data, "the preferences", MAX_BYTES)
    if not isinstance(tree, dict) or not tree.keys() & {"WantRunning", "ControlURL", "CorpDNS"}:
        raise RemoteError("these are no preferences of a tailscaled", field="the preferences")
    problems = Problems()
    prefs = Loose(tree, "prefs", problems)
    found = MeshPrefs(
        control_url=prefs.text("ControlURL") or "",
        wants_running=prefs.flag("WantRunning"),
        logged_out=prefs.flag("LoggedOut"),
        accepts_routes=prefs.flag("RouteAll"),
        accepts_dns=prefs.flag("CorpDNS"),
        shields_up=prefs.flag("ShieldsUp"),
        exit_node=prefs.text("ExitNodeID") or prefs.text("ExitNodeIP") or "",
        advertised=prefs.texts("AdvertiseRoutes"),
        netfilter=prefs.whole("NetfilterMode"),
        operator=prefs.text("OperatorUser") or "",
        rest=prefs.rest(_KNOWN | _KEYS),
    )
    return msgspec.structs.replace(found, problems=tuple(problems.words))


def decode_warning(data: bytes) -> str:
    """What a check of the daemon warns of, empty where nothing is wrong. Raises `RemoteError`."""
    tree = decode_json(data, "the check's result", MAX_BYTES)
    if not isinstance(tree, dict):
        raise RemoteError("this is no result of a check", field="the check's result")
    warning = tree.get("Warning", "")
    if not isinstance(warning, str):
        raise RemoteError("the check's warning is no text", field="the check's result")
    return warning
