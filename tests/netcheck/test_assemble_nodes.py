"""Rows of relays that were looked at, and whose certificates they showed."""

from __future__ import annotations

from typing import Any

from natscope.model.observation import Observation, Outcome
from natscope.model.report_web import RelayStep
from natscope.model.tri import Tri
from natscope.netcheck.assemble_nodes import NOT_LOOKED, UNTOLD, interception, node_checks


def look(region: int, outcome: Outcome = Outcome.ANSWERED, **fields: Any) -> Observation:
    error = fields.pop("error", "")
    data = {"step": fields.pop("step", "http"), "pinned": False} | fields
    return Observation(
        id=f"o{region}", kind="relay.check", probe="x", outcome=outcome, target=f"192.0.2.{region}:443", family=4,
        region_id=region, node=f"{region}a", error=error, data=data,
    )  # fmt: skip


def refused(region: int, code: str, issuer: str, **fields: Any) -> Observation:
    values = {"issuer": issuer, "public_issuer": False, "self_signed": False, "step": "certificate"} | fields
    return look(region, Outcome.WRONG, error=code, **values)


def test_rows() -> None:
    plain = Observation(
        id="p", kind="relay.port80", probe="x", outcome=Outcome.ANSWERED, family=4, region_id=1, node="1a",
        data={"state": "answers", "clock_off_s": 3.0},
    )  # fmt: skip
    good, bad = node_checks((look(1, status=200, issuer="R11", public_issuer=True), refused(2, "x", "CA"), plain))
    assert (good.reached, good.failed_at, good.port80, good.clock_off_s) == (RelayStep.ANSWERED, None, "answers", 3.0)
    assert good.public_issuer is Tri.YES
    assert good.evidence == ("o1", "p")
    assert (bad.reached, bad.failed_at, bad.port80) == (RelayStep.CERTIFICATE, RelayStep.CERTIFICATE, "")
    (cut,) = node_checks((look(3, Outcome.CANCELLED, step="tls"),))
    assert (cut.reached, cut.failed_at) == (RelayStep.TLS, None)


def test_nothing_looked_at() -> None:
    assert interception((), vendor=False).reason == NOT_LOOKED


def test_a_public_chain_or_a_right_pin_is_no_interception() -> None:
    public = look(1, tls_version="TLSv1.3", issuer="R11", public_issuer=True)
    assert interception((public,), vendor=False).holds is Tri.NO
    pinned = look(1, tls_version="TLSv1.3", issuer="mine", public_issuer=False, pinned=True)
    assert interception((pinned,), vendor=False).holds is Tri.NO


def test_a_private_authority_that_is_trusted_says_nothing() -> None:
    private = look(1, tls_version="TLSv1.3", issuer="Corp", public_issuer=False)
    assert interception((private,), vendor=False).reason == UNTOLD
    assert interception((private,), vendor=True).holds is Tri.YES


def test_a_pinned_relay_with_the_issuer_of_another() -> None:
    both = (refused(1, "certificate-pin-mismatch", "Inspector"), refused(2, "certificate-unknown-issuer", "Inspector"))
    found = interception(both, vendor=False)
    assert (found.holds, found.by, found.evidence) == (Tri.YES, "Inspector", ("o1", "o2"))
    alone = interception(both[:1], vendor=False)
    assert alone.holds is Tri.UNKNOWN


def test_one_unknown_authority_for_all_is_unknown_and_named() -> None:
    several = tuple(refused(n, "certificate-unknown-issuer", "Somebody") for n in (1, 2))
    found = interception(several, vendor=False)
    assert (found.holds, found.by) == (Tri.UNKNOWN, "Somebody")


def test_relays_that_leave_out_their_issuers_certificate_are_no_sign_of_an_inspector() -> None:
    cut = tuple(refused(n, "certificate-chain-incomplete", "R11") for n in (1, 2))
    assert interception(cut, vendor=True).holds is Tri.UNKNOWN
    assert interception(cut, vendor=False).by == ""


def test_self_signed_relays_are_none() -> None:
    own = tuple(refused(n, "certificate-self-signed", f"r{n}", self_signed=True) for n in (1, 2))
    assert interception(own, vendor=True).holds is Tri.UNKNOWN


def test_the_issuer_of_a_relay_whose_pin_fits_is_no_inspector() -> None:
    """One wrong certificate of the relays' own authority is that relay's mistake."""
    right = look(1, tls_version="TLSv1.3", issuer="own", public_issuer=False, pinned=True)
    wrong = refused(2, "certificate-pin-mismatch", "own")
    unpinned = refused(3, "certificate-unknown-issuer", "own")
    found = interception((right, wrong, unpinned), vendor=False)
    assert (found.holds, found.evidence) == (Tri.NO, ("o1",))
    assert interception((right, wrong), vendor=False).holds is Tri.NO
    exempt = (right, refused(2, "certificate-pin-mismatch", "Inspector"), refused(3, "x", "Inspector"))
    assert interception(exempt, vendor=False).by == "Inspector"
