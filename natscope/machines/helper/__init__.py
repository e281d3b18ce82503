"""The helper: a packet to its asker from where the asker has never sent to. docs/helper.md."""
