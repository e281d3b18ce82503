"""pystun3's word beside ours, and why the two differ: pure.

Its quirks are those of RFC 3489's order of tests and of its own: one socket for all of them; the mapping is tested only
where the filter lets nothing in; whole addresses are compared; one lost packet is a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

from natscope.model.nat import Filtering, Mapping
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport
from natscope.model.report_cross_check import CrossCheckReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_ways import void_reason

_MEANINGS = {
    "Open Internet": "open internet",
    "Symmetric UDP Firewall": "symmetric UDP firewall",
    "Full Cone": "full cone",
    "Restric NAT": "restricted cone",
    "Restric Port NAT": "port-restricted cone",
    "Symmetric NAT": "symmetric",
    "Blocked": "UDP blocked",
}
_LOOSER = (
    ("full cone", Filtering.ADDRESS_DEPENDENT),
    ("full cone", Filtering.ADDRESS_AND_PORT_DEPENDENT),
    ("restricted cone", Filtering.ADDRESS_AND_PORT_DEPENDENT),
    ("open internet", Filtering.ADDRESS_DEPENDENT),
    ("open internet", Filtering.ADDRESS_AND_PORT_DEPENDENT),
)
_DEPENDENT = (Mapping.ADDRESS_DEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT, Mapping.PORT_DEPENDENT)


def cross_check(observations: Sequence[Observation], nat: NatFamilyReport) -> CrossCheckReport:
    """The second opinion of a run; `nat` is ours of IPv4. What was heard of another way's router is not told."""
    asked = next((o for o in observations if o.kind == "nat.second-opinion"), None)
    if asked is None:
        return CrossCheckReport()
    if elsewhere := void_reason(observations, 4):
        return CrossCheckReport(server=asked.target, reason=elsewhere, evidence=(asked.id,))
    if asked.outcome is not Outcome.ANSWERED:
        return CrossCheckReport(server=asked.target, reason=asked.summary, evidence=(asked.id,))
    says = str(asked.data.get("says", ""))
    means = _MEANINGS.get(says, "")
    agrees = Tri.of(means == nat.rfc3489_name if means and nat.rfc3489_name else None)
    return CrossCheckReport(
        server=asked.target,
        says=says,
        means=means,
        agrees=agrees,
        explanation="" if agrees is Tri.YES else _explain(means, nat, str(asked.data.get("heeds", ""))),
        reason="",
        evidence=(asked.id,),
    )


def _explain(means: str, nat: NatFamilyReport, heeds: str) -> str:
    """Why it says something else. `heeds`: was the server seen to honour CHANGE-REQUEST (`proved`), or `silent`."""
    if not means:
        return "it met an error of its own and says nothing about the router"
    if not nat.rfc3489_name and nat.several_addresses is not Tri.YES:
        return "there is no verdict of ours to hold beside it"
    if nat.several_addresses is Tri.YES:
        return "it compares whole addresses, so several public addresses look symmetric or not to it, by chance"
    if means == "full cone" and nat.mapping in _DEPENDENT:
        return "it tests the mapping only where the filter lets nothing in, so it did not see that the port differs"
    if means == "full cone" and nat.mapping is Mapping.NONE:
        return "it did not recognise this computer's own address, so it took an open host for a translated one"
    if means == "UDP blocked":
        return "it gives up after a few silent seconds; relays answered us over UDP"
    if (means, nat.filtering) in _LOOSER:
        return (
            "it does not look where an answer came from, so a server that answers a CHANGE-REQUEST from where it was "
            "asked makes every filter look open to it"
        )
    stricter = (means, nat.filtering) in (
        ("port-restricted cone", Filtering.ADDRESS_DEPENDENT),
        ("port-restricted cone", Filtering.ENDPOINT_INDEPENDENT),
        ("restricted cone", Filtering.ENDPOINT_INDEPENDENT),
        ("symmetric UDP firewall", Filtering.ENDPOINT_INDEPENDENT),
    )
    if stricter and heeds == "silent":
        return "its server was not seen to honour CHANGE-REQUEST; one that does not looks like a strict filter to it"
    if stricter:
        return "it takes a lost packet for a filter; ours counted what was sent"
    return "it tests with one socket at one server, and a mapping that changed meanwhile is a verdict to it"
