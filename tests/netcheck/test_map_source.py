"""Where a relay map comes from, whose it is, and the one line for every way in which there is none."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Failure, HostError
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.map_source import load_map
from natscope.netcheck.options import MapChoice
from tests.netcheck.map_http import Answer, SetClock, TableHttp, host_with, never, stdin_of
from tests.wire.relay_maps import FIXTURES, HOSTILE, node, region, written

DEFAULT = MapChoice().default_url
URL = "https://mesh.example.net/derpmap"
MAP = written(region(900), region(901))
OTHER = written(region(950))


@dataclass(frozen=True)
class Daemon:
    data: bytes | None = None
    note: str = ""


async def load(
    choice: MapChoice,
    answers: dict[str, Answer] | None = None,
    *,
    stdin: Any = never,
    daemon: Daemon | None = None,
    clock: SetClock | None = None,
) -> LoadedMap:
    async def ask(_host: Any, _http: Any, _socket: str) -> Daemon:
        return daemon or Daemon()

    ask_daemon = ask if daemon is not None else None
    return await load_map(host_with(clock), TableHttp(answers), choice, stdin=stdin, ask_daemon=ask_daemon)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def ids(loaded: LoadedMap) -> list[int]:
    return [found.region_id for found in loaded.relay_map.regions]


async def test_a_file_and_nothing_else_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "derp.json"
    path.write_bytes(MAP)
    loaded = await load_map(host_with(), never, MapChoice(where=str(path)), stdin=never, ask_daemon=never)  # type: ignore[arg-type]
    assert (loaded.kind, loaded.source, loaded.vendor, ids(loaded)) == ("file", str(path), False, [900, 901])


async def test_a_yaml_file_and_a_file_url() -> None:
    path = FIXTURES / "maps" / "headscale-form.yaml"
    for where in (str(path), f"file://{path}", f"file://localhost{path}"):
        loaded = await load(MapChoice(where=where))
        assert (loaded.kind, loaded.source, ids(loaded)) == ("file", str(path), [900])


async def test_standard_input() -> None:
    loaded = await load(MapChoice(where="-"), stdin=stdin_of(MAP))
    assert (loaded.kind, loaded.source, loaded.vendor, ids(loaded)) == ("stdin", "-", False, [900, 901])


async def test_a_url() -> None:
    http = TableHttp({URL: MAP})
    loaded = await load_map(host_with(), http, MapChoice(where=URL, timeout_s=7), stdin=never)
    assert (loaded.kind, loaded.source, loaded.vendor, ids(loaded)) == ("url", URL, False, [900, 901])
    (request,) = http.asked
    assert (request.timeout_s, request.max_bytes, request.proxy) == (7, MapChoice().max_bytes, True)


async def test_with_no_choice_the_daemon_is_asked_first_then_the_default_url() -> None:
    loaded = await load(MapChoice(), {DEFAULT: OTHER}, daemon=Daemon(MAP))
    assert (loaded.kind, loaded.source, ids(loaded)) == ("localapi", "tailscaled", [900, 901])
    loaded = await load(MapChoice(), {DEFAULT: OTHER}, daemon=Daemon())
    assert (loaded.kind, loaded.source, loaded.warning) == ("url", DEFAULT, "")
    loaded = await load(MapChoice(), {DEFAULT: OTHER}, daemon=Daemon(note="tailscaled has no map"))
    assert (loaded.kind, loaded.warning) == ("url", "tailscaled has no map")


async def test_the_daemon_is_not_asked_when_told_so_when_offline_or_when_a_map_was_named(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {DEFAULT: MAP, URL: MAP}
    for choice in (MapChoice(use_tailscaled=False), MapChoice(where=URL)):
        loaded = await load_map(host_with(), TableHttp(answers), choice, stdin=never, ask_daemon=never)
        assert loaded.kind == "url"
    with pytest.raises(CannotMeasure, match="offline"):
        await load_map(host_with(), TableHttp(answers), MapChoice(offline=True), stdin=never, ask_daemon=never)


async def test_a_broken_map_of_the_daemon_is_not_replaced_by_the_vendors() -> None:
    with pytest.raises(CannotMeasure, match="the relay map of tailscaled is not JSON"):
        await load(MapChoice(), {DEFAULT: MAP}, daemon=Daemon(b"oops"))


VENDOR_MAP = written(region(1, node(1, "1f", HostName="derp1f.tailscale.com")))


@pytest.mark.parametrize(
    ("choice", "body", "vendor"),
    [
        (MapChoice(), VENDOR_MAP, True),
        (MapChoice(where=DEFAULT), VENDOR_MAP, True),
        (MapChoice(where=URL), VENDOR_MAP, False),
        (MapChoice(where="https://controlplane.tailscale.com/other"), VENDOR_MAP, False),
        (MapChoice(where=DEFAULT.replace("https", "http")), VENDOR_MAP, False),
        (MapChoice(where=DEFAULT.replace(".com/", ".com.evil.example/")), VENDOR_MAP, False),
        (MapChoice(where="https://controlplane.tailscale.com@evil.example/derpmap/default"), VENDOR_MAP, False),
        (MapChoice(default_url=URL), VENDOR_MAP, False),
    ],
)
async def test_only_the_vendors_own_public_map_is_the_vendors(choice: MapChoice, body: bytes, vendor: bool) -> None:
    loaded = await load(choice, {choice.where or choice.default_url: body})
    assert loaded.vendor is vendor


async def test_a_file_is_never_the_vendors_and_the_daemons_map_only_without_own_relays(tmp_path: Path) -> None:
    path = tmp_path / "derp.json"
    path.write_bytes(VENDOR_MAP)
    assert not (await load(MapChoice(where=str(path)))).vendor
    assert (await load(MapChoice(), daemon=Daemon(VENDOR_MAP))).vendor
    mixed = written(region(1, node(1, "1f", HostName="derp1f.tailscale.com")), region(900))
    assert not (await load(MapChoice(), daemon=Daemon(mixed))).vendor


async def test_a_half_broken_map_is_used_and_its_problems_are_carried() -> None:
    loaded = await load(MapChoice(where=str(FIXTURES / "maps" / "derp-broken.yaml")))
    assert ids(loaded) == [900, 903]
    assert {p.severity for p in loaded.problems} == {"error", "warning"}


async def test_fields_that_are_new_to_us_are_told_for_own_files_only() -> None:
    new = written(region(900, node(Colour="red")))
    assert (await load(MapChoice(where=URL), {URL: new})).problems == ()
    assert (await load(MapChoice(), daemon=Daemon(new))).problems == ()
    assert [p.code for p in (await load(MapChoice(where="-"), stdin=stdin_of(new))).problems] == ["unknown-field"]


async def test_a_map_without_a_usable_region_names_the_first_reason() -> None:
    broken = json.dumps({"Regions": {"900": {}, "901": region(901, {})}}).encode()
    with pytest.raises(UserError) as caught:
        await load(MapChoice(where="-"), stdin=stdin_of(broken))
    message = "standard input: no relay can be used: its 2 regions: line 1: RegionID is missing (and 4 more)"
    assert caught.value.message == message
    with pytest.raises(UserError, match="all its regions are null"):
        await load(MapChoice(where="-"), stdin=stdin_of(b'{"Regions": {"1": null}}'))


@pytest.mark.parametrize("path", sorted(HOSTILE.glob("*.*")), ids=lambda path: path.name)
async def test_hostile_files_are_a_map_or_one_line(path: Path) -> None:
    if path.suffix == ".md":
        return
    try:
        loaded = await load(MapChoice(where=str(path)))
    except UserError as error:
        text = error.message
        assert path.name not in ("duplicate-keys.json",)
        assert "\n" not in text
    else:
        assert loaded.relay_map.regions


# ---- the cache ----


async def test_a_fetched_map_serves_later_and_says_its_age(tmp_path: Path) -> None:
    clock = SetClock()
    choice = MapChoice(where=URL, cache_dir=str(tmp_path / "cache"))
    fresh = await load(choice, {URL: MAP}, clock=clock)
    assert (fresh.cached_age_s, fresh.warning) == (None, "")
    clock.pass_(hours=3)
    kept = await load(choice, {}, clock=clock)
    assert (ids(kept), kept.cached_age_s, kept.source, kept.kind) == ([900, 901], 3 * 3600, URL, "url")
    assert kept.warning == f"cannot fetch the relay map {URL}: nothing listens there; using the copy kept 3 h ago"


async def test_the_copy_is_private_whole_and_told_apart_by_url(tmp_path: Path) -> None:
    choice = MapChoice(where=URL, cache_dir=str(tmp_path / "a" / "b"))
    await load(choice, {URL: MAP})
    files = files_in(tmp_path)
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700
    with pytest.raises(CannotMeasure):
        await load(MapChoice(where=URL + "2", cache_dir=choice.cache_dir))


@pytest.mark.parametrize(
    "answer",
    [
        HostError(Failure.NAME_NOT_FOUND, "no such name"),
        HostError(Failure.TIMEOUT, "no answer"),
        500,
        302,
        b"<html>sign in</html>",
        b"not a map",
        b'{"Regions": {}}',
        MAP + b" " * (4 * 1024 * 1024),
    ],
)
async def test_the_copy_serves_for_every_kind_of_failure(tmp_path: Path, answer: Answer) -> None:
    choice = MapChoice(where=URL, cache_dir=str(tmp_path))
    await load(choice, {URL: MAP})
    loaded = await load(choice, {URL: answer})
    assert (ids(loaded), loaded.cached_age_s) == ([900, 901], 0)
    assert "using the copy kept 0 s ago" in loaded.warning


async def test_what_is_no_map_never_replaces_the_copy(tmp_path: Path) -> None:
    choice = MapChoice(where=URL, cache_dir=str(tmp_path))
    await load(choice, {URL: MAP})
    await load(choice, {URL: b"<html>"})
    assert ids(await load(choice, {})) == [900, 901]


async def test_offline_uses_the_copy_and_asks_nobody(tmp_path: Path) -> None:
    choice = MapChoice(where=URL, cache_dir=str(tmp_path))
    await load(choice, {URL: MAP})
    http = TableHttp({URL: OTHER})
    offline = MapChoice(where=URL, cache_dir=str(tmp_path), offline=True)
    loaded = await load_map(host_with(), http, offline, stdin=never, ask_daemon=never)
    assert (ids(loaded), http.asked) == ([900, 901], [])


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[1]", b'{"url": "x", "fetched_at": "2026-11-24T12:00:00Z", "body": ""}']
)
async def test_a_damaged_copy_is_named_and_of_no_use(tmp_path: Path, damage: bytes) -> None:
    choice = MapChoice(where=URL, cache_dir=str(tmp_path))
    await load(choice, {URL: MAP})
    (path,) = files_in(tmp_path)
    path.write_bytes(damage)
    with pytest.raises(CannotMeasure, match="the copy kept for this cannot be used"):
        await load(choice, {})
    assert ids(await load(choice, {URL: OTHER})) == [950]
    assert ids(await load(choice, {})) == [950]


async def test_a_cache_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    loaded = await load(MapChoice(where=URL, cache_dir=str(tmp_path / "file")), {URL: MAP})
    assert loaded.warning == "the relay map could not be kept for later: not a directory"


async def test_a_clock_that_went_back_gives_no_negative_age(tmp_path: Path) -> None:
    clock = SetClock()
    choice = MapChoice(where=URL, cache_dir=str(tmp_path))
    await load(choice, {URL: MAP}, clock=clock)
    clock.pass_(days=-2)
    assert (await load(choice, {}, clock=clock)).cached_age_s == 0


async def test_secrets_in_a_url_are_neither_shown_nor_stored(tmp_path: Path) -> None:
    url = "https://ana:hunter2@mesh.example.net/derpmap"
    choice = MapChoice(where=url, cache_dir=str(tmp_path))
    loaded = await load(choice, {url: MAP})
    kept = await load(choice, {})
    assert "hunter2" not in repr(loaded) + repr(kept)
    assert all(b"hunter2" not in path.read_bytes() for path in files_in(tmp_path))


# ---- no map ----


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (HostError(Failure.TIMEOUT, f"{URL}: no answer within 10 s"), CannotMeasure, "no answer within 10 s"),
        (404, CannotMeasure, "the server answered 404"),
        (b"<!doctype html>", CannotMeasure, "wants you to sign in"),
        (b"hello", UserError, f"{URL} is no relay map"),
        (b"", UserError, f"{URL} is empty"),
        (b"x" * (5 * 1024 * 1024), UserError, "larger than 4.2 MB"),
    ],
)
async def test_a_url_without_a_map_is_one_line(answer: Answer, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        await load(MapChoice(where=URL), {URL: answer})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("ftp://x.example/map", "ftp:// cannot be fetched"),
        ("https://", "no URL"),
        ("https://x y/", "no URL"),
        ("https://x/\x1b]0;", "no URL"),
    ],
)
async def test_what_is_no_url(where: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        await load(MapChoice(where=where))
