"""Whose scores the desk reads, and from which intensity a cause counts as tagged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desk.settings import Settings
from errors import SettingsError, closest
from model.causes import Cause, known_causes
from model.scorer import Labels


@dataclass(frozen=True, slots=True)
class Scoring:
    """Whose scores are read, and from which intensity a cause counts as tagged.

    Args:
        version: the model's version.
        thresholds: cause name to threshold in [0, 1], in the order to show.
        causes: the model's causes with their titles and definitions, in that order.
    """

    version: str
    thresholds: Mapping[str, float]
    causes: tuple[Cause, ...]

    @property
    def titles(self) -> dict[str, str]:
        """Cause name to its title for people."""
        return {cause.name: cause.title for cause in self.causes}

    @property
    def definitions(self) -> dict[str, str]:
        """Cause name to the sentence that says what it means, for those that have one."""
        return {cause.name: cause.definition for cause in self.causes if cause.definition}

    @classmethod
    def of(cls, model: Labels, settings: Settings) -> Scoring:
        """Take a model's own, with the thresholds of the settings in their place.

        Raises:
            SettingsError: a threshold for a cause that the model does not have.
        """
        own = dict(zip(model.causes, model.thresholds, strict=True))
        for name in settings.model.thresholds:
            if name not in own:
                raise SettingsError(
                    f"model.thresholds.{name}: the model {model.version} has no such cause",
                    guess(name, own),
                )
        described = getattr(model, "described", None) or known_causes(model.causes)
        return cls(model.version, own | dict(settings.model.thresholds), described)


def guess(name: str, known: Iterable[str]) -> str:
    """Say which name may have been meant, as a remedy."""
    known = list(known)
    if meant := closest(name, known):
        return f"did you mean {meant}?"
    return f"take {' or '.join(known)}" if known else "the settings name none"
