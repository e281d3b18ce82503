"""The command line: a table of commands, one thin file each."""
