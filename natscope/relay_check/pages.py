"""Web pages of a relay: `/derp/probe` on its own port, and `/generate_204` on port 80 where the map promises it.

The first proves that the relay's HTTP answers, tells its clock, and, where nothing ends TLS in between, its key. The
second is what clients ask to notice login pages. Where an upgrade fails, `/derp` is asked without it too: the control.
Source: upstream cmd/derper, net/captivedetection.
"""

from __future__ import annotations

from typing import Any

from natscope.host.api import Failure, HostError, TlsOptions
from natscope.host.http_api import HttpRequest, HttpResponse
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.relay_check.look import certificate_data, url_host
from natscope.relay_check.watch import OUTCOMES, Watch, whereabouts
from natscope.relay_client import tls_options
from natscope.wire.derp.meta_certificate import server_key_of
from natscope.wire.http_date import clock_offset_s

PAGE, LEFT_OUT, PLAIN = "derp.page", "derp.left-out", "relay.port80"
PATH, RELAY_PATH, CHALLENGE_PATH = "/derp/probe", "/derp", "/generate_204"
PAGE_S = 4.0
MAX_BYTES = 1024
MAX_TEXT = 120


async def ask_page(watch: Watch, node: RelayNode, target: Endpoint, *, verify: bool, proxied: bool) -> None:
    """GET `/derp/probe`; without `verify` where the certificate is known to be wrong, so that nothing is proved."""
    rules = tls_options(node, watch.options.ca_file)
    if not verify:
        rules = TlsOptions(rules.server_name, verify=False)
    request = HttpRequest(
        url=f"https://{url_host(node)}:{target.port}{PATH}",
        timeout_s=watch.limit(PAGE_S),
        max_bytes=MAX_BYTES,
        connect_to=None if proxied else target,
        proxy=proxied,
        tls=rules,
    )
    facts: dict[str, Any] = {**whereabouts(node, target), "sent_at": watch.now()}
    try:
        answer = await watch.http.fetch(request)
    except HostError as error:
        outcome = OUTCOMES.get(error.failure, Outcome.REFUSED)
        watch.observe(PAGE, outcome, error=error.failure.value, summary=error.message, **facts)
        return
    data: dict[str, Any] = {"status": answer.status, "proved": verify} | _said(answer)
    if answer.tls is not None:
        data |= certificate_data(watch, node, answer.tls)
        data["server_key"] = server_key_of(answer.tls.certificates).hex()
    _keep_clock(watch, answer, data)
    is_good = answer.status == 200
    watch.observe(
        PAGE, Outcome.ANSWERED if is_good else Outcome.REFUSED, received_at=watch.now(),
        error="" if is_good else "http-status", bytes_sent=answer.bytes_sent, bytes_received=answer.bytes_received,
        data=data, **facts,
    )  # fmt: skip


async def ask_left_out(watch: Watch, node: RelayNode, target: Endpoint, *, proxied: bool) -> None:
    """GET `/derp` without the upgrade: a front that eats it gives both requests the same answer."""
    request = HttpRequest(
        url=f"https://{url_host(node)}:{target.port}{RELAY_PATH}",
        timeout_s=watch.limit(PAGE_S),
        max_bytes=MAX_BYTES,
        connect_to=None if proxied else target,
        proxy=proxied,
        tls=tls_options(node, watch.options.ca_file),
    )
    facts: dict[str, Any] = {**whereabouts(node, target), "sent_at": watch.now()}
    try:
        answer = await watch.http.fetch(request)
    except HostError as error:
        outcome = OUTCOMES.get(error.failure, Outcome.REFUSED)
        watch.observe(LEFT_OUT, outcome, error=error.failure.value, summary=error.message, **facts)
        return
    watch.observe(
        LEFT_OUT, Outcome.ANSWERED, received_at=watch.now(), bytes_sent=answer.bytes_sent,
        bytes_received=answer.bytes_received, data={"status": answer.status}, **facts,
    )  # fmt: skip


async def ask_port80(watch: Watch, node: RelayNode, target: Endpoint) -> None:
    """GET `/generate_204` with a challenge, over plain HTTP; `target` has the port that clients use."""
    challenge = f"ts_{watch.host.rng.bytes(8).hex()}"
    request = HttpRequest(
        url=f"http://{url_host(node)}{CHALLENGE_PATH}",
        headers={"X-Tailscale-Challenge": challenge},
        timeout_s=watch.limit(PAGE_S),
        max_bytes=MAX_BYTES,
        connect_to=target,
    )
    facts: dict[str, Any] = {**whereabouts(node, target), "sent_at": watch.now()}
    try:
        answer = await watch.http.fetch(request)
    except HostError as error:
        state = "silent" if error.failure is Failure.TIMEOUT else "closed"
        state = "other" if error.failure is Failure.OTHER else state
        outcome = OUTCOMES.get(error.failure, Outcome.REFUSED)
        watch.observe(PLAIN, outcome, error=error.failure.value, summary=error.message, data={"state": state}, **facts)
        return
    right = answer.status == 204 and answer.headers.get("x-tailscale-response", "") == f"response {challenge}"
    state = "answers" if right else "redirects" if 300 <= answer.status <= 399 else "other"
    data: dict[str, Any] = {"state": state, "status": answer.status} | _said(answer)
    if right:
        _keep_clock(watch, answer, data)
    watch.observe(
        PLAIN, Outcome.ANSWERED if right else Outcome.REFUSED, received_at=watch.now(),
        bytes_sent=answer.bytes_sent, bytes_received=answer.bytes_received, data=data, **facts,
    )  # fmt: skip


def _said(answer: HttpResponse) -> dict[str, str]:
    """Headers that name who answers, and where a redirect leads."""
    named = (("server", "server"), ("via", "via"), ("location", "location"))
    return {key: answer.headers[name][:MAX_TEXT] for key, name in named if answer.headers.get(name)}


def _keep_clock(watch: Watch, answer: HttpResponse, data: dict[str, Any]) -> None:
    offset = clock_offset_s(answer.headers.get("date", ""), watch.host.clock.utc())
    if offset is not None:
        data["clock_off_s"] = offset
