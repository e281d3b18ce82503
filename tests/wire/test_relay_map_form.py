"""Which form a map has is told by its name and its beginning."""

from __future__ import annotations

import subprocess
import sys

import pytest

from natscope.errors import UserError
from natscope.wire.relay_map_form import is_web_page, read_relay_map
from tests.wire.relay_maps import FIXTURES, HOSTILE, region, written

YAML = (FIXTURES / "maps" / "headscale-form.yaml").read_bytes()
JSON = written(region())


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (JSON, "derp.json", "json"),
        (JSON, "", "json"),
        (b"\xef\xbb\xbf\r\n" + JSON, "derp", "json"),
        (JSON, "derp.yaml", "yaml"),
        (JSON, "https://x.example/derp.YML?token=1.json", "yaml"),
        (YAML, "derp.yml", "yaml"),
        (YAML, "", "yaml"),
        (YAML, "https://x.example/map", "yaml"),
    ],
)
def test_the_form(data: bytes, name: str, form: str) -> None:
    assert read_relay_map(data.replace(b"\xef\xbb\xbf\r\n", b"\xef\xbb\xbf"), name=name).form.name == form


def test_yaml_named_json_is_told_so() -> None:
    with pytest.raises(UserError, match="not JSON"):
        read_relay_map(YAML, name="derp.json")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        ((HOSTILE / "sign-in.json").read_bytes(), "web page"),
        ((HOSTILE / "utf16.json").read_bytes(), "UTF-16"),
        (b"\x1f\x8b\x08\x00" + b"x" * 20, "gzip"),
        (b"PK\x03\x04" + b"x" * 20, "zip archive"),
        (b"\x7fELF\x00\x00", "not UTF-8|not YAML|no relay map"),
    ],
)
def test_other_files_are_named(data: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_relay_map(data)


def test_web_pages() -> None:
    assert is_web_page(b"\r\n <html>")
    assert not is_web_page(b'{"a": "<html>"}')


def test_reading_json_imports_no_yaml_no_http_and_no_tls() -> None:
    code = (
        "import sys; from natscope.wire.relay_map_form import read_relay_map; "
        f"read_relay_map({JSON!r}); "
        "print([m for m in ('yaml', 'httpx', 'ssl', 'difflib', 'asyncio', 'typer', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
