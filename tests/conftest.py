"""What holds for all tests: examples are judged by what they find, never by how busy this computer is."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("natscope", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("natscope")
