"""A throw-away server for tests and benchmarks, with the launch code of the real one."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from sqlwright.server.installation import find_installation
from sqlwright.server.place import place_in
from sqlwright.server.service import Running, bring_up, take_down

__all__ = ["temporary_server"]

_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def temporary_server(
    folder: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A server that is fast, forgets what a crash leaves, and goes with the block and its data.

    Its data lie in `folder`, else in a new folder below the system's temporary one. Prefer that
    under root: the account that runs the server can't enter pytest's `tmp_path`. `settings` are
    PostgreSQL's own.

    Raises:
        ServerError: it can't be started; the message says why.
    """
    home = folder.resolve() if folder else _new_folder()
    installation = find_installation(os.environ if environ is None else environ)
    place = place_in(home, name="temporary", installation=installation)
    try:
        yield bring_up(place, settings={**_FORGETFUL, **(settings or {})}, sync=False)
    finally:
        take_down(place, how=signal.SIGQUIT)
        for made in (place.socket, place.data if folder else home):
            rmtree(made, ignore_errors=True)


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sqlwright-")).resolve()
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account that runs the server must enter it
    return folder
