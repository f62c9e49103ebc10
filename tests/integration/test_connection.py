"""Connections: which database is meant, libpq's variables of `.env`, refusals in plain words."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sqlwright.config import Project, load_project
from sqlwright.errors import ConfigError, ConnectError
from sqlwright.server import connection
from sqlwright.server.connection import (
    Roles,
    admin_url,
    application_url,
    connect,
    database_name,
    owner_url,
)


def _project(url, **environ):
    return Project(root=connection.__file__, name="shop", url=url, environ=environ)


def _setting(conn, name):
    return conn.execute("select current_setting(%s)", [name]).fetchone()[0]


def test_roles():
    """The roles are named after the database."""
    assert Roles.of("shop") == ("shop_owner", "shop_app", "shop_reader")


@pytest.mark.parametrize(
    ("url", "environ", "name"),
    [
        ("postgresql://h/d", {"PGDATABASE": "e"}, "d"),
        ("postgresql://h", {"PGDATABASE": "e"}, "e"),
        ("postgresql://h", {}, "shop"),
        ("host=h dbname='d e'", {}, "d e"),
        (None, {"PGDATABASE": "e"}, "shop"),
    ],
)
def test_database_name(url, environ, name):
    """The URL names the database, else PGDATABASE, else the project; the embedded one's is its."""
    assert database_name(_project(url, **environ)) == name


def test_urls():
    """Where migrations run, where databases are made, and what a service connects with."""
    project = _project("postgresql://u:p@h:1/d?sslmode=require")
    assert owner_url(project) == "postgresql://u:p@h:1/d?sslmode=require"
    assert admin_url(project) == "postgresql://u:p@h:1/postgres?sslmode=require"
    assert application_url(project) == "postgresql://d_app@h:1/d?sslmode=require"


def test_connect(server):
    """A connection is in autocommit and says whose it is."""
    with connect(server.url(), _project(server.url())) as conn:
        assert conn.autocommit
        assert _setting(conn, "application_name") == "sqlwright"


@pytest.mark.parametrize(
    ("query", "environ", "expected"),
    [
        ("", {}, "ours"),
        ("", {"PGAPPNAME": "env"}, "env"),
        ("&application_name=url", {"PGAPPNAME": "env"}, "url"),
    ],
)
def test_precedence(server, query, environ, expected):
    """What the URL says comes before libpq's variables, and they before our defaults."""
    url = server.url() + query
    with connect(url, _project(url, **environ), application="ours") as conn:
        assert _setting(conn, "application_name") == expected


def test_env_file_reaches_libpq(server, tmp_path):
    """libpq's own variables in `.env` count as they would in the process."""
    known = conninfo_to_dict(server.url())
    (tmp_path / ".env").write_text(
        f"PGHOST={known['host']}\nPGPORT={known['port']}\nPGUSER=postgres\n"
        "PGDATABASE=postgres\nPGOPTIONS='-c search_path=从'\nPGAPPNAME=dot\n"
    )
    project = load_project(start=tmp_path, environ={})
    with connect(owner_url(project), project) as conn:
        assert conn.info.dbname == "postgres"
        assert _setting(conn, "search_path") == "从"
        assert _setting(conn, "application_name") == "dot"


def test_several_hosts(server, tmp_path):
    """Of several hosts the first that answers is taken, as libpq has it."""
    known = conninfo_to_dict(server.url())
    url = f"postgresql://postgres@/postgres?host={tmp_path},{known['host']}&port=1,{known['port']}"
    with connect(url, _project(url)) as conn:
        assert conn.info.host == known["host"]


def test_keyword_form(server):
    """libpq's `key=value` form is accepted, and another database put in it."""
    known = conninfo_to_dict(server.url())
    url = f"host='{known['host']}' port={known['port']} user=postgres"
    project = _project(url, PGDATABASE="postgres")
    with connect(owner_url(project), project) as conn:
        assert conn.info.dbname == "postgres"


def test_unreadable():
    """A URL that libpq can't read is refused without its password."""
    url = "postgresql://u:s3cr3t%zz@h/d"
    with pytest.raises(ConfigError) as caught:
        connect(url, _project(url))
    assert caught.value.message == ("'postgresql://u:***@h/d' can't be read as a PostgreSQL URL.")


HINTS = {
    'FATAL:  role "x" is not permitted to log in': (
        'role "x" is not permitted to log in.',
        "Use a role that may log in, or `alter role … login`.",
    ),
    "FATAL:  sorry, too many clients already": (
        "sorry, too many clients already.",
        "Wait until others disconnect, or raise max_connections.",
    ),
    "FATAL:  the database system is starting up": (
        "the database system is starting up.",
        "Wait a moment and try again.",
    ),
    'FATAL:  no pg_hba.conf entry for host "x"': (
        'no pg_hba.conf entry for host "x".',
        "Let this user and address in: pg_hba.conf of the server.",
    ),
    "server does not support SSL, but SSL was required": (
        "server does not support SSL, but SSL was required.",
        "Set sslmode in DATABASE_URL to what the server offers.",
    ),
    "FATAL:  something new.": ("something new.", None),
}


@pytest.mark.parametrize(("said", "expected"), HINTS.items())
def test_refusals(monkeypatch, said, expected):
    """Each of libpq's reasons gets a sentence that says what to do."""

    def refuse(*_, **__):
        raise psycopg.OperationalError(f'connection to server at "h", port 1 failed: {said}\n')

    monkeypatch.setattr(psycopg, "connect", refuse)
    with pytest.raises(ConnectError) as caught:
        connect("postgresql://u:s3cr3t@h/../d", _project(None))
    assert caught.value.message == f"No connection to postgresql://u:***@h/../d: {expected[0]}"
    assert caught.value.hint == expected[1]


def test_without_reason(monkeypatch):
    """A refusal without a word is still a sentence."""

    def refuse(*_, **__):
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", refuse)
    with pytest.raises(ConnectError) as caught:
        connect("postgresql://h/d", _project(None))
    assert str(caught.value) == "No connection to postgresql://h/d: no reason."


def test_unknown_host():
    """A host that no name server knows is called that."""
    url = "postgresql://no-such-host.invalid/d"
    with pytest.raises(ConnectError) as caught:
        connect(url, _project(url))
    assert caught.value.hint == "Check the host's name in DATABASE_URL."
