"""Every module where bytes are read or decisions are made, and every probe, has a test file of its name."""

from __future__ import annotations

from pathlib import Path

from tests.house.tree import ROOT, relative

MIRRORED = {
    "natscope/wire": "tests/wire",
    "natscope/machines": "tests/machines",
    "natscope/diagnosis": "tests/diagnosis",
    "probes/natscope_probes": "tests/probes",
    "reports/natscope_reports": "tests/reports",
}
SHARED_TESTS: dict[str, str] = {
    "natscope/machines/api.py": "values only: every machine's test uses them",
}
"""Modules whose tests stand elsewhere, each with the reason."""


def expected_tests(module: Path, root: Path) -> list[Path]:
    """Where the test of a module may stand: `stun/message.py` in `stun/test_message.py` or `test_stun_message.py`."""
    for source, tests in MIRRORED.items():
        if module.is_relative_to(root / source):
            inner = module.relative_to(root / source)
            stem = inner.stem
            flat = "_".join([*inner.parent.parts, stem])
            folder = root / tests
            return [folder / inner.parent / f"test_{stem}.py", folder / f"test_{flat}.py",
                    folder / f"test_{stem}.py"]  # fmt: skip
    raise ValueError(module)


def is_private(inner: Path) -> bool:
    """`__init__.py`, and what a probe or a format keeps to itself (`_text/relays.py`): tested through its owner."""
    return any(part.startswith("_") for part in inner.parts)


def without_test(root: Path) -> list[str]:
    problems = []
    for source in MIRRORED:
        for module in sorted((root / source).rglob("*.py")):
            if is_private(module.relative_to(root / source)) or relative(module, root) in SHARED_TESTS:
                continue
            if not any(p.is_file() for p in expected_tests(module, root)):
                problems.append(relative(module, root))
    return problems


def test_every_mirrored_module_has_a_test_file_of_its_name() -> None:
    assert without_test(ROOT) == []


def test_every_exception_still_exists() -> None:
    assert [name for name in SHARED_TESTS if not (ROOT / name).is_file()] == []


def test_a_module_without_a_test_is_caught(tmp_path: Path) -> None:
    for name in (
        "natscope/wire/stun/tested.py",
        "natscope/wire/stun/bare.py",
        "natscope/wire/stun/_private.py",
        "tests/wire/test_stun_tested.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert without_test(tmp_path) == ["natscope/wire/stun/bare.py"]
