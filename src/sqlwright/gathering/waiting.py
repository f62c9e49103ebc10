"""The calls that wait: a queue for each function, and whose turn it is.

Each function has its turn, and in it its oldest calls go: what many ask for does not stand in the
way of what few do.
"""

from __future__ import annotations

from collections import deque

from sqlwright.gathering.flights import Call, fail
from sqlwright.queries.statement import Statement

__all__ = ["Waiting"]


class Waiting:
    """Calls by function, in the order that they came; `number` of them in all."""

    def __init__(self) -> None:
        self.number = 0
        self._queues: dict[Statement, deque[Call]] = {}
        self._turns: deque[Statement] = deque()

    def add(self, call: Call) -> None:
        """Takes a call in, behind those of its function."""
        statement = call.call[0]
        queue = self._queues.get(statement)
        if queue is None:
            self._queues[statement] = deque((call,))
            self._turns.append(statement)
        else:
            queue.append(call)
        self.number += 1

    def take(self, *, most: int, hands: int) -> list[Call]:
        """The oldest calls of the function whose turn it is: a share, of so many that are free.

        Those that nobody waits for any more are left out.
        """
        statement = self._turns.popleft()
        queue = self._queues[statement]
        share = -(-len(queue) // hands)
        taken = [queue.popleft() for _ in range(min(share, most))]
        self.number -= len(taken)
        if queue:
            self._turns.append(statement)
        else:
            del self._queues[statement]
        return [call for call in taken if not call.answer.done()]

    def fail(self, error: Exception) -> None:
        """Tells all of them of an error, and lets them go."""
        for queue in self._queues.values():
            fail(queue, error)
        self._queues.clear()
        self._turns.clear()
        self.number = 0
