"""STUN: RFC 8489, RFC 5780 and RFC 3489 messages."""
