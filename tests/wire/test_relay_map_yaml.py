"""Headscale's YAML form: read as Headscale reads it, wrong parts named with their line, no YAML trick gets far."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from natscope.errors import UserError
from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion
from natscope.wire.relay_map_json import decode_relay_map_json, encode_relay_map_json
from natscope.wire.relay_map_yaml import YAML_FORM, decode_relay_map_yaml, encode_relay_map_yaml, read_relay_map_yaml
from tests.wire.relay_maps import FIXTURES, HOSTILE, relay_maps


def lowered(value: object) -> object:
    """Upstream's JSON tree with Headscale's names."""
    if isinstance(value, dict):
        return {(int(k) if k.isdigit() else k.lower()): lowered(v) for k, v in value.items()}
    return [lowered(v) for v in value] if isinstance(value, list) else value


@given(relay_maps())
def test_a_map_reads_the_same_from_both_forms(relay_map: RelayMap) -> None:
    tree = lowered(json.loads(encode_relay_map_json(relay_map)))
    assert decode_relay_map_yaml(yaml.safe_dump(tree).encode()) == (relay_map, ())
    assert decode_relay_map_yaml(yaml.safe_dump(tree, default_flow_style=True).encode()) == (
        relay_map,
        (),
    )


@given(relay_maps())
def test_round_trip(relay_map: RelayMap) -> None:
    written = msgspec.structs.replace(relay_map, region_scores={})  # Headscale has them elsewhere
    assert decode_relay_map_yaml(encode_relay_map_yaml(written)) == (written, ())


def test_what_is_written_for_headscale() -> None:
    node = RelayNode(name="900a", region_id=900, host_name="192.0.2.1", cert_name="sha256-raw:00", stun_port=-1)
    region = RelayRegion(region_id=900, region_code="no", region_name="0", nodes=(node,))
    assert encode_relay_map_yaml(RelayMap(regions=(region,))).decode() == (
        'regions:\n  900:\n    regionid: 900\n    regioncode: "no"\n    regionname: "0"\n    nodes:\n'
        '      - name: "900a"\n        regionid: 900\n        hostname: "192.0.2.1"\n'
        '        certname: "sha256-raw:00"\n        stunport: -1\n'
    )


@pytest.mark.parametrize("number", [0.0008819798285065234, -0.00012345678901234567, 1e-05, 5e-324, 12.5])
def test_any_float_that_is_written_out_is_a_number(number: float) -> None:
    """The shortest exact form of a small float has up to 21 decimals."""
    node = {"name": "1a", "regionid": 1, "hostname": "relay.example"}
    tree = {"regions": {1: {"regionid": 1, "regioncode": "a", "longitude": number, "nodes": [node]}}}
    relay_map, problems = decode_relay_map_yaml(yaml.safe_dump(tree).encode())
    assert problems == ()
    assert relay_map.regions[0].longitude == number


def test_the_form_of_headscales_files() -> None:
    reading = read_relay_map_yaml((FIXTURES / "maps" / "headscale-form.yaml").read_bytes())
    assert reading.problems == ()
    assert reading.removed_regions == (1,)
    node = reading.relay_map.regions[0].nodes[0]
    assert (node.host_name, node.ipv6, node.effective_stun_port) == ("myderp.example.com", "2001:db8::1", 3478)


def region(node_lines: str = "", region_lines: str = "") -> bytes:
    extra = "".join(f"    {line}\n" for line in region_lines.splitlines())
    inner = "".join(f"        {line}\n" for line in node_lines.splitlines())
    head = f"regions:\n  900:\n    regionid: 900\n    regioncode: a\n    regionname: A\n{extra}    nodes:\n"
    return f"{head}      - name: 900a\n        regionid: 900\n        hostname: r.example.net\n{inner}".encode()


@pytest.mark.parametrize("word", ["no", "on", "null-land", "1e3", "0x10", "2026-11-24", "12:30:45", "true"])
def test_a_text_field_keeps_what_was_written(word: str) -> None:
    relay_map, problems = decode_relay_map_yaml(region().replace(b"regioncode: a", f"regioncode: {word}".encode()))
    assert problems == ()
    assert relay_map.regions[0].region_code == word


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("On", True), ("TRUE", True), ("no", False), ("off", False)]
)
def test_switches(word: str, value: bool) -> None:
    relay_map, problems = decode_relay_map_yaml(region(f"stunonly: {word}"))
    assert problems == ()
    assert relay_map.regions[0].nodes[0].stun_only is value


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ('stunport: "3478"', "stunport: 3478"),
        ("stunport: 3478.0", ""),
        ("stunport: 0x10", ""),
        ("stunport: 010", ""),
        ("stunport: 1:30", ""),
        ("stunport: [1]", ""),
        ("stunport: 1e999", ""),
        ('stunonly: "true"', "stunonly: true"),
        ("stunonly: 1", ""),
        ("certname: {a: 1}", ""),
    ],
)
def test_a_scalar_of_the_wrong_kind(line: str, fix: str) -> None:
    relay_map, problems = decode_relay_map_yaml(region(line))
    assert [(p.severity, p.code, p.fix, p.line) for p in problems] == [("error", "wrong-type", fix, 10)]
    assert relay_map.regions == ()


def test_upstreams_names_are_read_too() -> None:
    text = (
        region()
        .decode()
        .replace("regions:", "Regions:")
        .replace("hostname", "HostName")
        .replace("regionid", "RegionID")
    )
    relay_map, problems = decode_relay_map_yaml(text.encode())
    assert (len(relay_map.regions), problems) == (1, ())


def test_anchors_and_merge_keys_are_understood() -> None:
    data = (
        b"regions:\n  900: {regionid: 900, regioncode: a, regionname: A, nodes: [&n {name: a, regionid: 900, "
        b"hostname: h, stunport: 1}]}\n"
        b"  901:\n    regionid: 901\n    regioncode: b\n    regionname: B\n    nodes:\n"
        b"      - <<: *n\n        name: b\n        regionid: 901\n"
    )
    relay_map, problems = decode_relay_map_yaml(data)
    assert problems == ()
    assert relay_map.regions[1].nodes[0].stun_port == 1
    assert relay_map.regions[1].nodes[0].name == "b"


def test_every_mistake_of_a_bad_file_has_its_line() -> None:
    data = (FIXTURES / "maps" / "derp-broken.yaml").read_bytes()
    lines = data.decode().splitlines()
    relay_map, problems = decode_relay_map_yaml(data)
    assert [r.region_id for r in relay_map.regions] == [900, 903]
    assert [(p.code, lines[p.line - 1][p.column - 1 :].split()[0]) for p in problems] == [
        ("cert-pin", "sha256-raw:1F22651873CDB32FF3C6AAA99F333A52E5506A533715F8126E4A8827289CE301"),
        ("host-name-is-url", "https://relay2.example.net/"),
        ("region-id-missing", "902:"),
        ("unknown-field", "hostnam:"),
        ("host-name-missing", "name:"),
        ("duplicate-node-name", "900a"),
        ("wrong-type", '"3478"'),
        ("no-address-family", "none"),
        ("port-range", "70000"),
    ]


def test_a_byte_order_mark_is_skipped() -> None:
    assert decode_relay_map_yaml(b"\xef\xbb\xbf" + region())[1] == ()


@pytest.mark.parametrize(
    "name",
    ["aliases", "merges", "itself", "python-tag", "two-documents", "control-character", "headscale-config"],
)
def test_a_file_that_is_no_map_is_one_line(name: str) -> None:
    with pytest.raises(UserError) as caught:
        decode_relay_map_yaml((HOSTILE / f"{name}.yaml").read_bytes())
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 120


def test_headscales_own_configuration_is_recognised() -> None:
    with pytest.raises(UserError) as caught:
        decode_relay_map_yaml((HOSTILE / "headscale-config.yaml").read_bytes())
    assert "derp.paths" in caught.value.hint


@pytest.mark.parametrize("opening", [b"[", b"- ", b"{a: ", b"? ", b"regions: {900: {nodes: ["])
def test_a_hundred_thousand_levels(opening: bytes) -> None:
    with pytest.raises(UserError):
        decode_relay_map_yaml(opening * 100_000)


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"# nothing\n", b"regions:\n", b"regions: []\n", b"a", b"- 1\n", b"\xff"]
)
def test_nothing_that_could_be_a_map(data: bytes) -> None:
    with pytest.raises(UserError):
        decode_relay_map_yaml(data)


@given(st.one_of(st.binary(max_size=100), st.text("regions:{}[]&*<>!#\n -900a\"'", max_size=80).map(str.encode)))
@example(b"regions: {900: *a}")
@example(b"<<: *a")
@example(b"regions: {<<: 1}")
def test_garbage_raises_user_errors_only(data: bytes) -> None:
    with contextlib.suppress(UserError):
        decode_relay_map_yaml(data)


def test_every_truncation_is_an_error_or_a_map() -> None:
    data = (FIXTURES / "maps" / "derp-broken.yaml").read_bytes()
    for length in range(len(data)):
        with contextlib.suppress(UserError):
            decode_relay_map_yaml(data[:length])


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029"), max_size=12))
def test_a_suggested_line_says_what_it_means(text: str) -> None:
    line = YAML_FORM.line("HostName", text)
    read = yaml.load(line, Loader=yaml.BaseLoader)
    assert read == {"hostname": text}


def test_json_form_and_yaml_form_agree_on_a_json_text() -> None:
    data = (FIXTURES / "maps" / "localapi-derpmap.json").read_bytes().replace(b"\t", b"  ")
    assert decode_relay_map_yaml(data) == decode_relay_map_json(data)
