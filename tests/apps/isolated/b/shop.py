"""One of two modules of this name."""

WHO = "b"
