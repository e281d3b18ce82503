"""What a policy asks for that only the catalogue of causes knows."""

from __future__ import annotations

import pytest

from natscope.apps.policy_check import check_ids, open_findings
from natscope.errors import UserError
from natscope.policy.policy_file import Policy, read_policy
from tests.reports.scenes import load


def policy(text: str) -> Policy:
    return read_policy(f"[expect]\n{text}\n".encode(), "p.toml")


@pytest.mark.parametrize("what", ["absent", "allowed"])
def test_an_id_that_nothing_has_is_a_mistake(what: str) -> None:
    check_ids(policy(f'findings.{what} = ["ns-nat-01"]'))
    with pytest.raises(UserError, match=r"p\.toml:2: findings.* no cause 'NS-NAT-7'"):
        check_ids(policy(f'findings.{what} = ["NS-NAT-01", "NS-NAT-7"]'))


def test_what_a_report_cannot_tell_is_named_with_what_would() -> None:
    wanted = policy('findings.absent = ["NS-NAT-01", "NS-CTL-01"]')
    assert set(open_findings(wanted, load("healthy"))) == {"NS-CTL-01"}
    found = open_findings(wanted, load("no-network"))
    assert set(found) == {"NS-NAT-01", "NS-CTL-01"}
    assert all(found.values())
    assert open_findings(policy("udp = true"), load("no-network")) == {}
    assert open_findings(wanted, None) == {}


def test_what_another_finding_hides_is_not_absent() -> None:
    found = open_findings(policy('findings.absent = ["NS-UDP-01"]'), load("captive-portal"))
    assert found == {"NS-UDP-01": "NS-ENV-06 explains what speaks for it"}
