"""The environment variables that override settings: one table, few on purpose.

docs/configuration.md shows this table; a test keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from errors import SettingsError, closest

PREFIX = "CAUSEWIRE_"
CONFIG_VARIABLE = "CAUSEWIRE_CONFIG"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable `CAUSEWIRE_<SECTION>_<KEY>` for one key of the file, and what it sets."""

    section: str
    key: str
    sets: str

    @property
    def name(self) -> str:
        """Return the variable's name."""
        return f"{PREFIX}{self.section}_{self.key}".upper()


VARIABLES: tuple[Variable, ...] = (
    Variable("ledger", "path", "the database of headlines"),
    Variable("prices", "path", "the file of closes or returns"),
    Variable("feeds", "opml", "an OPML file with feeds of your own"),
    Variable("model", "path", "a model folder or a hub id"),
    Variable("model", "kernel", "how the model is computed"),
    Variable("headlines", "day_only", "whether headlines with a date but no time count (true, false)"),
    Variable("server", "host", "the address that the server binds"),
    Variable("server", "port", "the port that the server binds"),
)


def apply_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Write overriding values into `raw`, the parsed file, in place.

    Returns:
        Key path to the variable that set it, for errors that name the variable.

    Raises:
        SettingsError: a CAUSEWIRE_ variable that does not exist, which is most likely a typing slip.
    """
    known = {variable.name: variable for variable in VARIABLES}
    overridden: dict[tuple[str, ...], str] = {}
    for name in sorted(name for name in environ if name.startswith(PREFIX) and name != CONFIG_VARIABLE):
        if name not in known:
            raise SettingsError(
                f"environment variable {name} is not known", _remedy(name, [*known, CONFIG_VARIABLE])
            )
        variable = known[name]
        section = raw.setdefault(variable.section, {})
        if isinstance(section, dict):  # anything else is reported as the file's own error
            section[variable.key] = environ[name]
            overridden[variable.section, variable.key] = name
    return overridden


def markdown_table() -> str:
    """Return the table of variables as docs/configuration.md shows it."""
    rows = [f"| `{CONFIG_VARIABLE}` | | which settings file is read |"]
    rows += [f"| `{v.name}` | `{v.section}.{v.key}` | {v.sets} |" for v in VARIABLES]
    return "\n".join(["| variable | overrides | sets |", "| --- | --- | --- |", *rows])


def _remedy(name: str, known: list[str]) -> str:
    meant = closest(name, known)
    return f"did you mean {meant}?" if meant else f"unset it; known are {', '.join(known)}"
