"""Tests of the doctor: facts are made, judged, and gathered."""
