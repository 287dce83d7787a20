"""The command `mod_python`, a module for each of its commands; docs/command-line.md."""
