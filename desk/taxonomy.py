"""A file of causes of one's own, for training: names, titles and what they mean.

    [[causes]]
    name = "supply_chain"                  # as in labels and columns
    title = "Supply chain"                 # for people; made from the name where missing
    description = "Shortages, transport, ports, stocks of parts, suppliers that fail."

One of our own causes may be named as well, for rows that were judged for it too; it keeps its title and
description unless the file says others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    with_config,
)

from desk.settings import parse_toml, read_toml
from desk.settings_errors import first_error
from desk.toml_lines import line_of
from errors import SettingsError
from model.causes import CAUSE_NAMES, Cause, known_causes

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Columns that stand beside the causes' own in a scored or a labelled table.
_TAKEN = ("causes", "error", "model_version", "title", "summary", "labels", "judged", "id", "text")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("is no name: a small letter, then small letters, digits and _, 40 at most")
    if value in _TAKEN:
        raise ValueError("is the name of a column")
    return value


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _tables(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError("is no list: head each cause with [[causes]]")  # noqa: TRY004 (pydantic asks for it)
    return value


Line = Annotated[str, AfterValidator(_one_line), Field(max_length=400)]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCause:
    """One cause of the file."""

    name: Annotated[str, AfterValidator(_name)]
    title: Line = ""
    description: Line = ""

    def __post_init__(self) -> None:
        """Ask for what a cause means, unless it is ours; the validator turns ValueError into its report."""
        if not self.description and self.name not in CAUSE_NAMES:
            raise ValueError(f"{self.name} has no description")

    def to_cause(self) -> Cause:
        """Return it as the model has it."""
        (known,) = known_causes((self.name,))
        return Cause(self.name, self.title or known.title, self.description or known.definition)


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """The whole file."""

    causes: Annotated[tuple[OwnCause, ...], BeforeValidator(_tables)]


def read_taxonomy(path: Path) -> tuple[Cause, ...]:
    """Read a file of causes, in its order.

    Raises:
        SettingsError: naming file, line and key, and the remedy.
    """
    text = read_toml(path)
    try:
        taxonomy = TypeAdapter(Taxonomy).validate_python(parse_toml(text, path))
    except ValidationError as error:
        raise first_error(error, Taxonomy, text, path, {}) from error
    if not taxonomy.causes:
        raise SettingsError(f"{path} names no cause", "add [[causes]] with a name and a description")
    seen: set[str] = set()
    for index, cause in enumerate(taxonomy.causes):
        if cause.name in seen:
            line = line_of(text, ("causes", index, "name"))
            raise SettingsError(f"{path}:{line}: the cause {cause.name} stands twice", "take one out")
        seen.add(cause.name)
    return tuple(cause.to_cause() for cause in taxonomy.causes)
