"""Certificates by ACME (RFC 8555): what is said, what is answered to challenges, and when to renew. No I/O."""
