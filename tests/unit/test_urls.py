"""Database URLs: every form that people have, as libpq reads it, and never with a password."""

import re
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from sqlwright.errors import ConfigError
from sqlwright.urls import (
    database_of,
    local_url,
    normalise,
    redact,
    unreadable,
    with_database,
    with_user,
)

SECRET = "s3cr3t"
UNREADABLE_HINT = (
    "Write postgresql://user@host:5432/database; in a password, write @ as %40, / as %2F"
    " and % as %25."
)
OTHER_HINT = "Write postgresql://user@host:5432/database, or libpq's host=… dbname=… form."

NORMALISED = {
    "postgresql://u:p@h:5432/d": "postgresql://u:p@h:5432/d",
    "postgres://u@h/d": "postgresql://u@h/d",
    "POSTGRES://u@h/d": "postgresql://u@h/d",
    "postgresql+asyncpg://u@h/d": "postgresql://u@h/d",
    "postgresql+psycopg://u@h/d": "postgresql://u@h/d",
    "postgresql+psycopg2://u@h/d": "postgresql://u@h/d",
    "postgresql+sqlwright://u@h/d": "postgresql://u@h/d",
    "  postgresql://h/d\n": "postgresql://h/d",
    "postgresql://": "postgresql://",
    "postgresql:///": "postgresql:///",
    "postgresql:///d?": "postgresql:///d",
    "postgresql://a:1,b:2,c/d": "postgresql://a:1,b:2,c/d",
    "postgresql://u@[::1]:5432/d": "postgresql://u@[::1]:5432/d",
    "postgresql://u@[::1],[fe80::2]:5433/d": "postgresql://u@[::1],[fe80::2]:5433/d",
    "postgresql://%2Ftmp%2Fpg:5433/d": "postgresql://%2Ftmp%2Fpg:5433/d",
    "postgresql://u:p%40%2F@h/d%20e": "postgresql://u:p%40%2F@h/d%20e",
    "postgresql://u:p?:q@h/d": "postgresql://u:p?:q@h/d",
    "postgresql://h/d?ssl=true": "postgresql://h/d?sslmode=require",
    "postgresql://h/d?ssl=False": "postgresql://h/d?sslmode=disable",
    "postgresql://h/d?ssl=verify-full": "postgresql://h/d?sslmode=verify-full",
    "postgresql://h/d?schema=a": "postgresql://h/d?options=-c%20search_path%3Da",
    "postgresql://h/d?schema=a b": "postgresql://h/d?options=-c%20search_path%3Da%5C%20b",
    "postgresql://h/d?options=-c%20x%3D1&schema=a": (
        "postgresql://h/d?options=-c%20x%3D1%20-c%20search_path%3Da"
    ),
    "postgresql://h/d?options=-c x=1": "postgresql://h/d?options=-c%20x%3D1",
    "postgresql:///d?host=a,b&port=1,2": "postgresql:///d?host=a,b&port=1,2",
    "postgresql://h/d?password=a+b": "postgresql://h/d?password=a%2Bb",
    "postgresql://h/d?application_name=": "postgresql://h/d?application_name=",
    "host=h dbname=d": "host=h dbname=d",
    " host = h  dbname='a b' ": "host = h  dbname='a b'",
}

# Each holds SECRET where libpq or a person's slip of the pen has a password.
WITH_PASSWORD = {
    f"postgresql://u:{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgres://u:{SECRET}@h:5432": "postgres://u:***@h:5432",
    f"postgresql+asyncpg://u:{SECRET}@h,i:2/d?ssl=true": (
        "postgresql+asyncpg://u:***@h,i:2/d?ssl=true"
    ),
    f"postgresql://:{SECRET}@h/d": "postgresql://:***@h/d",
    f"postgresql://u:{SECRET}@[::1]:5432/d": "postgresql://u:***@[::1]:5432/d",
    f"postgresql://u:a:{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgresql://u:a@{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgresql://u:a/{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgresql://u:a?{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgresql://u:a#{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgresql://u:a\n{SECRET}@h/d": "postgresql://u:***@h/d",
    f"postgresql://u@domain:{SECRET}@h/d": "postgresql://u@domain:***@h/d",
    f"postgresql://dom/u:{SECRET}@h/d": "postgresql://dom/u:***@h/d",
    f"postgresql://u:{SECRET}": "postgresql://u:***",
    f"postgresql://u:{SECRET}/d": "postgresql://u:***",
    f"postgresql://h/d?password={SECRET}": "postgresql://h/d?password=***",
    f"postgresql://h/d?user=u&password={SECRET}&port=1": (
        "postgresql://h/d?user=u&password=***&port=1"
    ),
    f"postgresql://h/d?pass%77ord={SECRET}": "postgresql://h/d?pass%77ord=***",
    f"postgresql://h/d?sslpassword={SECRET}": "postgresql://h/d?sslpassword=***",
    f"postgresql://h/d?oauth_client_secret={SECRET}": "postgresql://h/d?oauth_client_secret=***",
    f"postgresql://h/d?password=a {SECRET}": "postgresql://h/d?password=***",
    f"postgresql://h/d?password=a&{SECRET}": "postgresql://h/d?password=***",
    f"postgresql://u:a@h/d?password={SECRET}": "postgresql://u:***@h/d?password=***",
    f"mysql://u:{SECRET}@h/d": "mysql://u:***@h/d",
    f"jdbc:postgresql://h/d?user=u&password={SECRET}": (
        "jdbc:postgresql://h/d?user=u&password=***"
    ),
    f"u:{SECRET}@h/d": "u:***@h/d",
    f"postgresql:/u:{SECRET}@h/d": "postgresql:***@h/d",
    f"host=h password={SECRET} dbname=d": "host=h password=*** dbname=d",
    f"host=h password = {SECRET}": "host=h password=***",
    f"password='a {SECRET}' host=h": "password=*** host=h",
    f"password='it\\'s {SECRET}' host=h": "password=*** host=h",
    f"password=a\\ {SECRET} host=h": "password=*** host=h",
    f"password=a&{SECRET} host=h": "password=*** host=h",
    f"password=a'{SECRET} host=h": "password=*** host=h",
    f"application_name='password= ' password='a {SECRET}'": (
        "application_name='password= ' password=***"
    ),
    f"host=h password='a {SECRET}": "host=h password=***",
    f"host=h password=correct {SECRET} dbname=d": "host=h password=***",
    f"host=h PASSWORD={SECRET}": "host=h PASSWORD=***",
    f"DATABASE_URL=postgresql://u:{SECRET}@h/d": "DATABASE_URL=postgresql://u:***@h/d",
    f"url=postgresql://h/d?password={SECRET} x": "url=postgresql://h/d?password=***",
}

UNREADABLE = {
    "postgresql://u@domain@h/d": "postgresql://u@domain@h/d",
    "postgresql://u:a/b@h/d": "postgresql://u:***@h/d",
    "postgresql://u:pw/d": "postgresql://u:***",
    "postgresql://[::1/d": "postgresql://[:***",
    "postgresql://h/d?nonsense": "postgresql://h/d?nonsense",
    "postgresql://h/d?=x": "postgresql://h/d?=x",
    "postgresql://h/d?a=1&&b=2": "postgresql://h/d?a=1&&b=2",
    "host=h password='a": "host=h password=***",
    "host=h nonsense": "host=h nonsense",
}

OF_OTHERS = {
    "mysql://h/d": "mysql://h/d",
    "sqlite:///d.db": "sqlite:///d.db",
    "jdbc:postgresql://h/d": "jdbc:postgresql://h/d",
    "nonsense": "nonsense",
    "": "",
    "postgresql+://h/d": "postgresql+://h/d",
    "postgresql:h/d": "postgresql:***",
}

WORDS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1)
PASSWORDS = st.from_regex(r"[\w!@#$%^&*()+=/?:;,.<> '\"\\-]{1,12}", fullmatch=True)


@st.composite
def urls(draw, secret=None):
    """A URL or a `key=value` text that libpq reads, with or without a password."""
    user = draw(st.none() | WORDS)
    word = draw(PASSWORDS) if secret is None else secret
    database = draw(st.none() | WORDS)
    if draw(st.booleans()):
        pairs = {"user": user, "dbname": database, "password": word, "host": "h"}
        return " ".join(f"{key}={_quoted(value)}" for key, value in pairs.items() if value)
    scheme = draw(st.sampled_from(["postgresql", "postgres", "postgresql+asyncpg"]))
    host = draw(st.sampled_from(["", "h", "h:5432", "[::1]:5432", "a:1,b", "%2Ftmp"]))
    where = draw(st.sampled_from(["userinfo", "query", "both"]))
    url = f"{scheme}://{quote(user or 'u', safe='')}"
    url += f":{quote(word, safe='')}@" if where != "query" else "@"
    url += host + ("" if database is None else f"/{quote(database, safe='')}")
    return url + (f"?password={quote(word, safe='')}&port=1" if where != "userinfo" else "")


def _quoted(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


@pytest.mark.parametrize(("url", "expected"), NORMALISED.items())
def test_normalise(url, expected):
    """Every form names the database that was meant, and libpq can read it."""
    assert normalise(url) == expected
    assert conninfo_to_dict(expected) is not None


@pytest.mark.parametrize(("url", "shown"), UNREADABLE.items())
def test_unreadable(url, shown):
    """What libpq would misread or refuse is refused, with a way to write it."""
    with pytest.raises(ConfigError) as caught:
        normalise(url)
    assert caught.value.message == f"{shown!r} can't be read as a PostgreSQL URL."
    assert caught.value.hint == UNREADABLE_HINT


@pytest.mark.parametrize(("url", "shown"), OF_OTHERS.items())
def test_other_engines(url, shown):
    """A URL of another engine, or nonsense, is refused."""
    with pytest.raises(ConfigError) as caught:
        normalise(url)
    assert caught.value.message == f"{shown!r} is not a PostgreSQL URL."
    assert caught.value.hint == OTHER_HINT


def test_unreadable_hides():
    """The error about a URL never shows its password."""
    assert str(unreadable("postgresql://u:pw@h")).startswith("'postgresql://u:***@h' can't")


@pytest.mark.parametrize(("url", "expected"), WITH_PASSWORD.items())
def test_redact(url, expected):
    """The password is hidden wherever it stands, and the rest shown."""
    assert redact(url) == expected


@pytest.mark.parametrize("url", WITH_PASSWORD)
def test_errors_hide(url):
    """No error about a URL repeats the password in it."""
    said = ""
    try:
        normalise(url)
    except ConfigError as error:
        said = str(error)
    assert SECRET not in said


@given(urls())
def test_normalise_twice(url):
    """What is normalised stays as it is."""
    once = normalise(url)
    assert normalise(once) == once


@given(urls())
def test_means_the_same(url):
    """libpq reads the same from the normalised URL as from the one that was given."""
    plain = re.sub(r"^postgresql\+\w+", "postgresql", url)
    assert conninfo_to_dict(normalise(url)) == conninfo_to_dict(plain)


@given(urls(secret=SECRET))
@example(f"user='a' password='{SECRET}'")
def test_password_never_survives(url):
    """Neither a log nor another role's URL ever holds the password."""
    assume(url.replace(SECRET, "").count("s3") == 0)
    assert SECRET not in redact(url)
    assert SECRET not in redact(normalise(url))
    assert SECRET not in with_user(normalise(url), "app")


@given(st.text(max_size=12), st.text(max_size=12), urls(secret=SECRET))
def test_password_never_survives_damage(before, after, url):
    """A URL that lost a piece, or gained one, still keeps its password to itself."""
    assert SECRET not in redact(f"{before}{url}{after}")


@given(urls(), WORDS)
def test_with_user(url, user):
    """The URL of another role names that role and has no password, and is otherwise the same."""
    before, after = (conninfo_to_dict(u) for u in (normalise(url), with_user(normalise(url), user)))
    assert "password" not in after
    assert after.pop("user") == user
    for key in ("user", "password"):
        before.pop(key, None)
    assert after == before


@given(urls(), WORDS)
def test_with_database(url, name):
    """The URL of another database names that one, and is otherwise the same."""
    changed = with_database(normalise(url), name)
    assert database_of(changed) == name
    before, after = conninfo_to_dict(normalise(url)), conninfo_to_dict(changed)
    assert after.pop("dbname") == name
    before.pop("dbname", None)
    assert after == before


@pytest.mark.parametrize(
    ("url", "expected"),
    {
        "postgresql://h/d": "d",
        "postgresql://h/d%20e": "d e",
        "postgresql://h/": None,
        "postgresql://h": None,
        "postgresql://": None,
        "postgresql://h/d?dbname=e": "e",
        "host=h dbname=d": "d",
        "dbname = 'a b' host=h": "a b",
        "dbname='it\\'s'": "it's",
        "password='dbname=x' host=h": None,
        "dbname=a dbname=b": "b",
        "host=h": None,
    }.items(),
)
def test_database_of(url, expected):
    """The database that libpq would open, or None where it would decide."""
    assert database_of(url) == expected


@pytest.mark.parametrize("key", ["password", "sslpassword", "oauth_client_secret"])
def test_with_user_drops_secrets(key):
    """Whatever belongs to the first role stays with it."""
    assert with_user(f"postgresql://u:p@h/d?{key}=x&port=1", "app") == (
        "postgresql://app@h/d?port=1"
    )
    assert with_user(f"user=u {key}=x port=1", "app") == "port=1 user='app'"


@given(WORDS, WORDS, st.sampled_from(["/tmp/a", "/run/a b+c", "/tmp/数据"]))
def test_local_url(user, database, socket):
    """A socket's URL means what it was made of."""
    found = conninfo_to_dict(local_url(user=user, database=database, socket=socket, port=5433))
    assert found == {"user": user, "dbname": database, "host": socket, "port": "5433"}
