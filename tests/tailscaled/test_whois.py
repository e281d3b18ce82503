"""Whether a tailscaled knows a node key: its question and its answers."""

from __future__ import annotations

import pytest

from natscope.errors import RefusedError
from natscope.host.api import Failure, HostError
from natscope.tailscaled.client import LOCAL_HOST
from natscope.tailscaled.whois import knows_node
from tests.netcheck.map_http import TableHttp

KEY = bytes(range(32))
URL = f"http://{LOCAL_HOST}/localapi/v0/whois?addr=nodekey:{KEY.hex()}"


async def test_known_and_unknown() -> None:
    http = TableHttp({URL: b'{"Node":{"ID":1},"UserProfile":{"ID":2}}'})
    assert await knows_node(http, "/x.sock", KEY)
    assert dict(http.asked[0].headers) == {"host": LOCAL_HOST}
    assert not await knows_node(TableHttp({URL: 404}), "/x.sock", KEY)


async def test_no_answer_is_no_verdict() -> None:
    with pytest.raises(RefusedError, match="400: sorry"):
        await knows_node(TableHttp({URL: 400}), "/x.sock", KEY)
    with pytest.raises(HostError):
        await knows_node(TableHttp({URL: HostError(Failure.REFUSED, "nobody")}), "/x.sock", KEY)
