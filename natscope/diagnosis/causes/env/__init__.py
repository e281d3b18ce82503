"""Something on the way or on this host falsifies other measurements."""
