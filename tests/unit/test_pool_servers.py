"""A connection string of several hosts is taken apart as libpq would read it."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from sqlwright.errors import ConfigError
from sqlwright.pool.servers import lets_libpq_choose, read_only, split


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("host=a", [{"host": "a"}]),
        ("dbname=x", [{"dbname": "x"}]),
        ("host=a,b", [{"host": "a"}, {"host": "b"}]),
        ("host=a,b port=5433", [{"host": "a", "port": "5433"}, {"host": "b", "port": "5433"}]),
        ("host=a,b port=1,2", [{"host": "a", "port": "1"}, {"host": "b", "port": "2"}]),
        ("host=a,b port=,2", [{"host": "a"}, {"host": "b", "port": "2"}]),
        ("hostaddr=1.1.1.1,::1", [{"hostaddr": "1.1.1.1"}, {"hostaddr": "::1"}]),
        (
            "host=a,b hostaddr=1.1.1.1,::1",
            [{"host": "a", "hostaddr": "1.1.1.1"}, {"host": "b", "hostaddr": "::1"}],
        ),
        (
            "host=a,b user=u target_session_attrs=primary load_balance_hosts=random",
            [{"host": "a", "user": "u"}, {"host": "b", "user": "u"}],
        ),
    ],
)
def test_each_host_has_a_string_of_its_own(url, servers):
    """With the port and the address of its place, and what holds for all."""
    assert [conninfo_to_dict(server) for server in split(url)] == servers


@pytest.mark.parametrize(
    ("url", "count", "key", "found"),
    [
        ("host=a,b,c port=1,2", 3, "port", 2),
        ("host=a,b hostaddr=1.1.1.1", 2, "hostaddr", 1),
        ("host=a hostaddr=1.1.1.1,::1", 2, "host", 1),
    ],
)
def test_what_is_not_said_of_each_host(url, count, key, found):
    """It is refused, as libpq would, and not guessed."""
    with pytest.raises(ConfigError) as caught:
        split(url)
    assert str(caught.value) == (
        f"The URL names {count} servers, and {key} of {found}.\n"
        f"Give {key} of each; one port may be that of all."
    )


@pytest.mark.parametrize(
    ("attributes", "lets"),
    [
        (None, False),
        ("any", False),
        ("read-write", False),
        ("primary", False),
        ("standby", True),
        ("prefer-standby", True),
        ("read-only", True),
    ],
)
def test_whether_libpq_is_to_choose(attributes, lets):
    """It is where the URL asks for something else than the server that takes writes."""
    asked = f" target_session_attrs={attributes}" if attributes else ""
    assert lets_libpq_choose(f"host=a,b{asked}") is lets


def test_read_only_is_added_to_the_options():
    """What the URL sets stays."""
    found = conninfo_to_dict(read_only("host=a options='-c work_mem=1MB'"))
    assert found == {
        "host": "a",
        "options": "-c work_mem=1MB -c default_transaction_read_only=on",
    }
