"""HTTP over the streams of a Host."""
