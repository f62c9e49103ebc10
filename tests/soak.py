"""Breaks migrations off at random points for as long as it is told, and says how many it tried.

What ends is the process, the network, the server process or the whole server.

    python tests/soak.py --seconds 600

The seed is printed first: with `--seed` the same points come again, in the same order.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import crash
from crash import APPLY, KINDS, ROLLBACK, VERSIONS, Crash, Trials

_RACE = "eight at once, some killed"
# A round that a command does not come to is tried too: there the crash comes after its end.
_LAST_ROUND = 50


def main() -> None:
    """Runs until the time is over, or a crash did harm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="for how long")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="to repeat")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    with ExitStack() as stack:
        trials = {
            name: _open(stack, binaries)
            for name, binaries in VERSIONS.items()
            if binaries is None or binaries.is_dir()
        }
        tried = _soak(trials, random.Random(options.seed), options.seconds)
    _print(tried)


def _open(stack: ExitStack, binaries: Path | None) -> Trials:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sqlwright-soak-")))
    server = stack.enter_context(crash.mortal_server(binaries))
    return stack.enter_context(crash.trials(server, crash.write_project(folder)))


def _soak(trials: dict[str, Trials], choice: random.Random, seconds: float) -> Counter[str]:
    tried: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        version, kind = choice.choice(list(trials)), choice.choice([*KINDS, _RACE])
        line = choice.choice([APPLY, ROLLBACK])
        point = Crash(
            kind=kind,
            round=choice.randint(1, _LAST_ROUND),
            passed=choice.choice([0, 1, choice.random()]),
        )
        try:
            if kind == _RACE:
                trials[version].survive_a_race(line, choice)
            else:
                trials[version].survives(point, line)
        except AssertionError as error:
            _print(tried)
            sys.exit(f"{version}, {line}: {point}\n{error}")
        tried[f"{version} {line.split()[0]:8} {kind}"] += 1
    return tried


def _print(tried: Counter[str]) -> None:
    for what, times in sorted(tried.items()):
        print(f"{times:6} {what}")  # noqa: T201
    print(f"{tried.total():6} crashes")  # noqa: T201


if __name__ == "__main__":
    main()
