"""What the first process of a relay and its workers tell each other, one JSON object a message.

Two messages carry a socket and are bytes of their own: `ENCRYPTED` and `PLAIN` hand a connection over, `STREAM` and a
number the stream to that worker.
"""

from __future__ import annotations

import pickle
from typing import TypeAlias

import msgspec

from natscope.relay.config import RelayConfig

ENCRYPTED, PLAIN, STREAM = b"E", b"P", b"S"


class Start(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """To a worker, the first: its number of how many, and the relay that it serves; `least` is the log's level."""

    number: int
    workers: int
    config: bytes
    private: bytes
    as_json: bool
    least: str


class Reload(msgspec.Struct, tag=True, frozen=True):
    """To a worker: look at files again; `config` are other settings, empty for the same."""

    config: bytes = b""


class Drain(msgspec.Struct, tag=True, frozen=True):
    """To a worker: let the clients go, then end."""


class Stop(msgspec.Struct, tag=True, frozen=True):
    """To a worker: end at once."""


class Ask(msgspec.Struct, tag=True, frozen=True):
    """To a worker: tell your numbers."""

    question: int


class Known(msgspec.Struct, tag=True, frozen=True):
    """Both ways: this client (its key, its address) may use the relay, to be remembered."""

    key: bytes
    ip: str


class Ready(msgspec.Struct, tag=True, frozen=True):
    """From a worker: it takes connections."""


class Failed(msgspec.Struct, tag=True, frozen=True):
    """From a worker: it cannot serve, and why."""

    message: str
    hint: str = ""
    is_usage: bool = False


class Told(msgspec.Struct, tag=True, frozen=True):
    """From a worker: how many connections it has."""

    connections: int


class Lost(msgspec.Struct, tag=True, frozen=True):
    """From a worker: the stream to that other one is gone."""

    number: int


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """A family of metrics."""

    name: str
    kind: str
    words: str
    samples: dict[str, float]


class Numbers(msgspec.Struct, tag=True, frozen=True):
    """From a worker: its metrics."""

    question: int
    families: list[Sample]


ToWorker: TypeAlias = Start | Reload | Drain | Stop | Ask | Known
FromWorker: TypeAlias = Ready | Failed | Told | Lost | Numbers | Known
_TO: msgspec.json.Decoder[ToWorker] = msgspec.json.Decoder(ToWorker)
_FROM: msgspec.json.Decoder[FromWorker] = msgspec.json.Decoder(FromWorker)
pack = msgspec.json.encode


def read_to_worker(message: bytes) -> ToWorker:
    """Raises `msgspec.MsgspecError`."""
    return _TO.decode(message)


def read_from_worker(message: bytes) -> FromWorker:
    """Raises `msgspec.MsgspecError`."""
    return _FROM.decode(message)


def pack_config(config: RelayConfig) -> bytes:
    """For a process of the same program that this one has started, and nobody else."""
    return pickle.dumps(config)


def unpack_config(data: bytes) -> RelayConfig:
    """From the process that has started this one, over the channel that nobody else has."""
    config = pickle.loads(data)
    assert isinstance(config, RelayConfig)
    return config
