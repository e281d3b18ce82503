"""One file for each check: `CHECK` and `judge(facts)`. Names that begin with `_` are shared between them."""
