"""UDP is blocked or shaped."""
