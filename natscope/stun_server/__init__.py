"""A STUN server for anyone: who is answered, how often, with what."""
