"""Settings: the order of the layers, origins, what a project file may do, one sentence for each mistake."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import platformdirs
import pytest

from natscope.apps.config import Config, Flag, Places, load
from natscope.apps.config_file import MAX_FILE_BYTES
from natscope.apps.config_template import template
from natscope.apps.directories import system_config_file, user_config_file, user_directory
from natscope.apps.settings import DEFAULT_MAP_URL, SETTINGS
from natscope.errors import UserError
from natscope.netcheck.options import MapChoice, NetcheckOptions


class Files:
    """Three files that a test may write."""

    def __init__(self, folder: Path) -> None:
        (folder / "project").mkdir()
        self.system, self.user, self.project = (
            folder / "s.toml",
            folder / "u.toml",
            folder / "project" / "natscope.toml",
        )
        self.places = Places(str(self.system), str(self.user), str(self.project))

    def load(self, environ: dict[str, str] | None = None, **flags: str | bool) -> Config:
        given = {name.replace("__", "."): Flag(f"--{name}", value) for name, value in flags.items()}
        return load(environ or {}, flags=given, places=self.places)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_each_layer_wins_over_the_one_below(files: Files) -> None:
    seen = []

    def look(environ: dict[str, str] | None = None, **flags: str | bool) -> None:
        config = files.load(environ, **flags)
        seen.append((config.number("netcheck.timeout"), str(config.origins["netcheck.timeout"])))

    look()
    files.system.write_text("[netcheck]\ntimeout = 6\n")
    look()
    files.user.write_text("# mine\n[netcheck]\ntimeout = 7\n")
    look()
    files.project.write_text("netcheck.timeout = 8\n")
    look()
    look({"NATSCOPE_NETCHECK_TIMEOUT": "9"})
    look({"NATSCOPE_NETCHECK_TIMEOUT": "9"}, netcheck__timeout="10")
    assert seen == [
        (5.0, "default"),
        (6.0, f"system {files.system}:2"),
        (7.0, f"user {files.user}:3"),
        (8.0, f"project {files.project}:1"),
        (9.0, "environment NATSCOPE_NETCHECK_TIMEOUT"),
        (10.0, "flag --netcheck__timeout"),
    ]


def test_every_setting_can_be_set_by_its_variable() -> None:
    samples = {"switch": "yes", "number": "3", "integer": "3", "names": "a, b", "choice": "", "text": "t"}
    for setting in SETTINGS:
        text = setting.choices[-1] if setting.choices else samples.get(setting.kind, "f")
        config = load({setting.variable: text}, places=Places("/none", "/none", "/none"))
        assert config.origins[setting.name].where == setting.variable
        assert config.warnings == ()
    config = load({"NATSCOPE_NETCHECK_ONLY": "a, b"}, places=Places("/none", "/none", "/none"))
    assert config.names("netcheck.only") == ("a", "b")


def test_an_empty_variable_sets_nothing(files: Files) -> None:
    assert files.load({"NATSCOPE_NETCHECK_TIMEOUT": ""}).number("netcheck.timeout") == 5.0


WRONG_TYPES = [
    ('[netcheck]\ntimeout = "5"', ':2: netcheck.timeout must be a number without quotes, not "5"'),
    ("[netcheck]\n\ntimeout = true", ":3: netcheck.timeout must be a number without quotes, not true"),
    ("[netcheck]\ntimeout = 900", ":2: netcheck.timeout must be between 0.5 and 600, not 900"),
    ("[netcheck]\ntimeout = nan", ":2: netcheck.timeout must be between 0.5 and 600, not nan"),
    ("[netcheck]\nsource_port = 1.5", ":2: netcheck.source_port must be a whole number, not 1.5"),
    ('offline = "yes"', ':1: offline must be true or false, not "yes"'),
    ("color = 1", ":1: color must be text in quotes, not 1"),
    ('color = "alwys"', ':1: color must be one of auto, always, never, not "alwys". Did you mean always?'),
    ('[netcheck]\nonly = "relay_stun"', ":2: netcheck.only must be a list of names"),
    ("[netcheck]\nonly = [1]", ':2: netcheck.only must be a list of names such as ["stun"]; number 1 in it is 1'),
    (
        '[netcheck]\nonly = ["stun", 5]',
        ':2: netcheck.only must be a list of names such as ["stun"]; number 2 in it',
    ),
    ("[netcheck]\ntimeout = " + "9" * 5000, ":2: has a number that is far too large"),
    (
        "[netcheck]\ntimeout = 0x" + "f" * 9999,
        ":2: netcheck.timeout must be between 0.5 and 600, not a number",
    ),
    ("[netcheck]\nsource_port = 0x" + "f" * 9999, ":2: netcheck.source_port must be between 0 and 65535, not a number"),
    ("color = 0x" + "f" * 9999, ":1: color must be text in quotes, not a number that is far too large"),
    ("a." * 16_000 + "b = 1", ":1: has a key of more than 100 parts"),
    ('[derp_map]\nx = "y"', ":1: derp_map must be text in quotes, not a table"),
    ("a = ", ": invalid value (at end of document)"),
    ("a = 1\na = 2", ": cannot overwrite a value (at end of document)"),
]


@pytest.mark.parametrize(("text", "said"), WRONG_TYPES, ids=[row[0].replace("\n", " ")[:40] for row in WRONG_TYPES])
def test_a_wrong_value_is_an_error_with_its_line(text: str, said: str, files: Files) -> None:
    files.user.write_text(text)
    with pytest.raises(UserError) as caught:
        files.load()
    assert caught.value.message.startswith(f"{files.user}{said}")


def test_an_unknown_key_is_a_warning_with_a_suggestion(files: Files) -> None:
    files.user.write_text('derpmap = "x"\n[netcheck]\ntimout = 3\n[ping]\ncount = 3\n')
    assert files.load().warnings == (
        f'{files.user}:1: no setting "derpmap", ignored. Did you mean derp_map?',
        f'{files.user}:3: no setting "netcheck.timout", ignored. Did you mean netcheck.timeout?',
        f'{files.user}:4: no setting "ping", ignored',
    )


def test_a_mistyped_variable_is_a_warning_and_others_are_left_alone(files: Files) -> None:
    config = files.load({"NATSCOPE_TIMEOUT": "3", "NATSCOPE_DERP_MAPS": "x", "NATSCOPE_PEERS": "/x", "PATH": "/bin"})
    assert config.warnings == (
        "NATSCOPE_DERP_MAPS is no setting, ignored. Did you mean NATSCOPE_DERP_MAP?",
        "NATSCOPE_TIMEOUT is no setting, ignored. Did you mean NATSCOPE_NETCHECK_TIMEOUT?",
    )


FORBIDDEN = [
    '[netcheck]\noutput = "/etc/passwd"',
    '[netcheck]\nrecord = "x"',
    'state_dir = "x"',
    'cache_dir = "x"',
    'tailscaled_socket = "/tmp/evil"',
    'default_map_url = "https://evil.example/"',
    "offline = false",
    "use_tailscaled = false",
    '[netcheck]\ninterface = "tun0"',
    'derp_map = "https://user:secret@evil.example/map"',
    'derp_map = "http://evil.example/map"',
    'derp_map = "file:///etc/shadow"',
    'derp_map = "/etc/shadow"',
    'derp_map = "../../secret"',
    'derp_map = "-"',
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_a_hostile_project_file_changes_nothing_and_is_told(text: str, files: Files) -> None:
    files.project.write_text(text)
    config = files.load()
    assert config.values == {setting.name: setting.default for setting in SETTINGS}
    (warning,) = config.warnings
    assert warning.startswith(f"{files.project}:")
    assert "ignored" in warning


def test_a_project_file_may_set_harmless_keys(files: Files) -> None:
    files.project.write_text('derp_map = "maps/derp.yaml"\n[netcheck]\nprofile = "quick"\nfail_on = "warn"\n')
    config = files.load()
    assert config.warnings == ()
    assert config.text("derp_map") == str(files.project.parent / "maps/derp.yaml")
    assert config.text("netcheck.fail_on") == "warn"
    files.project.write_text('derp_map = "https://mesh.example.net/derpmap"\n')
    assert files.load().text("derp_map") == "https://mesh.example.net/derpmap"


def test_a_pipe_or_a_huge_file_is_refused_not_read(files: Files) -> None:
    os.mkfifo(files.project)
    with pytest.raises(UserError, match="is not a file"):
        files.load()
    files.user.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(UserError, match="larger than 256 kB"):
        files.load()
    files.user.write_bytes(b"\xff")
    with pytest.raises(UserError, match="not UTF-8"):
        files.load()
    files.user.unlink()
    files.user.mkdir()
    with pytest.raises(UserError, match="is not a file"):
        files.load()


def test_nesting_without_end_is_an_error(files: Files) -> None:
    files.user.write_text("a = " + "[" * 10_000)
    with pytest.raises(UserError, match="nested too deeply"):
        files.load()


def test_a_flag_of_the_wrong_kind_names_itself(files: Files) -> None:
    with pytest.raises(UserError, match='--offline must be yes or no, not "perhaps"'):
        files.load(offline="perhaps")


@pytest.mark.parametrize("commented", [True, False])
def test_the_template_is_a_valid_file_of_defaults(commented: bool, files: Files) -> None:
    text = template()
    if not commented:
        lines = [line[2:] if line.startswith("# ") and " = " in line else line for line in text.splitlines()]
        text = "\n".join(line for line in lines if not line.startswith("#"))
        assert len(tomllib.loads(text)["netcheck"]) > 10
    files.user.write_text(text)
    config = files.load()
    assert config.warnings == ()
    assert config.values == {setting.name: setting.default for setting in SETTINGS}


def test_the_template_names_every_setting_of_files() -> None:
    for setting in SETTINGS:
        assert (setting.variable in template()) is setting.in_files


def test_defaults_are_those_of_the_options() -> None:
    assert MapChoice().default_url == DEFAULT_MAP_URL
    values = {setting.name: setting.default for setting in SETTINGS}
    options = NetcheckOptions()
    for name in ("profile", "only", "skip", "gentle", "https", "icmp", "interface", "source_port", "bind_address"):
        assert values[f"netcheck.{name}"] == getattr(options, name)
    assert values["netcheck.timeout"] == options.timeout_s


@pytest.mark.parametrize("environ", [{}, {"XDG_CONFIG_HOME": "/x"}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": " "}])
def test_directories_are_those_of_platformdirs(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("config", "state", "cache"):
        variable = f"XDG_{kind.upper()}_HOME"
        monkeypatch.delenv(variable, raising=False)
        renamed = dict.fromkeys([variable], value) if (value := environ.get("XDG_CONFIG_HOME")) is not None else {}
        for name, text in renamed.items():
            monkeypatch.setenv(name, text)
        ours = user_directory(kind, {"HOME": os.environ["HOME"], **renamed})
        assert ours == getattr(platformdirs, f"user_{kind}_dir")("natscope", appauthor=False)


def test_places() -> None:
    environ = {"HOME": "/srv/ana"}
    assert user_config_file(environ) == "/srv/ana/.config/natscope/config.toml"
    assert system_config_file(environ) == "/etc/natscope/config.toml"
    assert Places.find(environ, "/repo").project == "/repo/natscope.toml"


def test_names_variables_and_keys_are_unique() -> None:
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)
    assert json.dumps([setting.name for setting in SETTINGS])
    for setting in SETTINGS:
        assert setting.help
        assert setting.help[0].islower()
        assert not setting.help.endswith(".")


def test_a_number_of_too_many_digits_in_a_variable(files: Files) -> None:
    for digits in ("9" * 4000, "9" * 5000):
        with pytest.raises(UserError, match=r"NATSCOPE_NETCHECK_SOURCE_PORT.* must be .*, not "):
            files.load({"NATSCOPE_NETCHECK_SOURCE_PORT": digits})
