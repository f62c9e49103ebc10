"""Database URLs: what people have, brought to what libpq reads, and shown without its password.

A plain `postgresql://user@host/name` is what libpq reads. `postgres://` and the dialects of other
tools (`postgresql+asyncpg://`, `postgresql+psycopg://`) name the same database and are accepted;
so is libpq's `host=… dbname=…` form.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from sqlwright.errors import ConfigError

__all__ = [
    "database_of",
    "local_url",
    "normalise",
    "redact",
    "unreadable",
    "with_database",
    "with_user",
]

_SCHEME = re.compile(r"^(?:postgres|postgresql)(?:\+\w+)?://", re.IGNORECASE)
_HOST = r"(?:\[[^\]]*\]|[^:,\[\]@/?]*)(?::\d*)?"
_HOSTS = re.compile(rf"{_HOST}(?:,{_HOST})*")
_PARTS = re.compile(
    rf"^postgresql://(?:(?P<user>[^@/]*)@)?(?P<hosts>{_HOSTS.pattern})"
    r"(?:/(?P<name>[^?@]*))?(?:\?(?P<query>.*))?$",
    re.DOTALL,
)
_KEYWORD_FORM = re.compile(r"^\s*\w+\s*=")
# A quote that nobody closes reaches to the end.
_KEYWORD = re.compile(
    r"\s*(?P<key>\w+)\s*=\s*(?P<value>'(?:[^'\\]|\\.)*(?:'|\\?$)|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|)"
    r"(?=\s|$)",
    re.DOTALL,
)
_SECRET = re.compile(r"password|passwd|pwd|secret|scram_\w+_key", re.IGNORECASE)
_SECRET_AND_REST = re.compile(rf"(\w*(?:{_SECRET.pattern})\w*\s*=).*", re.IGNORECASE | re.DOTALL)
_SSL_OF_ASYNCPG = {"true": "require", "false": "disable"}


def normalise(url: str) -> str:
    """The same database, as libpq reads it.

    Raises:
        ConfigError: the text is neither a PostgreSQL URL nor libpq's `key=value` form.
    """
    text = url.strip()
    if not _SCHEME.match(text):
        if not _KEYWORD_FORM.match(text):
            raise ConfigError(
                f"{redact(text)!r} is not a PostgreSQL URL.",
                hint="Write postgresql://user@host:5432/database, or libpq's host=… dbname=… form.",
            )
        if _keywords(text) is None:
            raise unreadable(text)
        return text
    match = _PARTS.match(_SCHEME.sub("postgresql://", text))
    if match is None or not _is_query(match["query"] or ""):
        raise unreadable(text)
    return _url(match, query=_libpq_query(_pairs(match["query"])))


def unreadable(url: str) -> ConfigError:
    """The error for a URL of PostgreSQL that libpq can't read."""
    return ConfigError(
        f"{redact(url)!r} can't be read as a PostgreSQL URL.",
        hint="Write postgresql://user@host:5432/database; in a password, write @ as %40,"
        " / as %2F and % as %25.",
    )


def _is_query(query: str) -> bool:
    return not query or all(re.match(r"[^=]+=", pair) for pair in query.split("&"))


def _pairs(query: str | None) -> list[tuple[str, str]]:
    """The parameters of a URL; unlike in a form, + is a plus."""
    split = (pair.partition("=") for pair in (query or "").split("&") if pair)
    return [(unquote(key), unquote(value)) for key, _, value in split]


def _libpq_query(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """libpq's names for the parameters that other tools spell their own way."""
    found, options = [], []
    for key, value in pairs:
        if key == "ssl":
            found.append(("sslmode", _SSL_OF_ASYNCPG.get(value.lower(), value)))
        elif key == "schema":  # yoyo's: the search path of bookkeeping and migrations alike
            options.append("-c search_path=" + re.sub(r"([\\\s])", r"\\\1", value))
        elif key == "options":
            options.append(value)
        else:
            found.append((key, value))
    return [*found, ("options", " ".join(options))] if options else found


def _url(
    match: re.Match[str],
    *,
    query: list[tuple[str, str]],
    user: str | None = None,
    name: str | None = None,
) -> str:
    """A URL of the parts that are given, and of the match's for the rest."""
    who = match["user"] if user is None else user
    path = match["name"] if name is None else name
    tail = "&".join(f"{quote(key, safe='')}={quote(value, safe='/,:')}" for key, value in query)
    return (
        f"postgresql://{'' if who is None else f'{who}@'}{match['hosts']}"
        f"{'' if path is None else f'/{path}'}{tail and f'?{tail}'}"
    )


def _keywords(text: str) -> list[tuple[str, str]] | None:
    """The pairs of libpq's `key=value` form, values as written; None if it is not that."""
    pairs, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _KEYWORD.match(text, place)
        if match is None or (match["value"].startswith("'") and not _is_closed(match["value"])):
            return None
        pairs.append((match["key"], match["value"]))
        place = match.end()
    return pairs


def _is_closed(value: str) -> bool:
    return re.fullmatch(r"'(?:[^'\\]|\\.)*'", value, re.DOTALL) is not None


def redact(url: str) -> str:
    """The URL with `***` for every password in it: fit for a log or an error.

    Of a text that is not quite a URL too much is hidden rather than too little.
    """
    if not _KEYWORD_FORM.match(url):
        return _redact_url(url)
    pairs = _keywords(url)
    if pairs is None:
        return _redact_url(_SECRET_AND_REST.sub(r"\1***", url))
    # A value may be a whole URL, with the name of its variable before it.
    return " ".join(
        f"{key}={'***' if _SECRET.search(key) else _redact_url(value) if '@' in value else value}"
        for key, value in pairs
    )


def _redact_url(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "", url
    base, question, query = _without_password(rest)
    before = _SECRET_AND_REST.sub(r"\1***", f"{scheme}{mark}{base}")
    return f"{before}{question}{_redact_query(query)}"


def _without_password(rest: str) -> tuple[str, str, str]:
    """What follows a URL's scheme: up to the query with its password hidden, `?`, the query."""
    match = _PARTS.match(f"postgresql://{rest}")
    who, at, where = rest.rpartition("@")
    if match is not None:
        who = match["user"] or ""
        at = "" if match["user"] is None else "@"
        where = rest[len(who) + len(at) :]
    if ":" in who:
        who = f"{who.partition(':')[0]}:***"
    base, question, query = where.partition("?")
    if not at and not _HOSTS.fullmatch(base.partition("/")[0]):
        # user:password without a host
        return f"{base.partition(':')[0]}:***", "", ""
    return f"{who}{at}{base}", question, query


def _redact_query(query: str) -> str:
    hidden = r"\1***"
    if not _is_query(query):
        return _SECRET_AND_REST.sub(hidden, unquote(query))
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{key}={'***' if _SECRET.search(unquote(key)) else _SECRET_AND_REST.sub(hidden, value)}"
        if mark
        else ""
        for key, mark, value in pairs
    )


def database_of(url: str) -> str | None:
    """The database that a normalised URL names, or None where it leaves that to libpq."""
    if match := _PARTS.match(url):
        in_query = dict(_pairs(match["query"])).get("dbname")
        return in_query or unquote(match["name"] or "") or None
    written = dict(_keywords(url) or []).get("dbname", "")
    return re.sub(r"\\(.)", r"\1", written.removeprefix("'").removesuffix("'")) or None


def with_database(url: str, database: str) -> str:
    """The same server and user, another database."""
    if match := _PARTS.match(url):
        query = [pair for pair in _pairs(match["query"]) if pair[0] != "dbname"]
        return _url(match, query=query, name=quote(database, safe=""))
    return _with_keyword(url, "dbname", database, dropped="dbname")


def with_user(url: str, user: str) -> str:
    """The same server and database as another role, without the first one's password."""
    if match := _PARTS.match(url):
        query = [
            (key, value)
            for key, value in _pairs(match["query"])
            if key != "user" and not _SECRET.search(key)
        ]
        return _url(match, query=query, user=quote(user, safe=""))
    return _with_keyword(url, "user", user, dropped=rf"user|.*(?:{_SECRET.pattern}).*")


def _with_keyword(url: str, key: str, value: str, *, dropped: str) -> str:
    kept = [pair for pair in _keywords(url) or [] if not re.fullmatch(dropped, pair[0])]
    quoted = re.sub(r"(['\\])", r"\\\1", value)
    return " ".join(f"{name}={text}" for name, text in [*kept, (key, f"'{quoted}'")])


def local_url(*, user: str, database: str, socket: str, port: int) -> str:
    """The URL of a database behind a Unix socket in the folder `socket`."""
    return (
        f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}"
        f"?host={quote(socket, safe='/')}&port={port}"
    )
