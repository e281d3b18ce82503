"""What may be asked of a check, and what a check gives: the record that everything after it is a pure function of."""

from __future__ import annotations

import msgspec

from natscope.model.observation import Observation
from natscope.model.relay_map import LoadedMap, RelayRegion

STREAM_BYTES = 256 * 1024
LIMIT_S = 30.0
MAX_KEYS = 2


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`families` 4 and/or 6. `keys` are private node keys (32 bytes) that the relays know, none for keys of our own.

    `stream_bytes` is what is sent at a stretch to see how fast it goes, each way, 0 for none. `limit_s` is for all.
    `ca_file` adds trust (PEM). `proxy` is how to connect, as `natscope.relay_client` takes it. `port80` is where web
    requests of a login page check go.
    """

    families: tuple[int, ...] = (4, 6)
    keys: tuple[bytes, ...] = ()
    stream_bytes: int = STREAM_BYTES
    limit_s: float = LIMIT_S
    ca_file: str = ""
    proxy: str = "environment"
    port80: int = 80


class CheckRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `regions` are those of the map, with the nodes that were checked; `keys_given` of the options' keys.

    `clock_synchronised`: does the system say that it keeps this computer's clock right. Times in milliseconds,
    `started_at` ISO 8601.
    """

    natscope: str
    started_at: str
    duration_ms: float
    interrupted: bool
    limit_reached: bool
    loaded_map: LoadedMap
    regions: tuple[RelayRegion, ...]
    observations: tuple[Observation, ...]
    families: tuple[int, ...] = (4, 6)
    keys_given: int = 0
    stream_bytes: int = STREAM_BYTES
    clock_synchronised: bool | None = None
