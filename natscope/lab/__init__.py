"""Test beds: networks made on one machine."""
