"""The catalogue: one file per cause, grouped by folder."""
