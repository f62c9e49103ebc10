"""What a command says beside its results: to stderr, so that a pipe gets the results alone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, TypeAlias

import typer

from sqlwright.cli import INTERRUPTED

__all__ = [
    "INTERRUPTED",
    "Progress",
    "asked_to_stop",
    "ignore",
    "interruptible",
    "progress",
    "refuse",
    "talk",
]

_STOPPED = (signal.SIGTERM, signal.SIGHUP)
# What is at work, its number from 1, and of how many.
Progress: TypeAlias = Callable[[str, int, int], None]


def talk(line: str) -> None:
    """Says it at once."""
    print(line, file=sys.stderr, flush=True)


def ignore(_: object) -> None:
    """Says nothing: JSON is printed at the end."""


def refuse(what: str, lines: Sequence[str]) -> NoReturn:
    """Says what a command would do, for want of `--yes`, and stops."""
    talk("\n".join([f"This would {what}:", *(f"  {line}" for line in lines)]))
    talk("Nothing was changed. Add --yes to do it.")
    raise typer.Exit(2)


@contextmanager
def interruptible(line: str) -> Iterator[None]:
    """Says on Ctrl-C what became of the work, and ends the command.

    So it does where a service is stopped or a terminal is closed, unless `nohup` forbids.
    """
    stop = signal.default_int_handler
    ours = [one for one in _STOPPED if signal.getsignal(one) is signal.SIG_DFL]
    before = {one: signal.signal(one, stop) for one in ours}
    try:
        yield
    except KeyboardInterrupt:
        talk(line)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C asks for an end between two batches, a second one ends the batch too."""
    asked = False

    def ask(_number: int, _frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar with what is at work, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress as Bar

    console, redirect = Console(stderr=True), sys.stdout.isatty()
    with Bar(console=console, transient=True, redirect_stdout=redirect) as bar:
        task = bar.add_task("", total=None)

        def step(name: str, number: int, total: int) -> None:
            bar.update(
                task, description=escape(name), completed=number - 1, total=total, refresh=True
            )

        yield step
