"""`natscope derp serve` on the command line: derper's own flags, mistakes as one line, the template."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.apps.derper_flags import FLAGS, REFUSED
from natscope.apps.go_flags import GoKind
from tests.cli.runner import Runner
from tests.house.tree import ROOT
from tests.relay import served

DERPERS = [line.split()[0][1:] for line in (ROOT / "fixtures/peers/derper/flags.txt").read_text().splitlines()]


def test_it_starts_with_every_flag_of_derpers_own_list(tmp_path: Path) -> None:
    """Each flag of the recorded list that is not refused, in Go's forms in turn."""
    names = "certs"
    (tmp_path / "mesh.key").write_text("ab" * 32)
    (tmp_path / "rate.json").write_text('{"PerClientRateLimitBytesPerSec": 1000000}')
    given = {
        "a": "127.0.0.1:0", "accept-connection-burst": "100", "accept-connection-limit": "+Inf", "ace": "false",
        "acme-eab-key": "", "acme-eab-kid": "", "acme-email": "", "acme-ip-certs": "false", "bootstrap-dns-names": "",
        "c": str(tmp_path / "derper.key"), "certdir": str(tmp_path / names), "certmode": "manual", "derp": "true",
        "dev": "false", "home": "blank", "hostname": "127.0.0.1", "http-port": "-1",
        "mesh-psk-file": str(tmp_path / "mesh.key"), "mesh-with": "", "rate-config": str(tmp_path / "rate.json"),
        "secrets-cache-dir": str(tmp_path), "secrets-path-prefix": "prod/derp", "secrets-url": "", "socket": "",
        "stun": "false", "stun-port": "3478", "tcp-keepalive-time": "10m0s", "tcp-user-timeout": "15s",
        "tcp-write-timeout": "2s", "unpublished-bootstrap-dns-names": "", "verify-client-url": "",
        "verify-client-url-fail-open": "true", "verify-clients": "false", "version": "false",
    }  # fmt: skip
    assert sorted(given) == sorted(DERPERS)
    words: list[str] = []
    for number, (name, value) in enumerate(given.items()):
        dash = "-" if number % 2 else "--"
        joined = FLAGS[name] is GoKind.SWITCH or number % 3
        words += [f"{dash}{name}={value}"] if joined else [f"{dash}{name}", value]
    relay = served.Served(*words)
    try:
        assert relay.ready["tls"] == "self-signed", relay.lines
        assert (relay.ready["http"], relay.ready["stun"]) == ([], [])
        assert (tmp_path / names / "127.0.0.1.crt").exists()
        assert relay.end(signal.SIGTERM) == 0
    finally:
        if relay.process.poll() is None:
            relay.process.kill()
            relay.process.communicate()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_flag_is_one_line_with_its_name(natscope: Runner, name: str) -> None:
    result = natscope("derp", "serve", f"-{name}={'true' if FLAGS[name] is GoKind.SWITCH else 'https://a.test'}")
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert result.err.startswith(f"error: -{name}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-certmod", "manual"), 'no option "-certmod". Did you mean -certmode?'),
        (("--lisen", ":443"), 'no option "--lisen". Did you mean --listen?'),
        (("--listen", "relay.test:443"), '--listen: "relay.test" is no address'),
        (("-a", "443"), "-a 443: has no port"),
        (("-http-port", "many"), "-http-port many: not a whole number"),
        (("-stun=maybe",), "-stun maybe: not true or false"),
        (("--tls", "files"), "--cert FILE"),
        (("--tls", "magic"), "--tls must be one of"),
        (("--tls", "acme"), "there is no --hostname"),
        (("--tls", "off", "--cert", "a.crt"), "--cert: without TLS"),
        (("--cert", "none.crt", "--key-file", "-"), "none.crt: cannot be read: no such file"),
        (("--hostname", "-x"), "is no name of a computer"),
        (("--config", "none.toml"), "none.toml: no such file"),
        (("--mesh-with", "a.test"), "--mesh-key-file FILE"),
        (("--metrics", ":9477"), "metrics are for one address"),
        (("--drain", "long"), "--drain must be a number"),
        (("--verify-client-url", "a.test"), "is no http:// or https:// URL"),
        (("--log-format", "xml"), "--log-format must be one of text, json"),
        (("-dev", "--listen", "192.0.2.77:0", "-stun=false"), "does not have that address"),
        (("-dev", "-unpublished-bootstrap-dns-names", "a.test/b.test"), "rollout by a percentage"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_not_good(natscope: Runner, words: tuple[str, ...], message: str) -> None:
    result = natscope("derp", "serve", *words)
    assert result.code in (2, 3)
    first, *hints = result.err.splitlines()
    assert result.out == ""
    assert first.startswith("error: ")
    assert message in first
    assert all(line.startswith("  → ") for line in hints)


def test_a_wrong_file_names_its_line(natscope: Runner) -> None:
    Path("relay.toml").write_text('tls = { mode = "off" }\nlisten = ["127.0.0.1:99999"]\n')
    result = natscope("derp", "serve", "--config", "relay.toml")
    assert (result.code, result.err.splitlines()[0]) == (
        2, 'error: relay.toml:2: listen: "127.0.0.1:99999" has no port from 0 to 65535'
    )  # fmt: skip


def test_the_template_is_printed(natscope: Runner) -> None:
    result = natscope("derp", "serve", "--print-config")
    assert (result.code, result.err) == (0, "")
    assert '# listen = [":443"]' in result.out
    assert natscope("derp", "serve", "-version").out.startswith("natscope ")
    assert natscope("derp", "serve", "-help").out == natscope("derp", "serve", "--help").out


def test_settings_of_a_file_and_flags_over_it(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text('listen = "127.0.0.1:0"\n[tls]\nmode = "off"\n[stun]\nlisten = ["off"]\n')
    relay = served.Served("--config", str(path), "--key-file", str(tmp_path / "k"), "--stun", "127.0.0.1:0")
    try:
        assert (relay.ready["tls"], len(relay.ready["stun"])) == ("off", 1)
        assert relay.end() == 0
    finally:
        if relay.process.poll() is None:
            relay.process.kill()
            relay.process.communicate()


def test_what_a_person_sees_without_a_name(tmp_path: Path) -> None:
    """Text on a terminal's standard error: the certificate, the ready line, the entry of the map."""
    command = ["derp", "serve", "--listen", "127.0.0.1:0", "--stun", "off", "--http", "off", "--key-file", "-",
               "--cert-dir", str(tmp_path), "--drain", "0"]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "natscope", *command], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines: list[str] = []
        while "    stunport: -1" not in "".join(lines[-1:]) and len(lines) < 60:
            lines.append(process.stderr.readline())
        process.terminate()
        process.communicate(timeout=20)
    text = "".join(lines)
    assert text.startswith("new self-signed certificate for 127.0.0.1, kept in ")
    assert "relay ready on 127.0.0.1:" in text
    entry, _ = json.JSONDecoder().raw_decode(text[text.index("    {\n") + 4 :])
    node = entry["Regions"]["900"]["Nodes"][0]
    assert (node["HostName"], node["STUNPort"], node["CertName"][:11]) == ("127.0.0.1", -1, "sha256-raw:")
    assert f'certname: "{node["CertName"]}"' in text


def test_where_there_is_no_epoll_it_says_so_in_one_line(tmp_path: Path) -> None:
    """As on other systems than Linux, whose `select` has no such names."""
    code = (
        "import select, sys\n"
        "for name in [name for name in vars(select) if name.lower().startswith('epoll')]:\n"
        "    delattr(select, name)\n"
        "from natscope.cli.main import main\n"
        "sys.exit(main())"
    )
    words = ("derp", "serve", "--tls", "off", "--listen", "127.0.0.1:0", "--stun", "off", "--key-file", "-")
    ended = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=False,
        env={"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "error: this system has no epoll, which a relay needs\n  → serve it on Linux\n"
