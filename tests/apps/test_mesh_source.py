"""Where a mesh is asked: a socket, or files told apart by what is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from natscope.apps.mesh_source import open_inputs, open_source
from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Host
from natscope.host.real.host import build_real_host
from natscope.tailscaled.daemon import Daemon
from tests.netcheck.map_http import TableHttp
from tests.wire.local_api.recorded import body

REPORTS = Path(__file__).parents[2] / "fixtures" / "reports"
REPORT = sorted(REPORTS.glob("*.json"))[0].read_bytes()
STATUS = body("status-active.json")
FILES = {"s.json": STATUS, "r.json": REPORT, "s2.json": STATUS, "r2.json": REPORT}


def host(system: str = "Linux") -> Host:
    here = build_real_host()
    return replace(here, identity=msgspec.structs.replace(here.identity, os=system))


def reader(files: dict[str, bytes]) -> Callable[[str, int], bytes]:
    return lambda path, limit: files[path][: limit + 1]


def test_a_socket() -> None:
    source = open_source(host(), TableHttp(), socket="/x/t.sock")
    assert isinstance(source, Daemon)
    assert source.name == "tailscaled at /x/t.sock"


async def test_a_status_and_its_report_in_any_order() -> None:
    for files in (("s.json",), ("s.json", "r.json"), ("r.json", "s.json"), ("s.json", "s.json")):
        found = open_inputs(host(), TableHttp(), files=files, read_file=reader(FILES))
        assert len((await found.source.status()).peers) == 3
        assert found.is_saved
        assert (found.report.name if found.report else "") == ("r.json" if "r.json" in files else "")


async def test_standard_input() -> None:
    source = open_source(host(), TableHttp(), files=("-",), stdin=lambda count: STATUS[:count])
    assert source.name == "standard input"
    assert (await source.status()).peers


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (("s.json", "s2.json"), r"s\.json and s2\.json are both a status"),
        (("s.json", "r.json", "r2.json"), r"r\.json and r2\.json are both a netcheck's report"),
        (("r.json",), "the status of the same computer is needed too"),
        (tuple(f"{n}.json" for n in range(9)), "the limit is 8"),
        (("-",), "standard input: it is empty"),
    ],
)
def test_files_that_do_not_fit_together(files: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=words):
        open_inputs(host(), TableHttp(), files=files, read_file=reader(FILES))


def test_real_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        open_source(host(), TableHttp(), files=(str(tmp_path / "gone.json"),))
    big = tmp_path / "big.json"
    with big.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(UserError, match="is no saved status: it is 68"):
        open_source(host(), TableHttp(), files=(str(big),))


def test_no_daemon_here() -> None:
    with pytest.raises(CannotMeasure, match="named pipe"):
        open_source(host(system="Windows"), TableHttp())
