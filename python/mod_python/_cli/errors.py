"""What a command cannot do, as one sentence for its user instead of a traceback."""


class UsageError(Exception):
    """The command was asked for what it cannot mean: exit status 2."""


class CommandError(Exception):
    """The command was understood, and failed: exit status 1."""
