"""The command `sqlwright`: arguments to calls, results to stdout, talk and errors to stderr.

Exit codes: 0 fine, 1 findings or differences, 2 wrong use or failure.
"""

from __future__ import annotations

import errno
import os
import sys

__all__ = ["INTERRUPTED", "main"]

# How a command ends that was asked to stop.
INTERRUPTED = 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """Runs the command that the arguments name."""
    from sqlwright.errors import SqlwrightError

    debug = "--debug" in sys.argv[1:]
    # Anywhere on the line: whoever wants it has just seen the command fail, and adds it at the end.
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        from sqlwright.cli.app import app  # takes a moment, in which Ctrl-C may come

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
        _stop_where_output_fails()  # it may be that what failed
        _fail(*_unforeseen(error))
    finally:
        _stop_where_output_fails()


def _stop_where_output_fails() -> None:
    """Sends what is held back, unless the reader of a pipe has left: `… | head` is no error."""
    if sys.stdout is None:  # `>&-`
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try again when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            _fail(*_unforeseen(error))


def _fail(message: str, hint: str | None) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(hint, file=sys.stderr)
    sys.exit(2)


def _unforeseen(error: Exception) -> tuple[str, str]:
    """PostgreSQL's own words, or Python's, for what no command foresaw."""
    import psycopg

    from sqlwright.conninfo import is_end, reason_of_loss

    if not isinstance(error, psycopg.Error):
        return _of_python(error)
    if is_end(error):
        return (
            f"The connection was lost: {reason_of_loss(error)}.",
            "Run the command again: what was committed stays, and nothing is half done.",
        )
    hint = "Run the command again with --debug to see where it happened."
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        hint = "Connect as the database's owner, or as a role that may."
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        hint = "Connect to the primary, where default_transaction_read_only is off."
    return str(error).strip(), hint


def _of_python(error: Exception) -> tuple[str, str]:
    """A disk that is full, an encoding that is narrow, or a mistake of ours."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return (
            f"What the command writes can't be written: {error.strerror}.",
            "Make room, and run the command again: what it wrote is not whole.",
        )
    if isinstance(error, UnicodeEncodeError) and error.encoding != "utf-8":
        return (
            f"The output can't be written: {error.encoding} has no {error.object[error.start]!r}.",
            "Set PYTHONUTF8=1, or a locale such as LANG=C.UTF-8, and run the command again.",
        )
    return (
        f"{type(error).__name__}: {error}",
        "This should not have happened: run the command again with --debug, and report it.",
    )
