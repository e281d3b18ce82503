"""What the owner of a node of a mesh has chosen, as far as it matters to connections."""

from __future__ import annotations

import msgspec


class MeshPrefs(msgspec.Struct, frozen=True, kw_only=True):
    """None is: not told. `advertised` are routes that the node offers to others, as prefixes.

    `exit_node` is the id or address of the node that carries everything, empty for none. `netfilter`: 0 the program
    leaves the packet filter alone, 1 it adds chains that are not called, 2 it does all. `operator` is the user who may
    change the node without being root. `rest` has the fields that we do not know, as they came, but never a key.
    """

    control_url: str = ""
    wants_running: bool | None = None
    logged_out: bool | None = None
    accepts_routes: bool | None = None
    accepts_dns: bool | None = None
    shields_up: bool | None = None
    exit_node: str = ""
    advertised: tuple[str, ...] = ()
    netfilter: int | None = None
    operator: str = ""
    rest: dict[str, object] = {}
    problems: tuple[str, ...] = ()

    @property
    def offers_exit_node(self) -> bool:
        """Whether it offers to carry everything."""
        return any(prefix in ("0.0.0.0/0", "::/0") for prefix in self.advertised)
