"""The parts of the terminal report, one file each, in the order in which they stand on the page."""
