"""How far a step is: told as how many are done, of how many."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

Advance = Callable[[int, int], None]  # done, total


def one_by_one(advance: Advance, total: int) -> Callable[[object], None]:
    """Give what is called after each of `total` things, whichever it is, and tells how many are done."""
    done = count(1)
    return lambda _: advance(next(done), total)
