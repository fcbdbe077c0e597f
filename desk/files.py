"""Text into a file that someone named."""

from __future__ import annotations

from pathlib import Path

from errors import SettingsError

_REMEDY = "name a file that can be written"


def write_text(path: Path, text: str, *, remedy: str = _REMEDY, folders: bool = False) -> None:
    """Write a file in UTF-8, over what is there; with `folders` make the folders that it lies in.

    Raises:
        SettingsError: it cannot be written; ends with the remedy.
    """
    try:
        if folders:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", remedy) from error
