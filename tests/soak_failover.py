"""Fails over again and again, and says how long each took and what became of the writes.

    python tests/soak_failover.py --times 20

It ends with exit 1 if an acknowledged write was lost, or one was made twice or on the old primary,
or if it took more than 5 seconds from a promotion to the first write.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from failover import Failover, fail_over

MOST_SECONDS = 5.0
MOST_DEAD = 8.0  # from a kill to the promotion: as long as it takes somebody to notice


def main() -> None:
    """Fails over as often as it is told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="to repeat")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    choice = random.Random(options.seed)
    came = []
    for number in range(1, options.times + 1):
        came.append(fail_over(warm_up=choice.randint(50, 1000), dead=choice.uniform(0, MOST_DEAD)))
        print(f"{number:3}  {line(came[-1])}", flush=True)  # noqa: T201
    print(summary(came))  # noqa: T201
    sys.exit(any(each.did_harm or each.back > MOST_SECONDS for each in came))


def line(came: Failover) -> str:
    """One failover."""
    return (
        f"back {came.back:4.2f} s after a promotion of {came.promotion:4.2f} s,"
        f" {came.outage:4.2f} s after the kill;"
        f" {came.acknowledged:,} acknowledged, {came.after:,} of them after it, {came.lost} lost,"
        f" {came.repeated} twice, {came.strangers} untold, {came.astray} astray,"
        f" {came.refused} refused; {came.unknown} unknown, {came.unknown_there} of them there"
    )


def summary(came: list[Failover]) -> str:
    """All of them."""
    back = sorted(each.back for each in came)
    return (
        f"{len(came)} failovers: back {back[0]:.2f} to {back[-1]:.2f} s after the promotion,"
        f" in the middle {back[len(back) // 2]:.2f} s;"
        f" {sum(each.acknowledged for each in came):,} writes acknowledged,"
        f" {sum(each.lost for each in came)} lost"
    )


if __name__ == "__main__":
    main()
