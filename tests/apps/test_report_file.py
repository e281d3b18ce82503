"""Reports from files: bounded before they are read, bundles unpacked in memory, one clear line for everything else."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from natscope.apps.report_file import MEMBER, read_report
from natscope.errors import UserError
from natscope.wire.report_json import MAX_BYTES

STORED = Path(__file__).parents[2] / "fixtures" / "reports"
HEALTHY = STORED / "healthy.json"


def bundle(path: Path, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


def test_a_file_standard_input_and_a_bundle_give_the_same(tmp_path: Path) -> None:
    data = HEALTHY.read_bytes()
    report = read_report(str(HEALTHY))
    assert read_report("-", stdin=io.BytesIO(data)) == report
    assert read_report(bundle(tmp_path / "b.zip", {"README": b"x", MEMBER: data})) == report


def test_a_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(UserError, match=r"1,073,741,824 bytes or more, the limit is"):
        read_report(str(huge))
    with pytest.raises(UserError, match="the limit is"):
        read_report("/dev/zero")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """In a process of its own that may hold little more than the limit."""
    path = bundle(tmp_path / "bomb.zip", {MEMBER: b"[" + b" " * (400 << 20)})
    assert os.path.getsize(path) < 1 << 20
    program = (
        "import sys; from natscope.apps.report_file import read_report; from natscope.errors import UserError\n"
        "try: read_report(sys.argv[1])\nexcept UserError as error: print(error.message)"
    )
    limit = 300 << 20
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        check=False,
    )
    assert "the limit is" in done.stdout, done.stderr


def test_a_member_elsewhere_is_not_taken(tmp_path: Path) -> None:
    data = HEALTHY.read_bytes()
    with pytest.raises(UserError, match=r"a zip without report\.json"):
        read_report(
            bundle(tmp_path / "slip.zip", {"../report.json": data, "/report.json": data, "x/report.json": data})
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slip.zip"]


def test_a_damaged_zip_is_told(tmp_path: Path) -> None:
    path = Path(bundle(tmp_path / "b.zip", {MEMBER: HEALTHY.read_bytes()}))
    whole = path.read_bytes()
    for end in (4, 100, len(whole) - 30):
        path.write_bytes(whole[:end])
        with pytest.raises(UserError, match="cannot be read"):
            read_report(str(path))
    damaged = bytearray(whole)
    damaged[200:220] = b"\xff" * 20
    path.write_bytes(damaged)
    with pytest.raises(UserError, match="cannot be read"):
        read_report(str(path))


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_report(str(tmp_path / "none.json"))
    with pytest.raises(UserError, match="cannot read"):
        read_report(str(tmp_path))
    with pytest.raises(UserError, match="it is closed"):
        read_report("-")
    with pytest.raises(UserError, match="standard input cannot be shown: it is empty"):
        read_report("-", stdin=io.BytesIO(b""))
    assert MAX_BYTES < 64 << 20


def test_a_meshs_status_leads_to_the_command_that_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "my status.json"
    path.write_bytes(json.dumps({"Version": "1.102.5", "BackendState": "Running", "Self": {}, "Peer": {}}).encode())
    with pytest.raises(UserError) as raised:
        read_report(str(path))
    assert raised.value.message == f"{path} is the status of a mesh, not a netcheck's report"
    assert raised.value.hint == f"natscope status --from '{path}'"
    for other in (b'{"BackendState": "Running"}', b'[{"BackendState": 1, "Self": 2}]', b'"BackendState Self'):
        path.write_bytes(other)
        with pytest.raises(UserError, match="cannot be shown"):
            read_report(str(path))
