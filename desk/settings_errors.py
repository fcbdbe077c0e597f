"""From a validator's report to one line that a person can act on.

causewire.toml:17: baseline.sessions: 0 should be greater than 0; correct it, or leave it out for 20
causewire.toml:9: feeds.exlude is not known; did you mean `exclude`?
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from desk.toml_lines import line_of
from errors import SettingsError, closest

Overridden = Mapping[tuple[str, ...], str]


def first_error(
    error: ValidationError, root: type, text: str, path: Path | None, overridden: Overridden
) -> SettingsError:
    """Return the error that stands first in the file, with a count of the others.

    Args:
        error: the validator's report.
        root: the dataclass that was validated.
        text: the file's text.
        path: the file, or None where there is none.
        overridden: key paths that environment variables set.
    """
    placed = [(_place(detail, text, path, overridden), detail) for detail in error.errors(include_url=False)]
    (_, where), detail = min(placed, key=lambda item: item[0][0])
    what, remedy = _words(detail, root)
    more = f" (and {len(placed) - 1} more)" if len(placed) > 1 else ""
    return SettingsError(f"{where}{what}{more}", remedy)


def dotted(path: tuple[str | int, ...]) -> str:
    """Return `feeds.own[2].url` for ('feeds', 'own', 2, 'url')."""
    words = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return words.removeprefix(".")


def _place(detail: ErrorDetails, text: str, path: Path | None, overridden: Overridden) -> tuple[int, str]:
    keys = _keys(detail)
    for key, variable in overridden.items():
        if keys[: len(key)] == key:
            return 0, f"environment variable {variable}: "
    line = line_of(text, keys)
    return line or 0, f"{path}:{line}: " if line else (f"{path}: " if path else "")


def _keys(detail: ErrorDetails) -> tuple[str | int, ...]:
    return tuple(key for key in detail["loc"] if key != "[key]")


def _words(detail: ErrorDetails, root: type) -> tuple[str, str]:
    keys = _keys(detail)
    owner = _dataclass_at(root, keys[:-1])
    names = [field.name for field in dataclasses.fields(owner)] if owner else []
    name = dotted(keys)
    if detail["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        meant = closest(str(keys[-1]), names)
        remedy = f"did you mean `{meant}`?" if meant else f"known here are {', '.join(names)}"
        return f"{name} is not known", remedy
    if detail["type"] in {"missing", "missing_argument", "missing_keyword_only_argument"}:
        return f"{name} is missing", f"add `{keys[-1]} = ...`"
    said = detail["msg"].removeprefix("Value error, ")
    said = said.replace("Input should be", "should be").replace("Input should", "should")
    shown = repr(detail["input"]) if isinstance(detail["input"], str | int | float) else ""
    return f"{name}: {shown}{' ' if shown else ''}{said}", _default_remedy(owner, keys)


def _default_remedy(owner: type | None, keys: tuple[str | int, ...]) -> str:
    for field in dataclasses.fields(owner) if owner else ():
        if field.name == keys[-1] and isinstance(field.default, str | int | float | bool | Path):
            return f"correct it, or leave it out for {field.default}"
    return "correct it, or take it out"


def _dataclass_at(root: type, keys: tuple[str | int, ...]) -> type | None:
    """Return the dataclass that holds the keys below `keys`, or None where a mapping or a value does."""
    current: Any = root
    for key in keys:
        if dataclasses.is_dataclass(current):
            hints = typing.get_type_hints(current)
            if key not in hints:
                return None
            current = hints[str(key)]
        else:  # Mapping[str, X] or tuple[X, ...]: X
            arguments = [item for item in typing.get_args(current) if item is not Ellipsis]
            if not arguments:
                return None
            current = arguments[-1]
    return current if dataclasses.is_dataclass(current) and isinstance(current, type) else None
