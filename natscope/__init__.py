"""natscope: says why a mesh connection is relayed or slow, and what to change."""
