"""Loads what the settings name: the tagger."""

from __future__ import annotations

from desk.settings import Settings
from model.tagger import Tagger


def load_tagger(settings: Settings, model: str | None = None) -> Tagger:
    """Load the model that an option names, else the settings', else the one that ships.

    Raises:
        ModelError: it cannot be loaded.
    """
    return Tagger.from_pretrained(model or settings.model.path, kernel=settings.model.kernel)
