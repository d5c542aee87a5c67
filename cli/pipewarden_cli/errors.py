"""Failures that a user can cure: the command prints the sentence, never a stack trace."""

FINDINGS = 1
WRONG_USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


class CommandError(Exception):
    """The command cannot do what was asked. The text is a sentence that names the cure."""

    exit_code = WRONG_USAGE


class CheckFailedError(CommandError):
    """What was asked about is not so (an incident that is not there, nothing running)."""

    exit_code = FINDINGS


class UnknownEnvironmentError(CommandError):
    """No such file in config/environments."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        cure = f"declared are: {', '.join(known)}" if known else "none is declared in config/environments"
        super().__init__(f"There is no environment {name!r}; {cure}.")
