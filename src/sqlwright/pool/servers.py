"""Takes a connection string with several hosts apart: one string for each server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sqlwright.errors import ConfigError

__all__ = ["QUICK", "lets_libpq_choose", "read_only", "split"]

# A server that is gone is left for another one within seconds, not within a minute.
QUICK = {
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_OF_A_HOST = ("host", "hostaddr", "port")
_WRITES = {None, "", "any", "read-write", "primary"}


def split(conninfo: str) -> list[str]:
    """A string for each host, in their order; libpq's own choice among them is taken out.

    Raises:
        ConfigError: there are not as many ports or addresses as hosts.
    """
    known = conninfo_to_dict(conninfo)
    lists = {key: str(known[key]).split(",") for key in _OF_A_HOST if known.get(key)}
    count = max((len(lists[key]) for key in ("host", "hostaddr") if key in lists), default=1)
    for key, values in lists.items():
        if 1 < count != len(values) and (key != "port" or len(values) > 1):
            raise ConfigError(
                f"The URL names {count} servers, and {key} of {len(values)}.",
                hint=f"Give {key} of each; one port may be that of all.",
            )
    rest = {
        key: value
        for key, value in known.items()
        if key not in {*_OF_A_HOST, "target_session_attrs", "load_balance_hosts"}
    }
    return [make_conninfo("", **rest, **_of_host(lists, number)) for number in range(count)]


def _of_host(lists: Mapping[str, list[str]], number: int) -> dict[str, str]:
    """What is said of one host; one port is that of all."""
    found = {key: values[number if len(values) > 1 else 0] for key, values in lists.items()}
    return {key: value for key, value in found.items() if value}


def lets_libpq_choose(conninfo: str) -> bool:
    """Whether it asks libpq for something else than the server that takes writes."""
    return _attributes(conninfo).get("target_session_attrs") not in _WRITES


def read_only(conninfo: str) -> str:
    """The same server, where every transaction is read only unless it says otherwise."""
    known = _attributes(conninfo)
    options = f"{known.get('options') or ''} -c default_transaction_read_only=on"
    return make_conninfo("", **{**known, "options": options.strip()})


def _attributes(conninfo: str) -> dict[str, Any]:
    return dict(conninfo_to_dict(conninfo))
