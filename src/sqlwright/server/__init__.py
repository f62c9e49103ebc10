"""The embedded PostgreSQL server: one for each project, started on demand, private to its user."""

from sqlwright.server.embedded import Status, server_url, start, status, stop
from sqlwright.server.installation import Installation, find_installation
from sqlwright.server.place import Place, place_of
from sqlwright.server.service import Running
from sqlwright.server.temporary import temporary_server

__all__ = [
    "Installation",
    "Place",
    "Running",
    "Status",
    "find_installation",
    "place_of",
    "server_url",
    "start",
    "status",
    "stop",
    "temporary_server",
]
