"""Counting what became of the rows: a `Tally` for each shard, a `ScoreReport` for the whole run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of some rows.

    Args:
        rows: all of them.
        errors: kind of error to how many rows have it; withheld rows are not among them.
        withheld: rows in a language that the model does not know.
        duplicates: scored rows whose text an earlier row of the same shard has.
    """

    rows: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    withheld: int = 0
    duplicates: int = 0

    @property
    def scored(self) -> int:
        """Rows that have scores."""
        return self.rows - self.withheld - sum(self.errors.values())

    def __add__(self, other: Tally) -> Tally:
        kinds = sorted({*self.errors, *other.errors})
        return Tally(
            rows=self.rows + other.rows,
            errors={kind: self.errors.get(kind, 0) + other.errors.get(kind, 0) for kind in kinds},
            withheld=self.withheld + other.withheld,
            duplicates=self.duplicates + other.duplicates,
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, `errors` sorted by kind; `from_json` is the way back."""
        return {
            "rows": self.rows,
            "scored": self.scored,
            "errors": dict(sorted(self.errors.items())),
            "withheld": self.withheld,
            "duplicates": self.duplicates,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `as_json` made.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        return cls(
            rows=int(raw["rows"]),
            errors={str(kind): int(count) for kind, count in raw["errors"].items()},
            withheld=int(raw["withheld"]),
            duplicates=int(raw["duplicates"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """How a run of `score_archive` went.

    Args:
        rows: rows in the output, one for each row of the input.
        scored: rows that have scores.
        errors: kind of error to the number of its rows.
        withheld: rows in a language that the model does not know.
        duplicates: scored rows whose text an earlier row of the same shard has; each text is computed once.
        resumed_rows: rows of `rows` that an earlier, interrupted run had finished.
        seconds: wall time of this run.
    """

    rows: int
    scored: int
    errors: Mapping[str, int]
    withheld: int
    duplicates: int
    resumed_rows: int
    seconds: float

    @classmethod
    def of(cls, tally: Tally, *, resumed_rows: int, seconds: float) -> Self:
        """Make a report of the sum of all shards."""
        return cls(
            rows=tally.rows,
            scored=tally.scored,
            errors=tally.errors,
            withheld=tally.withheld,
            duplicates=tally.duplicates,
            resumed_rows=resumed_rows,
            seconds=seconds,
        )

    def words(self) -> str:
        """Say it in one line."""
        errors = "; ".join(f"{count:,} {kind}" for kind, count in self.errors.items())
        counts = f"{self.rows:,} rows, {self.scored:,} scored, {self.withheld:,} withheld, "
        counts += f"{sum(self.errors.values()):,} errors" + (f" ({errors})" if errors else "")
        counts += f", {self.duplicates:,} duplicates"
        resumed = f", {self.resumed_rows:,} rows done before" if self.resumed_rows else ""
        return f"{counts}; {self.seconds:,.1f} s, {self.rows_per_second:,.0f} rows/s{resumed}"

    @property
    def rows_per_second(self) -> float:
        """Rows that this run itself went through, a second of wall time."""
        return (self.rows - self.resumed_rows) / self.seconds if self.seconds else 0.0
