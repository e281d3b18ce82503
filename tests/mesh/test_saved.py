"""A saved status as a source: read, refused, and what it cannot do."""

from __future__ import annotations

import pytest

from natscope.errors import CannotMeasure, UserError
from natscope.mesh.saved import SavedStatus
from natscope.mesh.source import MeshSource, PingKind
from tests.wire.local_api.recorded import body


async def test_a_saved_status() -> None:
    source: MeshSource = SavedStatus(b"\xef\xbb\xbf" + body("status-active.json"), "status.json")
    assert source.notices() is None
    assert len((await source.status()).peers) == 3
    assert source.name == "status.json"
    assert (await source.path_changes("100.64.0.2"), await source.traffic()) == (None, None)
    with pytest.raises(CannotMeasure, match=r"status\.json is a saved status"):
        await source.ping("100.64.0.2", PingKind.DISCO, timeout_s=1)


@pytest.mark.parametrize("data", [b"", b"# Health check:\n", body("status-active.json")[:-40]])
def test_another_file_is_one_clear_line(data: bytes) -> None:
    with pytest.raises(UserError, match=r"^saved\.json: ") as caught:
        SavedStatus(data, "saved.json")
    assert caught.value.hint == "tailscale status --json > FILE"
