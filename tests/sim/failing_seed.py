"""Fails for one seed on purpose; run by `test_determinism.py`, not collected by itself."""


def test_seed(seed: int) -> None:
    assert seed != 17
