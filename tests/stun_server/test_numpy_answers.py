"""The array way against the row-by-row way, on the same batches: same answers, same counts, same buckets."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natscope.host.real.udp_batch import BATCH, UdpBatch, is_supported
from natscope.host.real.udp_server import open_server_socket
from natscope.machines.stun_responder import HOME, StunResponder
from natscope.machines.stun_usual import TAILSCALE_HEAD, TAILSCALE_TAIL
from natscope.model.endpoint import Endpoint
from natscope.stun_server.batch_answers import BatchAnswers
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.service import StunService
from natscope.wire.stun.integrity import FINGERPRINT_XOR
from natscope.wire.stun.message import RequestForm, encode_binding_request, encode_binding_success

numpy_answers = pytest.importorskip("natscope.stun_server.numpy_answers", reason="numpy is not installed")
if not is_supported():
    pytest.skip("this system has no recvmmsg", allow_module_level=True)

OWN = Endpoint.parse("198.18.0.9:3478")


class Recorded(UdpBatch):
    """A batch whose rows are put in by the test, and whose answers are kept instead of sent."""

    def __init__(self) -> None:
        local = Endpoint.parse("127.0.0.1:0")
        super().__init__(open_server_socket(local), local, limit_bytes=2048, answer_bytes=32)
        self.spoken: dict[bytes, list[bytes]] = {}

    def put(self, row: int, data: bytes, source: bytes) -> None:
        self.heads[row * 64 : row * 64 + 64] = data[:64].ljust(64, b"\xaa")
        self._tails[row * self.tail_bytes : row * self.tail_bytes + len(data[64:])] = data[64:]
        self.names[row * 16 : row * 16 + 16] = struct.pack("=H", 2) + source + bytes(8)
        self.length_words[row] = len(data)

    def flush(self, count: int) -> int:
        for place in range(count):
            self._keep(
                bytes(self.targets[place * 16 + 2 : place * 16 + 8]), bytes(self.answers[place * 32 : place * 32 + 32])
            )
        return 0

    def send_one(self, data: bytes, row: int, port: int, via: UdpBatch | None = None) -> bool:
        self._keep(struct.pack("!H", port) + bytes(self.names[row * 16 + 4 : row * 16 + 8]), data)
        return True

    def _keep(self, target: bytes, data: bytes) -> None:
        self.spoken.setdefault(target, []).append(data)


@pytest.fixture(scope="module")
def batches() -> Iterator[tuple[Recorded, Recorded]]:
    pair = (Recorded(), Recorded())
    yield pair
    for batch in pair:
        batch.close()


def twisted(data: bytes, place: int) -> bytes:
    place %= len(data)
    return data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1 :]


USUAL = st.builds(encode_binding_request, st.binary(min_size=12, max_size=12), st.sampled_from(RequestForm))
REQUESTS = st.one_of(
    USUAL,
    USUAL,
    st.builds(twisted, USUAL, st.integers(0, 39)),
    st.binary(max_size=90),
    st.builds(
        lambda text: encode_binding_request(bytes(12), attributes=[(0x8022, text)]), st.binary(min_size=1, max_size=100)
    ),
    st.just(encode_binding_request(bytes(12), attributes=[(0x8022, bytes(2100))])),
)
ADDRESSES = ["198.18.0.9", "198.18.0.1", "198.18.0.2", "224.0.0.1", "0.1.2.3", "223.1.1.1", "255.255.255.255"]
SOURCES = st.builds(
    lambda port, ip: struct.pack("!H", port) + ip,
    st.sampled_from([0, 1, 3478, 65535]),
    st.sampled_from([bytes(map(int, text.split("."))) for text in ADDRESSES]),
)
ROWS = st.lists(st.tuples(REQUESTS, SOURCES), min_size=numpy_answers.MIN_ROWS, max_size=80)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rounds=st.lists(ROWS, min_size=1, max_size=3))
def test_both_ways_answer_alike(batches: tuple[Recorded, Recorded], rounds: list[list[tuple[bytes, bytes]]]) -> None:
    services = [StunService(StunResponder(own=[OWN]), SourceLimiter(5.0, 6)) for _ in batches]
    ways = [
        numpy_answers.NumpyAnswers(services[0], [batches[0]], [HOME]),
        BatchAnswers(services[1], [batches[1]], [HOME]),
    ]
    for batch in batches:
        batch.spoken = {}
    for now, rows in enumerate(rounds):
        for batch, way in zip(batches, ways, strict=True):
            for row, (data, source) in enumerate(rows):
                batch.put(row, data, source)
            way.handle(0, len(rows), float(now))
    fast, plain = batches
    assert {key: sorted(found) for key, found in fast.spoken.items()} == {
        key: sorted(found) for key, found in plain.spoken.items()
    }
    assert vars(services[0].counters) == vars(services[1].counters)


@pytest.mark.parametrize("count", [numpy_answers.MIN_ROWS, 100, BATCH])
@pytest.mark.parametrize("form", RequestForm)
def test_a_full_batch_is_answered_to_everyone(
    batches: tuple[Recorded, Recorded], count: int, form: RequestForm
) -> None:
    batch = batches[0]
    batch.spoken = {}
    service = StunService(StunResponder(), SourceLimiter())
    expected = {}
    for row in range(count):
        identity = os.urandom(12)
        end = Endpoint.parse(f"198.18.{row // 200}.{row % 200 + 1}:{row + 1}")
        packed = struct.pack("!H", end.port) + end.ip.packed
        batch.put(row, encode_binding_request(identity, form), packed)
        expected[packed] = [encode_binding_success(identity, end)]
    numpy_answers.NumpyAnswers(service, [batch], [HOME]).handle(0, count, 1.0)
    assert batch.spoken == expected
    assert service.counters.answers["success"] == count


@given(st.binary(min_size=12, max_size=12))
def test_the_tables_are_the_crc(identity: bytes) -> None:
    tables = numpy_answers.fingerprint_tables()
    value = 0
    for place, byte in enumerate(identity):
        value ^= int(tables[256 * place + byte])
    assert value == zlib.crc32(TAILSCALE_HEAD + identity + TAILSCALE_TAIL[:12]) ^ FINGERPRINT_XOR
