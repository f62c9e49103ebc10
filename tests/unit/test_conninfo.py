"""What libpq is given beside the URL: TLS off this machine, unless somebody says otherwise."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sqlwright.conninfo import is_end, libpq_settings

ASKED = {
    "postgresql://db.example.com/d": "require",
    "postgresql://10.0.0.5/d": "require",
    "postgresql://[2001:db8::1]/d": "require",
    "postgresql://localhost,db.example.com/d": "require",
    "postgresql:///d?hostaddr=10.0.0.5": "require",
    "postgresql://localhost/d?hostaddr=10.0.0.5": "require",
    "host=db.example.com dbname=d": "require",
    "postgresql://db.example.com/d?sslmode=disable": "disable",
    "postgresql://db.example.com/d?sslmode=verify-full": "verify-full",
    "postgresql://db.example.com/d?sslrootcert=system": None,
    "postgresql://db.example.com/d?service=shop": None,
    "postgresql://localhost/d": None,
    "postgresql://127.0.0.7:5433/d": None,
    "postgresql://[::1]/d": None,
    "postgresql:///d": None,
    "postgresql://%2Ftmp%2Fpg/d": None,
    "postgresql://db.example.com/d?hostaddr=127.0.0.1": None,
}


@pytest.mark.parametrize("url", ASKED)
def test_a_server_on_another_machine_is_asked_for_tls(url):
    """Also where one of several is; never on a socket or loopback, nor against the URL."""
    assert conninfo_to_dict(libpq_settings(url, {}, "t")).get("sslmode") == ASKED[url]


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({"PGHOST": "db.example.com"}, "require"),
        ({"PGHOST": "db.example.com", "PGSSLMODE": "verify-ca"}, "verify-ca"),
        ({"PGHOST": "/tmp"}, None),
    ],
)
def test_the_variables_count_as_the_url_does(environ, mode):
    """A host of PGHOST is asked for TLS, and PGSSLMODE says otherwise."""
    assert conninfo_to_dict(libpq_settings("postgresql:///d", environ, "t")).get("sslmode") == mode


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (psycopg.OperationalError("the connection is lost"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.QueryCanceled(), False),
        (psycopg.errors.DiskFull(), False),
        (psycopg.ProgrammingError("the cursor is closed"), False),
    ],
)
def test_what_ends_a_connection(error, ended):
    """A time-out or a full disk is no lost connection, though psycopg has one class for them."""
    assert is_end(error) is ended
