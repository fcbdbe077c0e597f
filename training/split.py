"""Which labelled rows are fitted, which calibrate, and which test.

Ours are parted by writers' batches, as the recipe says. Other rows are parted by a hash of their titles, so
that no title is in two parts, and stratified, so that every cause that has rows enough has some with it and
some without it in each part: the same rows give the same parts in any order. Source of the stratifying:
Sechidis, Tsoumakas and Vlahavas (2011), On the stratification of multi-label data.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from training.corpus import LabelledHeadline, split_batches
from training.recipe import CALIBRATION_BATCHES, HELD_BATCHES, TEST_BATCHES

HELD_SHARE = 0.15  # of the rows with a cause, and of those without it, to each held part
LEAST = 5  # titles with a cause, and as many without it: three to fit, one for each held part

Part = Literal["fit", "calibration", "test"]
_HELD: tuple[Part, ...] = ("calibration", "test")
Stratum = tuple[str, bool]  # a cause, and whether rows carry it


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to fit, rows to calibrate on, rows to test on; no row in two of them."""

    fit: list[LabelledHeadline]
    calibration: list[LabelledHeadline]
    test: list[LabelledHeadline]

    def parts(self) -> dict[Part, list[LabelledHeadline]]:
        """Return the parts by name."""
        return {"fit": self.fit, "calibration": self.calibration, "test": self.test}


def title_key(title: str) -> str:
    """Return what titles have in common that differ by case, marks and white space alone."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return " ".join(re.findall(r"\w+", plain)) or plain


def split_by_batch(rows: Sequence[LabelledHeadline]) -> Split:
    """Part our own rows as the recipe says."""
    fit, held = split_batches(rows, HELD_BATCHES)
    return Split(fit, split_batches(held, CALIBRATION_BATCHES)[1], split_batches(held, TEST_BATCHES)[1])


def split_by_title(rows: Sequence[LabelledHeadline], beside: Split | None = None) -> Split:
    """Part any rows by their titles.

    Args:
        rows: in any order.
        beside: rows that are parted already and go with these; a title that stands there stays in its part.
    """
    groups: dict[str, list[LabelledHeadline]] = defaultdict(list)
    for row in rows:
        groups[title_key(row.title)].append(row)
    parts = _dealt(_strata(groups), _known(groups, beside))
    chosen: dict[Part, list[LabelledHeadline]] = {"fit": [], "calibration": [], "test": []}
    for row in rows:
        chosen[parts.get(title_key(row.title), "fit")].append(row)
    return Split(**chosen)


def _strata(groups: Mapping[str, Sequence[LabelledHeadline]]) -> list[list[str]]:
    """Return the titles with each cause and those judged without it, rarest first, in the hash's order."""
    strata: dict[Stratum, list[str]] = defaultdict(list)
    for key in sorted(groups, key=_hash):
        found = {(cause, cause in row.labels) for row in groups[key] for cause in row.judged}
        for stratum in found:
            strata[stratum].append(key)
    return [strata[name] for name in sorted(strata, key=lambda name: (len(strata[name]), name))]


def _dealt(strata: Sequence[Sequence[str]], parts: dict[str, Part]) -> dict[str, Part]:
    """Give each held part its share of every stratum; one too small for that is all fitted."""
    for keys in strata:
        share = max(1, round(HELD_SHARE * len(keys))) if len(keys) >= LEAST else 0
        free = [key for key in keys if key not in parts]
        for part in _HELD:
            missing = max(0, share - sum(parts.get(key) == part for key in keys))
            parts |= dict.fromkeys(free[:missing], part)
            free = free[missing:]
    return parts


def _known(groups: Collection[str], beside: Split | None) -> dict[str, Part]:
    if beside is None:
        return {}
    keys: dict[str, Part] = {
        title_key(row.title): part for part, rows in beside.parts().items() for row in rows
    }
    return {key: keys[key] for key in groups if key in keys}


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
