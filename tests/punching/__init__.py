"""Prediction of pairs against two plain UDP hole punchers in the simulator."""
