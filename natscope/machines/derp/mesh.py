"""What a relay learns over its links to the others of its region. Source: upstream derp/derphttp/mesh_client.go.

A link is our connection to another relay, as its client with the relay's own key: it says who is there, and takes
packets for them. Being told twice is being told once, and a key that is gone there may still be here or behind another
link.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from natscope.machines.derp.registry import MeshLink
from natscope.wire.derp.frames import Frame, PeerGone, PeerPresent

if TYPE_CHECKING:
    from natscope.machines.derp.effects import Effects
    from natscope.machines.derp.relay import Relay


def learn(relay: Relay, link: MeshLink, frames: Iterable[Frame], effects: Effects) -> None:
    """Take in what the other relay says. Everything but coming and going is passed over; a lost link learns nothing."""
    if link.closed:
        return
    for frame in frames:
        if isinstance(frame, PeerPresent):
            if frame.key != relay.private.public:  # that is this link itself, seen from there
                relay.presence.link_added(link, frame.key)
        elif isinstance(frame, PeerGone):
            relay.presence.link_removed(link, frame.key, effects, relay)
