"""What can go wrong, as one tree.

    SqlwrightError
    ├── ConfigError           a setting, a URL or a file of settings is wrong
    ├── ConnectError          no connection to the database could be had
    ├── CommitUnknownError    the connection was lost in a commit: it may have happened, or not
    ├── ServerError           the embedded server can't be found, started or stopped
    ├── DatabaseError         a database or role can't be created, dropped or used
    ├── BackupError           a backup can't be made, is damaged, or can't be restored
    ├── QueryError            a named query is wrong in its file, or answered what it must not
    │   ├── ArgumentError     a query was called with an argument too many or too few
    │   └── StaleQueryError   a table changed under a prepared query: run the transaction again
    ├── SecretError           a key, a ciphertext or a hash is wrong, or there is none
    └── MigrationError        a migration can't be read, applied or rolled back
        ├── SourceError       the files themselves are wrong; nothing was sent
        ├── HistoryError      what is applied and what is on disk disagree; nothing was sent
        ├── LockError         another process migrates, or a lock could not be had in time
        └── StatementError    PostgreSQL refused a statement; nothing of its file stays

Every error is a sentence that names the object and what is wrong, and a hint that says what to do
next. Neither ever holds a password.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "BackupError",
    "CommitUnknownError",
    "ConfigError",
    "ConnectError",
    "DatabaseError",
    "HistoryError",
    "LockError",
    "MigrationError",
    "QueryError",
    "SecretError",
    "ServerError",
    "SourceError",
    "SqlwrightError",
    "StaleQueryError",
    "StatementError",
]


class SqlwrightError(Exception):
    """An error that a person can act on: `message` says what is wrong, `hint` what to do next."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(SqlwrightError):
    """A setting, a URL or a file of settings is wrong."""


class ConnectError(SqlwrightError):
    """No connection to the database could be had."""


class CommitUnknownError(SqlwrightError):
    """The connection was lost in a commit: it may have happened, or not."""


class ServerError(SqlwrightError):
    """The embedded server can't be found, started or stopped."""


class DatabaseError(SqlwrightError):
    """A database or role can't be created, dropped or used."""


class BackupError(SqlwrightError):
    """A backup can't be made, is damaged, or can't be restored."""


class QueryError(SqlwrightError):
    """A named query is wrong in its file, or answered what it must not."""


class ArgumentError(QueryError, TypeError):
    """A query was called with an argument too many or too few; nothing was sent."""


class StaleQueryError(QueryError):
    """A table changed under a prepared query; its transaction failed and can be run again."""


class SecretError(SqlwrightError):
    """A key, a ciphertext or a hash is wrong, or there is none."""


class MigrationError(SqlwrightError):
    """A migration can't be read, applied or rolled back."""


class SourceError(MigrationError):
    """The migration files themselves are wrong; nothing was sent to the database."""


class HistoryError(MigrationError):
    """What is applied and what is on disk disagree; nothing was sent to the database."""


class LockError(MigrationError):
    """Another process migrates, or a lock could not be had in time; nothing was changed."""


class StatementError(MigrationError):
    """PostgreSQL refused a statement of a migration; nothing of its file stays."""
