"""Database URLs: what people have, brought to what libpq reads, and shown without its password.

A plain `postgresql://user@host/name` is what libpq reads. `postgres://` and the dialects of other
tools (`postgresql+asyncpg://`, `postgresql+psycopg://`) name the same database and are accepted;
so is libpq's `host=… dbname=…` form.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode

from sqlwright.errors import ConfigError

__all__ = ["database_of", "local_url", "normalise", "redact", "with_database", "with_user"]

_SCHEME = re.compile(r"^(?:postgres|postgresql)(?:\+\w+)?://", re.IGNORECASE)
_PARTS = re.compile(
    r"^postgresql://(?:(?P<user>[^/?]*)@)?(?P<hosts>[^@/?]*)(?:/(?P<name>[^?]*))?(?:\?(?P<query>.*))?$"
)
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^:@/?]*):(.*)@(?=[^@]*$)")
_PASSWORD_KEY = re.compile(r"(?i)\b((?:ssl)?password)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]*)")
_SSL_OF_ASYNCPG = {"true": "require", "false": "disable"}


def normalise(url: str) -> str:
    """The same database, as libpq reads it.

    Raises:
        ConfigError: the text is neither a PostgreSQL URL nor libpq's `key=value` form.
    """
    text = url.strip()
    if not _SCHEME.match(text):
        if re.match(r"^\w+\s*=", text):
            return text
        raise ConfigError(
            f"{redact(text)!r} is not a PostgreSQL URL.",
            hint="Write postgresql://user@host:5432/database, or libpq's host=… dbname=… form.",
        )
    plain = _SCHEME.sub("postgresql://", text)
    base, mark, query = plain.partition("?")
    return f"{base}?{_libpq_query(query)}" if mark and query else base


def _libpq_query(query: str) -> str:
    """libpq's names for the parameters that other tools spell their own way."""
    pairs = []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "ssl":
            pairs.append(("sslmode", _SSL_OF_ASYNCPG.get(value.lower(), value)))
        elif key == "schema":  # yoyo's: the search path of bookkeeping and migrations alike
            pairs.append(("options", f"-c search_path={value}"))
        else:
            pairs.append((key, value))
    return urlencode(pairs, quote_via=quote, safe="/,:")


def redact(url: str) -> str:
    """The URL with `***` for every password in it: fit for a log or an error."""
    return _PASSWORD_KEY.sub(r"\1\2***", _PASSWORD_IN_URL.sub(r"\1:***@", url))


def database_of(url: str) -> str | None:
    """The database that a normalised URL names, or None where it leaves that to libpq."""
    if match := _PARTS.match(url):
        in_query = dict(parse_qsl(match["query"] or "")).get("dbname")
        return in_query or unquote(match["name"] or "") or None
    found = re.search(r"\bdbname\s*=\s*('(?:[^'\\]|\\.)*'|\S+)", url)
    return found[1].strip("'") if found else None


def with_database(url: str, database: str) -> str:
    """The same server and user, another database."""
    return _replaced(url, dbname=database)


def with_user(url: str, user: str) -> str:
    """The same server and database as another role, without the first one's password."""
    return _replaced(url, user=user)


def _replaced(url: str, *, dbname: str | None = None, user: str | None = None) -> str:
    match = _PARTS.match(url)
    if match is None:
        without = _PASSWORD_KEY.sub("", url) if user else url
        added = [f"{key}='{value}'" for key, value in (("dbname", dbname), ("user", user)) if value]
        return " ".join([without.strip(), *added])
    dropped = {"user", "password"} if user else {"dbname"}
    query = [pair for pair in parse_qsl(match["query"] or "") if pair[0] not in dropped]
    who = quote(user, safe="") if user else match["user"]
    name = quote(dbname, safe="") if dbname else (match["name"] or "")
    tail = f"?{urlencode(query, quote_via=quote, safe='/,:')}" if query else ""
    return f"postgresql://{f'{who}@' if who else ''}{match['hosts']}/{name}{tail}"


def local_url(*, user: str, database: str, socket: str, port: int) -> str:
    """The URL of a database behind a Unix socket in the folder `socket`."""
    query = urlencode({"host": socket, "port": port}, safe="/")
    return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?{query}"
