"""Does a relay relay? Looks at each node of a map as a client would, and lets two clients meet through it.

`run` observes (network, through `Host` alone), `assemble` and `findings` judge what was observed (pure).
"""
