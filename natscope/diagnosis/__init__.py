"""Facts to findings to a verdict: pure functions of a report."""
