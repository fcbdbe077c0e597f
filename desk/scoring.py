"""Whose scores the desk reads, and from which intensity a cause counts as tagged."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desk.settings import Settings
from errors import SettingsError
from model.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Scoring:
    """Whose scores are read, and from which intensity a cause counts as tagged.

    Args:
        version: the model's version.
        thresholds: cause name to threshold in [0, 1], in the order to show.
    """

    version: str
    thresholds: Mapping[str, float]

    @classmethod
    def of(cls, tagger: Scorer, settings: Settings) -> Scoring:
        """Take a tagger's own, with the thresholds of the settings in their place.

        Raises:
            SettingsError: a threshold for a cause that the model does not have.
        """
        own = dict(zip(tagger.causes, tagger.thresholds, strict=True))
        for name in settings.model.thresholds:
            if name not in own:
                raise SettingsError(
                    f"model.thresholds.{name}: the model {tagger.version} has no such cause",
                    guess(name, own),
                )
        return cls(tagger.version, own | dict(settings.model.thresholds))


def guess(name: str, known: Iterable[str]) -> str:
    """Say which name may have been meant, as a remedy."""
    by_lower = {one.lower(): one for one in known}
    known = list(by_lower.values())
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"did you mean {by_lower[close[0]]}?" if close else f"there are {', '.join(known)}"
