"""Every flag of derper's: in the table, honoured or refused by name, with derper's meaning where nothing is said."""

from __future__ import annotations

import pytest

from natscope.apps.derper_flags import FLAGS, REFUSED, Meaning, Surroundings, meaning_of
from natscope.apps.go_flags import GoKind, take
from natscope.apps.settings import Value
from natscope.errors import UserError
from tests.house.tree import ROOT

RECORDED = ROOT / "fixtures" / "peers" / "derper" / "flags.txt"
QUOTED_IN_HELP = {"unpublished-bootstrap-dns-names": "0"}
"""Go's help shows a quoted word of the sentence as what the flag takes."""
WITHOUT_EFFECT = {"secrets-cache-dir", "secrets-path-prefix", "version"}
"""Without `-secrets-url` two have none at derper's either; `-version` is the command line's business."""


def meaning(*words: str, **around: object) -> Meaning:
    return meaning_of(take(words, FLAGS), Surroundings(**around))  # type: ignore[arg-type]


def recorded() -> dict[str, tuple[str, str]]:
    rows = [line.split(" ", 2) for line in RECORDED.read_text().splitlines()]
    return {row[0][1:]: (row[1], row[2] if len(row) > 2 else "") for row in rows}


def test_the_table_has_every_flag_with_its_kind() -> None:
    kinds = {name: QUOTED_IN_HELP.get(name, kind.value) or "switch" for name, kind in FLAGS.items()}
    assert kinds == {name: kind for name, (kind, _) in recorded().items()}


EXAMPLES = {GoKind.TEXT: "example", GoKind.INTEGER: "7", GoKind.NUMBER: "7.5", GoKind.DURATION: "7s"}
OTHERS = {"a": "127.0.0.1:7", "certmode": "manual"}
NEEDS = {"acme-ip-certs": ("-hostname", "192.0.2.1"), "certmode": ("-hostname", "relay.test")}


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag_changes_something_or_is_refused_by_name(name: str) -> None:
    kind, default = FLAGS[name], recorded()[name][1]
    value = OTHERS.get(name) or EXAMPLES.get(kind) or ("false" if default == "true" else "true")
    needs = NEEDS.get(name, ())
    if name in REFUSED:
        with pytest.raises(UserError, match=f"^-{name}"):
            meaning(f"-{name}={value}")
        meaning(f"-{name}=" if kind is GoKind.TEXT else f"-{name}=false")  # asks for nothing
        return
    asked, plain = meaning(f"-{name}={value}", *needs), meaning("-derp", *needs)
    if name not in {*WITHOUT_EFFECT, "acme-ip-certs"}:
        assert (asked.given, asked.assumed) != (plain.given, plain.assumed)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-a", ":443"), {"listen": (":443",), "http": ":80", "stun.listen": (":3478",), "tls.mode": "acme"}),
        (("-a=192.0.2.1:443",), {"http": "192.0.2.1:80", "stun.listen": ("192.0.2.1:3478",)}),
        (("-a", "[::]:443"), {"listen": (":443",)}),
        (("-a", ":8443"), {"tls.mode": "off"}),
        (("-a", ":https"), {"tls.mode": "acme"}),
        (("-http-port", "-1"), {"http": "off"}),
        (("-a", "192.0.2.1:443", "-http-port=8080"), {"http": "192.0.2.1:8080"}),
        (("-stun=false",), {"stun.listen": ()}),
        (("-stun-port", "3479"), {"stun.listen": (":3479",)}),
        (("-dev",), {"listen": (":3340",), "tls.mode": "off", "key_file": "-"}),
        (("-c", "derper.key"), {"key_file": "derper.key"}),
        (("-derp=false",), {"relay": False}),
        (("-tcp-write-timeout", "1m30s"), {"limits.write_timeout": 90.0}),
        (("-accept-connection-limit", "+Inf"), {"limits.accept_rate": 0.0}),
        (("-accept-connection-limit=2.5",), {"limits.accept_rate": 2.5}),
        (("-accept-connection-limit=0",), {"limits.accept_rate": 0.0}),
        (("-accept-connection-limit=-1",), {"limits.accept_rate": 0.0}),
        (("-accept-connection-limit", "NaN"), {"limits.accept_rate": 0.0}),
        (("-accept-connection-burst=7",), {"limits.accept_burst": 7}),
        (("-verify-clients",), {"admission.tailscaled": True}),
        (("-verify-client-url-fail-open=false",), {"admission.fail_open": False}),
        (("-mesh-with", "a.test, b.test/192.0.2.1"), {"mesh.with": ("a.test", "b.test/192.0.2.1")}),
        (
            ("-certmode", "manual", "-hostname", "relay.te/st", "-certdir", "/etc/certs"),
            {"tls.mode": "files", "tls.cert": "/etc/certs/relay.test.crt", "tls.key": "/etc/certs/relay.test.key",
             "tls.check_name": True},
        ),
        (
            ("-certmode=manual", "-hostname=2001:db8::1", "-certdir=d"),
            {"tls.mode": "self-signed", "tls.cert": "d/2001db81.crt", "tls.check_name": False},
        ),
        (
            ("-certmode", "gcp", "-acme-eab-kid", "k", "-acme-eab-key", "s", "-acme-email", "a@b.test"),
            {"tls.acme_eab_kid": "k", "tls.acme_eab_key": "s", "tls.mode": "acme",
             "tls.acme_directory": "https://dv.acme-v02.api.pki.goog/directory"},
        ),
    ],
)  # fmt: skip
def test_what_flags_ask_for(words: tuple[str, ...], expected: dict[str, Value]) -> None:
    given = meaning(*words).given
    assert {name: given.get(name) for name in expected} == expected


def test_what_derper_does_where_nothing_is_said() -> None:
    assumed = meaning("-derp", is_root=True, environ={"HOME": "/h"}, exists=lambda path: "/h/keys" in path).assumed
    assert assumed == {
        "admission.fail_open": True,
        "limits.accept_rate": 0.0,
        "limits.accept_burst": 2**63 - 1,
        "listen": (":443",),
        "http": ":80",
        "stun.listen": (":3478",),
        "tls.mode": "acme",
        "tls.directory": "/h/.cache/tailscale/derper-certs",
        "key_file": "/var/lib/derper/derper.key",
        "mesh.key_file": "/h/keys/derp-mesh.key",
    }


def test_our_own_command_line_gets_none_of_that() -> None:
    assert meaning("--hostname", "relay.test", "--verify-clients").assumed == {}
    assert meaning("-hostname", "relay.test").assumed != {}


def test_a_mesh_key_from_the_environment_in_development() -> None:
    key = "ab" * 32
    assert meaning("-dev", environ={"TAILSCALE_DERPER_MESH_KEY": key}).given["mesh.key"] == key


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-certmode", "magic"), "-certmode magic"),
        (("-certmode", "manual"), "-hostname"),
        (("-certmode", "gcp"), "-acme-eab-kid"),
        (("-a", "443"), "-a 443"),
        (("-ace",), "-ace"),
        (("-acme-ip-certs",), "-acme-ip-certs"),
        (("-secrets-url", "https://keys.test"), "-secrets-url https://keys.test"),
        (("-accept-connection-burst", "0"), "-accept-connection-burst 0"),
        (("-accept-connection-burst", "-1"), "-accept-connection-burst -1"),
        (("-accept-connection-limit=0", "-accept-connection-burst=9"), "-accept-connection-limit 0"),
        (("-accept-connection-limit=-Inf", "-accept-connection-burst=9"), "-accept-connection-limit -inf"),
    ],
)
def test_what_is_not_here_is_one_line_with_its_name(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        meaning(*words)
    assert "\n" not in raised.value.message
