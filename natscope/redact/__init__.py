"""Masks what tells who and where somebody is in a report, consistently, and keeps what a diagnosis needs. Pure."""
