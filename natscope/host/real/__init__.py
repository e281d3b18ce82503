"""This computer: the only place that touches sockets, clocks and randomness."""
