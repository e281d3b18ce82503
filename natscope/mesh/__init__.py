"""A mesh as one of its nodes sees it, whoever tells: the seam, and sources that need no program."""
