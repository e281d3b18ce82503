"""A claim becomes a finding: the case's own words, severity and fixes win over the cause's."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from natscope.diagnosis.cause import Cause, Ground, Strength, Support
from natscope.diagnosis.claim import Claim
from natscope.model.finding import Certainty, Fix, Severity
from natscope.model.tri import Tri

FIX = Fix(do="Do it.", who="you", effort="E1", duration="1 min")
CAUSE = Cause(
    id="NS-ENV-99",
    title="Title.",
    severity=Severity.FAIL,
    sides=1,
    who_can_fix=("you",),
    fires=(),
    silent=(),
    fixes=(FIX,),
    hides=("all",),
)
GROUNDS = (Ground(Strength.FACT, "seen", ("o1",)),)


def test_the_cause_speaks_where_the_case_says_nothing() -> None:
    finding = Claim(CAUSE, Support(Tri.YES, GROUNDS)).finding()
    assert (finding.id, finding.title, finding.severity, finding.fixes) == (
        "NS-ENV-99",
        "Title.",
        Severity.FAIL,
        (FIX,),
    )
    assert (finding.certainty, finding.evidence, finding.hides) == (Certainty.POSSIBLE, ("o1",), ("all",))


def test_the_case_replaces_what_it_knows_better() -> None:
    support = Support(Tri.YES, GROUNDS, title="Own.", detail="Numbers.", severity=Severity.INFO, fixes=())
    finding = Claim(CAUSE, support).finding()
    assert (finding.title, finding.detail, finding.severity, finding.fixes) == ("Own.", "Numbers.", Severity.INFO, ())


def test_a_whole_netcheck_is_replaced_by_a_check_of_this_finding() -> None:
    again, other = (msgspec.structs.replace(FIX, verify=verify) for verify in ("natscope netcheck", "ip route"))
    finding = Claim(CAUSE, Support(Tri.YES, GROUNDS, fixes=(again, other))).finding()
    assert [fix.verify for fix in finding.fixes] == ["natscope check NS-ENV-99", "ip route"]


def test_what_takes_both_sides_is_judged_again_with_both() -> None:
    again = msgspec.structs.replace(FIX, verify="natscope netcheck")
    cause = replace(CAUSE, sides=2)
    assert [fix.verify for fix in Claim(cause, Support(Tri.YES, GROUNDS, fixes=(again,))).finding().fixes] == [
        "natscope path PEER"
    ]
