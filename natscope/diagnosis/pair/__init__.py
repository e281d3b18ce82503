"""Two nodes: by which ways packets could go between them, and why a connection is not direct. Pure."""
