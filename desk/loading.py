"""Loads what the settings name: the tagger, or no more of it than reading scores takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.scoring import Scoring
from desk.settings import Settings
from model.meta import model_folder, read_profile

if TYPE_CHECKING:
    from model.tagger import Tagger


def load_tagger(settings: Settings, model: str | None = None) -> Tagger:
    """Load the model that an option names, else the settings', else the shipped one.

    Thresholds of the settings are put in the place of its own.

    Raises:
        ModelError: it cannot be loaded.
        SettingsError: see `Scoring.of`.
    """
    from model.tagger import Tagger  # noqa: PLC0415 (torch, for those who tag)

    tagger = Tagger.from_pretrained(model or settings.model.path, kernel=settings.model.kernel)
    return tagger.with_thresholds(Scoring.of(tagger, settings).thresholds.values())


def load_scoring(settings: Settings, model: str | None = None) -> Scoring:
    """Say how the scores of the same model are read, without loading its weights.

    Raises:
        ModelError: there is no such model.
        SettingsError: see `Scoring.of`.
    """
    return Scoring.of(read_profile(model_folder(model or settings.model.path)), settings)
