"""One actor each."""
