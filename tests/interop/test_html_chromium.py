"""The HTML report in a real browser: its policy lets its own style through, in both palettes; it prints."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections import Counter
from pathlib import Path

import pytest

from natscope.plugins.report_format import RenderOptions
from natscope_reports._html.style import DARK, LIGHT
from natscope_reports.report_html import render
from tests.interop.peers import require
from tests.reports.scenes import load

pytestmark = pytest.mark.interop
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LIMIT_S = 120


def browser(folder: Path, page: Path, *flags: str) -> str:
    """What it said on standard error. In a network of its own without any link, with a profile of nobody's."""
    done = subprocess.run(
        [
            *(require("unshare"), "--user", "--map-root-user", "--net", "--"),
            *(require("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
            *(f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", *flags, page.as_uri()),
        ],
        capture_output=True,
        timeout=LIMIT_S,
        check=True,
        cwd=folder,
    )
    return done.stderr.decode(errors="replace")


def pixels(path: Path) -> tuple[int, int, Counter[tuple[int, int, int]]]:
    """Width, height and how often each colour occurs: 8 bits a channel, RGB or RGBA, not interlaced."""
    data = path.read_bytes()
    assert data.startswith(SIGNATURE)
    parts, place = [], len(SIGNATURE)
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, interlaced) == (8, 0)
        elif kind == b"IDAT":
            parts.append(body)
        place += size + 12
    step = {2: 3, 6: 4}[colour]
    return width, height, colours(zlib.decompress(b"".join(parts)), width * step, step)


def colours(raw: bytes, row_bytes: int, step: int) -> Counter[tuple[int, int, int]]:
    found: Counter[tuple[int, int, int]] = Counter()
    above = bytearray(row_bytes)
    for start in range(0, len(raw), row_bytes + 1):
        row = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + row_bytes]), above, step)
        found.update(zip(row[0::step], row[1::step], row[2::step], strict=True))
        above = row
    return found


def unfiltered(kind: int, row: bytearray, above: bytearray, step: int) -> bytearray:
    """PNG's five filters (RFC 2083 section 6)."""
    for n in range(len(row)) if kind else ():
        left = row[n - step] if n >= step else 0
        up, corner = above[n], above[n - step] if n >= step else 0
        row[n] = (row[n] + (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]) & 255
    return row


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(load("udp-blocked"), RenderOptions(exit_code=1)), encoding="utf-8")
    return path


@pytest.mark.parametrize(("palette", "scheme"), [(LIGHT, 1), (DARK, 0)], ids=["light", "dark"])
def test_its_style_is_in_force_in_both_palettes(
    page: Path, tmp_path: Path, palette: dict[str, str], scheme: int
) -> None:
    flags = (f"--blink-settings=preferredColorScheme={scheme}", "--window-size=500,260", "--screenshot=shot.png")
    said = browser(tmp_path, page, *flags)
    assert "Content Security Policy" not in said, "the policy refused something of the page itself"
    width, _, found = pixels(tmp_path / "shot.png")
    assert width == 500
    for name in ("bg", "fg", "bad-bg", "bad"):
        assert found[rgb(palette[name])] > 20, f"{name} is not to be seen"


def test_it_prints(page: Path, tmp_path: Path) -> None:
    browser(tmp_path, page, "--print-to-pdf=out.pdf")
    printed = (tmp_path / "out.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(printed) > 10_000


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(render(load("hostile-names"), RenderOptions()), encoding="utf-8")
    said = browser(tmp_path, path, "--dump-dom")
    assert "Content Security Policy" not in said, "nothing in it even tried"
