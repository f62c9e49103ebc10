"""Runs the benchmarks: `python -m bench`, or `make bench`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from bench import (
    bulk_reads,
    bulk_writes,
    callers,
    claims,
    migrations,
    page,
    points,
    reads,
    starts,
    unit_of_work,
)
from bench import calls as of_calls
from bench.place import Place, place
from bench.results import Table, as_document

__all__ = ["CALLS", "NAMES", "main"]

CALLS = {
    calls.name: calls
    for module in (points, unit_of_work, reads, bulk_reads, bulk_writes)
    for calls in module.TABLES
}
_CALLERS = {"callers": callers.measure, "callers-insert": callers.measure_writes}
NAMES = (*CALLS, *_CALLERS, "claims", "starts", *migrations.TABLES)
# Minutes of whole commands, which `--quick` leaves out.
_SLOW = ("apply-500", "prove", "up")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what is asked for, and shows it; each table is kept as soon as it is there."""
    given = _parser().parse_args(arguments)
    wanted = given.only or [name for name in NAMES if not (given.quick and name in _SLOW)]
    names = [name for name in NAMES if name in wanted]  # rows are read before they are written
    tables: list[Table] = []
    try:
        for table, version in _measured(names, quick=given.quick, alone=given.alone):
            tables.append(table)
            if not given.quick:
                page.keep(table, version)
    except KeyboardInterrupt:
        print(f"Stopped after {len(tables)} of {len(names)} tables.", file=sys.stderr)
        return 128 + signal.SIGINT
    if given.json:
        documents = [as_document(table) for table in tables]
        print(json.dumps(documents, indent=2, ensure_ascii=False))
    else:
        print("\n".join(page.render(table) for table in tables))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures what is promised beside what others do; keeps bench/results.json and"
        " docs/benchmarks.md.",
        epilog="Example: python -m bench --only select --only insert",
    )
    parser.add_argument(
        "--only", action="append", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="see in a minute that all of it runs; keeps nothing"
    )
    parser.add_argument(
        "--alone", action="store_true", help="keep other programs off the CPU (as root)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    return parser


def _measured(names: Sequence[str], *, quick: bool, alone: bool) -> Iterator[tuple[Table, str]]:
    """Each table, and the server's version; the server is started for the first that wants it."""
    with ExitStack() as stack:
        opened: list[Place] = []

        def here() -> Place:
            if not opened:
                _talk("making a server, and rows")
                rows, events = (1000, 2000) if quick else (20_000, 100_000)
                opened.append(stack.enter_context(place(rows=rows, events=events)))
            return opened[0]

        for number, name in enumerate(names, start=1):
            run = _ways(name, here, quick=quick, alone=alone)
            _talk(f"{number} of {len(names)}: {name}")
            began = time.perf_counter()
            table = run()
            _talk(f"{number} of {len(names)}: {name}, {time.perf_counter() - began:.1f} s")
            yield table, opened[0].version if opened else ""


def _ways(name: str, here: Callable[[], Place], *, quick: bool, alone: bool) -> Callable[[], Table]:
    """How a table is measured."""
    if name in CALLS:
        rounds = 1 if quick else 21
        return lambda: of_calls.measure(here(), CALLS[name], rounds=rounds, alone=alone)
    if name in _CALLERS:
        seconds, rounds = (0.3, 1) if quick else (1.5, 3)
        return lambda: _CALLERS[name](here(), seconds=seconds, rounds=rounds)
    if name == "claims":
        seconds, jobs = (0.3, 5000) if quick else (2, 60_000)
        return lambda: claims.measure(here(), seconds=seconds, rounds=1, jobs=jobs)
    if name == "starts":
        return lambda: starts.measure(rounds=1 if quick else 15)
    return lambda: migrations.TABLES[name](1 if quick else 7)


def _talk(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
