"""Stands between a client and PostgreSQL, counts what the client sends, and strikes at one place.

A client's messages are counted in rounds: what it sends before it waits for an answer. With one
strike at each round, before it is passed on, within it and after, every point of a command is had.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_ENDS_A_ROUND = b"QSX"  # query, sync, terminate
_START = struct.Struct("!i")
_MESSAGE = struct.Struct("!ci")
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass
class Proxy:
    """Listens on a loopback port for as long as a block, and passes on what comes.

    Attributes:
        upstream: The server's Unix socket.
        at: The round at which `strike` is called, from 1; 0 never.
        passed: Which share of that round's bytes is passed on first, from 0 to 1.
        strike: What happens there; the connection is cut afterwards.
        rounds: How many rounds were counted, over all connections.
    """

    upstream: Path
    at: int = 0
    passed: float = 0
    strike: Callable[[], object] = lambda: None
    rounds: int = 0
    _listener: socket.socket = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list)
    _sockets: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for end in [self._listener, *self._sockets]:
            _close(end)
        for thread in self._threads:
            thread.join(10)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._listener.getsockname()[1]

    def url(self, database: str) -> str:
        """The URL of a database behind it; what is counted is not encrypted."""
        plain = "sslmode=disable&gssencmode=disable"
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}?{plain}"

    def cut(self) -> None:
        """Cuts all connections, now."""
        for end in self._sockets:
            _reset(end)

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=_quietly, args=(run, *arguments), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.socket(socket.AF_UNIX)
            self._sockets += [client, server]
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.connect(str(self.upstream))
            self._start(self._forward, client, server)
            self._start(_pump, server, client)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Passes the client's rounds on, one by one."""
        try:
            server.sendall(_read_start(client))
            while sent := _read_round(client):
                self.rounds += 1
                if self.rounds != self.at:
                    server.sendall(sent)
                    continue
                server.sendall(sent[: round(len(sent) * self.passed)])
                self.strike()
                return
        finally:
            _reset(client)
            _close(server)


def _read_start(client: socket.socket) -> bytes:
    """The first message of a connection, which has a length and no type."""
    head = _read(client, _START.size)
    return head + _read(client, _START.unpack(head)[0] - _START.size)


def _read_round(client: socket.socket) -> bytes:
    """Messages up to one that is waited on; a password's is a round of its own."""
    read = b""
    while True:
        head = _read(client, _MESSAGE.size)
        kind, length = _MESSAGE.unpack(head)
        read += head + _read(client, length - _START.size)
        if kind in _ENDS_A_ROUND or kind == b"p":
            return read


def _read(end: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        got = end.recv(size - len(read))
        if not got:
            raise ConnectionError
        read += got
    return read


def _pump(server: socket.socket, client: socket.socket) -> None:
    try:
        while got := server.recv(65536):
            client.sendall(got)
    finally:
        _reset(client)


def _reset(end: socket.socket) -> None:
    """As a network cuts: the other side gets a reset, and no farewell."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    _close(end)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _quietly(run: Callable[..., None], *arguments: object) -> None:
    """The end of a connection ends its thread, whichever side it came from."""
    with suppress(OSError):
        run(*arguments)
