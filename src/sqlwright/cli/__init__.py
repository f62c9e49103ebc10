"""The command `sqlwright`: arguments to calls, results to stdout, talk and errors to stderr.

Exit codes: 0 fine, 1 findings or differences, 2 wrong use or failure.
"""

from __future__ import annotations

import os
import sys

__all__ = ["INTERRUPTED", "main"]

# How a command ends that was asked to stop.
INTERRUPTED = 130


def main() -> None:
    """Runs the command that the arguments name."""
    from sqlwright.cli.app import app
    from sqlwright.errors import SqlwrightError

    debug = "--debug" in sys.argv[1:]
    # Anywhere on the line: whoever wants it has just seen the command fail, and adds it at the end.
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app()
    except SqlwrightError as error:
        if debug:
            raise
        _fail(error.message, error.hint)
    except SystemExit as ended:
        # How typer ends a command by Ctrl-C; one that has a word of its own for it catches it.
        if isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):
            print("Interrupted.", file=sys.stderr)
        raise
    except KeyboardInterrupt:  # before a command began, or after
        print("Interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        _fail(*_unforeseen(error))
    finally:
        _let_the_reader_go()


def _let_the_reader_go() -> None:
    """Sends what is held back, unless the reader of a pipe has left: `… | head` is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would try again when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, hint: str | None) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(hint, file=sys.stderr)
    sys.exit(2)


def _unforeseen(error: Exception) -> tuple[str, str]:
    """PostgreSQL's own words, or Python's, for what no command foresaw."""
    import psycopg

    from sqlwright.conninfo import reason_of_loss

    if not isinstance(error, psycopg.Error):
        return (
            f"{type(error).__name__}: {error}",
            "This should not have happened: run the command again with --debug, and report it.",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return str(error).strip(), "Connect as the database's owner, or as a role that may."
    if isinstance(error, psycopg.OperationalError):
        return (
            f"The connection was lost: {reason_of_loss(error)}.",
            "Run the command again: what was committed stays, and nothing is half done.",
        )
    return str(error).strip(), "Run the command again with --debug to see where it happened."
