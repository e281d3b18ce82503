"""`natscope derp check`: the options; what happens with them is `derp_check_flow`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from natscope.cli import options as opt
from natscope.cli.session import begin

DEFAULTS = {"proxy": "environment", "port80": "80", "limit": "30"}
"""What options say that nobody gave, and that say something then."""


def value(text: str, metavar: str, *spellings: str) -> Any:
    """An option with a value that is no setting."""
    return typer.Option(*spellings, help=text, metavar=metavar, show_default=False)


Regions = Annotated[list[str] | None, value("only this region, may be repeated [all]", "NUMBER|CODE", "--region")]
Nodes = Annotated[list[str] | None, value("only this node, may be repeated [all]", "NAME|HOST", "--node")]
KeyFile = Annotated[
    list[str] | None,
    value("private key of a client that the relays admit, once or twice [new keys]", "FILE", "--key-file"),
]
CaFile = Annotated[str, value("trust these authorities too (PEM)", "FILE", "--ca-file")]
Proxy = Annotated[str, value(f"HTTP proxy to go through [{DEFAULTS['proxy']}]", "environment|direct|URL", "--proxy")]
Volume = Annotated[
    str, value("sent at a stretch to see how fast it goes, 0: not [256; public map: 0]", "KILOBYTES", "--volume")
]
Port80 = Annotated[str, value(f"where login page checks go [{DEFAULTS['port80']}]", "PORT", "--port80")]
Limit = Annotated[str, value(f"limit of a run [{DEFAULTS['limit']}]", "SECONDS", "--timeout", "-W")]
FailOn = Annotated[str, value("exit 1 from which severity on [fail]", "fail|warn|never", "--fail-on")]
Form = Annotated[str, value("output format [text]", "text|json|junit", "--format")]
Out = Annotated[str, value("write the result to a file, whole or not at all", "FILE", "--output", "-o")]
Every = Annotated[str, value("check again and again until stopped", "30s|5m|1h", "--every")]
Metrics = Annotated[
    str,
    value("with --every: Prometheus page over HTTP [127.0.0.1:9479]", "ADDRESS:PORT|off", "--metrics-listen"),
]


def check(
    context: typer.Context,
    derp_map: opt.DerpMap = None,
    region: Regions = None,
    node: Nodes = None,
    only_v4: opt.OnlyV4 = False,
    only_v6: opt.OnlyV6 = False,
    key_file: KeyFile = None,
    ca_file: CaFile = "",
    proxy: Proxy = DEFAULTS["proxy"],
    volume: Volume = "",
    port80: Port80 = DEFAULTS["port80"],
    limit: Limit = DEFAULTS["limit"],
    offline: opt.Offline = None,
    as_json: Annotated[bool, opt.switch("the check as JSON, same as --format json", "--json")] = False,
    form: Form = "",
    out: Out = "",
    threshold: FailOn = "fail",
    every: Every = "",
    metrics: Metrics = "",
    keep: Annotated[str, value("keep everything that was seen in a folder", "DIR", "--record")] = "",
    again: Annotated[str, value("judge a recorded check again, without a network", "DIR", "--replay")] = "",
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = 0,
    color: opt.Color = None,
    ascii_only: opt.Ascii = None,
    no_progress: opt.NoProgress = False,
) -> int:
    """Say whether relays really relay: two clients meet through each of them, step by step.

    Examples:
    natscope derp check --derp-map derp.yaml  # all relays of your map
    natscope derp check --region fra --format junit -o relays.xml  # for CI
    natscope derp check --derp-map derp.yaml --every 30s  # a monitor, with Prometheus metrics

    Each node is looked at as a client would: name, TCP, certificate, upgrade, the relay's key on repeated connections,
    packets of several sizes both ways, other nodes of its region, STUN, clock, port 80. That takes seconds and about
    1 MB a node (--volume 0: 100 kB, as for Tailscale's public map). The map is found as for netcheck. With --key-file
    the relay sees that client connect: use a key whose node is not online meanwhile.

    Exit 0: all relay, nothing found at or above --fail-on. 1: something was found, or with --fail-on warn some node
    could not be checked. 3: no node could be checked, because nothing answered or they admit known clients only. With
    --every it runs until SIGTERM or Ctrl-C and ends with 0.
    """
    from natscope.cli.derp_check_flow import Wishes, run

    return run(
        begin(context),
        Wishes(
            regions=tuple(region or ()), nodes=tuple(node or ()), only_v4=only_v4, only_v6=only_v6,
            key_files=tuple(key_file or ()), ca_file=ca_file, proxy=proxy, volume=volume, port80=port80, limit=limit,
            format="json" if as_json else form or "text", formats=(as_json, form), output="" if out == "-" else out,
            fail_on=threshold, every=every, metrics=metrics, record=keep, replay=again,
        ),
    )  # fmt: skip
