"""The parts of the HTML report, one file each: style, picture of the way, cards, relays, timeline, evidence."""
