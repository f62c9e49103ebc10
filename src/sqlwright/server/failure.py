"""Why PostgreSQL did not start, from what it printed, and what to do about it."""

from __future__ import annotations

import re
import shutil

from sqlwright.server.place import Place

__all__ = ["ORPHANS", "reason_in", "what_to_do"]

_TELLING = re.compile(r"(?:FATAL|PANIC|initdb: error|error while loading shared libraries): *(.*)")
ORPHANS = "pre-existing shared memory block"
_LAST_LINES = 3
_FULL = "No space left on device"
_NEARLY_FULL = 64 * 1024


def reason_in(output: str) -> str:
    """The lines that say what went wrong; else the last ones; else nothing."""
    telling = [match[1].strip() for match in map(_TELLING.search, output.splitlines()) if match]
    lines = telling or [line.strip() for line in output.splitlines() if line.strip()]
    return "; ".join(dict.fromkeys(lines[-_LAST_LINES:]))


def what_to_do(output: str, place: Place) -> str | None:
    """The next step, if the failure is one that we know."""
    if _FULL in output or _disk_is_full(place):
        return f"Make room on the disk that holds {place.home}, then run the command again."
    if "could not bind" in output or "could not create any TCP/IP sockets" in output:
        return "Choose another TCP port, or end the program that has this one."
    if "unrecognized configuration parameter" in output or "invalid value for" in output:
        return f"Mend the setting; those of the server are in {place.data / 'postgresql.conf'}."
    if "has invalid permissions" in output:
        return f"Run chmod 700 {place.data}."
    if ORPHANS in output:
        return "Processes of a server that was killed still run: wait until they end, or end them."
    return None


def _disk_is_full(place: Place) -> bool:
    """A full disk may have no room for the log line that says so."""
    try:
        return shutil.disk_usage(place.home).free < _NEARLY_FULL
    except OSError:
        return False
