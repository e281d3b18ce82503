"""One mapping for several documents: the same thing is the same mask in all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natscope.redact.mask import Mask, texts_in

KEY = "nodekey:b602df2847a6836b59cbf63ee2117f4a3abe90743b9072b85badd95f2b92471a"
STATUS = {"Peer": {KEY: {"DNSName": "nas.acme.ts.io.", "Addrs": ["81.2.69.7:41641"], "RxBytes": 7, "Online": True}}}


def test_documents_share_a_mapping() -> None:
    other = {"told": [f"81.2.69.7 {KEY}", "nas.acme.ts.io"]}
    mask = Mask([*texts_in(STATUS), *texts_in(other)])
    status, told = mask.tree(STATUS), mask.tree(other)
    ((key, peer),) = status["Peer"].items()
    assert told["told"][0].split() == [peer["Addrs"][0].rpartition(":")[0], key]
    assert peer["DNSName"].rstrip(".") == told["told"][1]
    assert (peer["RxBytes"], peer["Online"]) == (7, True)
    assert list(peer) == ["DNSName", "Addrs", "RxBytes", "Online"], "names of fields stay"


@given(st.recursive(st.none() | st.text(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_document_is_taken(document: object) -> None:
    Mask(texts_in(document)).tree(document)
