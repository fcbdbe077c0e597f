"""All settings, from one `causewire.toml`, the environment and defaults, as frozen dataclasses.

    settings = load_settings(find_config(None, os.environ), os.environ)
    settings.markets["XNYS"].symbols

What the file leaves out keeps its default; without a file everything does. Relative paths in the
file count from the file's own folder; so does `model.path` where such a folder is there, for else it
may be a hub id. Environment variables (see desk/environment.py) come last and win. Nothing here opens
the ledger, the model or a feed.
"""

from __future__ import annotations

import dataclasses
import os.path
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    with_config,
)

from desk.environment import CONFIG_VARIABLE, apply_environment
from desk.markets import DEFAULT_MARKETS, Market
from desk.settings_errors import first_error
from desk.toml_lines import line_of_syntax_error, without_place
from errors import SettingsError

CONFIG_NAME = "causewire.toml"
_FORBID = ConfigDict(extra="forbid")


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("an address begins with http:// or https://")
    return value


OptionalPath = Annotated[Path | None, BeforeValidator(_none_if_empty)]
OptionalText = Annotated[str | None, BeforeValidator(_none_if_empty)]
Seconds = Annotated[float, Field(gt=0)]
Whole = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """Where the database of headlines is."""

    path: Path = Path("causewire.db")


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class PricesSettings:
    """Where closes or returns are read from: a CSV or Parquet file, or None for no prices."""

    path: OptionalPath = None


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFeed:
    """A feed of the user's own; see `ingest.records.Feed`."""

    name: Annotated[str, Field(min_length=1)]
    url: Annotated[str, AfterValidator(_web_address)]
    market: str = "GLOBAL"
    desk: str = "markets"
    language: str = "en"
    timezone: str = "UTC"


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsSettings:
    """Which feeds are taken in: the default list (all, or `include`), less `exclude`, plus OPML, plus own."""

    default: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    opml: OptionalPath = None
    own: tuple[OwnFeed, ...] = ()


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """Limits of one fetch: seconds and bytes."""

    connect_s: Seconds = 5.0
    read_s: Seconds = 10.0
    total_s: Seconds = 30.0
    max_bytes: Whole = 5_000_000
    attempts: Whole = 3


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Which model tags, how it is computed, and thresholds by cause name in place of those saved with it."""

    path: OptionalText = None
    kernel: str = "auto"
    thresholds: Mapping[str, Share] = field(default_factory=dict)


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSettings:
    """What 'usual' means: the last `sessions` with enough headlines, within `within`, at least `at_least`."""

    sessions: Whole = 20
    within: Whole = 40
    at_least: Annotated[int, Field(ge=2)] = 10  # one session has no spread
    min_headlines: Whole = 10

    def __post_init__(self) -> None:
        """Refuse numbers that contradict each other; the validator turns ValueError into its report."""
        if self.sessions > self.within:
            raise ValueError(f"{self.sessions} sessions cannot be found within {self.within}")
        if self.at_least > self.sessions:
            raise ValueError(f"at least {self.at_least} of {self.sessions} sessions cannot be had")


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlinesSettings:
    """Which headlines count: with `day_only` those too that carry a date without a time."""

    day_only: bool = True


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the server listens, what one request may ask, and how requests share the model.

    `max_batch` texts of several requests go to the model at once, and `max_waiting` may wait for it.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8710
    max_texts: Whole = 256
    max_text_chars: Whole = 5_000
    max_passage_chars: Whole = 50_000
    max_batch: Whole = 64
    max_waiting: Whole = 1_024

    def __post_init__(self) -> None:
        """Refuse a bound that the largest request would always be past."""
        if self.max_waiting < self.max_texts:
            raise ValueError(f"a request of {self.max_texts} texts cannot wait among {self.max_waiting}")


@with_config(_FORBID)
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that causewire can be told; `notice` is a sentence at the top of every page."""

    notice: str = ""
    ledger: LedgerSettings = LedgerSettings()
    prices: PricesSettings = PricesSettings()
    feeds: FeedsSettings = FeedsSettings()
    client: ClientSettings = ClientSettings()
    model: ModelSettings = field(default_factory=ModelSettings)
    baseline: BaselineSettings = BaselineSettings()
    headlines: HeadlinesSettings = HeadlinesSettings()
    server: ServerSettings = ServerSettings()
    markets: Mapping[str, Market] = field(default_factory=lambda: DEFAULT_MARKETS)


def default_toml() -> str:
    """Return the commented file that `causewire init` writes; it loads to the defaults."""
    return resources.files("desk").joinpath("templates", CONFIG_NAME).read_text(encoding="utf-8")


def find_config(given: Path | None, environ: Mapping[str, str], folder: Path = Path()) -> Path | None:
    """Return the settings file to read: `given`, else CAUSEWIRE_CONFIG, else causewire.toml in `folder`.

    Returns:
        None where none is named and the folder has none: the defaults apply.

    Raises:
        SettingsError: a file is named and is not there.
    """
    named = given or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is None:
        here = folder / CONFIG_NAME
        return here if here.is_file() else None
    if not named.is_file():
        by = "--config" if given else CONFIG_VARIABLE
        raise SettingsError(
            f"no settings file {named} ({by})", f"name another, or write it with `causewire init {named}`"
        )
    return named


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        path: a TOML file, or None for the defaults.
        environ: environment variables; those of desk/environment.py override.

    Raises:
        SettingsError: naming file, line and key, or the variable, and the remedy.
    """
    text = read_toml(path) if path else ""
    raw = parse_toml(text, path)
    overridden = apply_environment(raw, environ)
    for name, market in _tables(raw.get("markets")):
        market.setdefault("calendar", name)
    try:
        settings = TypeAdapter(Settings).validate_python(raw)
    except ValidationError as error:
        raise first_error(error, Settings, text, path, overridden) from error
    return _anchored(settings, path.parent if path else Path(), overridden)


def with_server(settings: Settings, host: str | None, port: int | None) -> Settings:
    """Return the settings with the options' host and port in the place of their own; None leaves them."""
    own = settings.server
    server = dataclasses.replace(
        own, host=own.host if host is None else host, port=own.port if port is None else port
    )
    return dataclasses.replace(settings, server=server)


def read_toml(path: Path) -> str:
    """Return a TOML file's text.

    Raises:
        SettingsError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", "name another file") from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start})", "save it as UTF-8"
        ) from error


def parse_toml(text: str, path: Path | None) -> dict[str, Any]:
    """Return what a TOML text says; `path` names it in errors.

    Raises:
        SettingsError: it is not TOML; names the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = f"{path}:{line_of_syntax_error(text, error)}"
        raise SettingsError(
            f"{where}: {without_place(error)}", "write the line as TOML: key = value"
        ) from error


def _tables(value: object) -> list[tuple[str, dict[str, Any]]]:
    items = value.items() if isinstance(value, dict) else ()
    return [(name, table) for name, table in items if isinstance(table, dict)]


def _anchored(settings: Settings, folder: Path, overridden: Mapping[tuple[str, ...], str]) -> Settings:
    """Let relative paths of the file count from its folder, the environment's from where one stands."""

    def anchor(value: Path, *key: str) -> Path:
        return value if key in overridden else folder / value.expanduser()

    prices, opml, model = settings.prices.path, settings.feeds.opml, settings.model
    return dataclasses.replace(
        settings,
        ledger=LedgerSettings(path=anchor(settings.ledger.path, "ledger", "path")),
        prices=PricesSettings(path=anchor(prices, "prices", "path") if prices else None),
        feeds=dataclasses.replace(settings.feeds, opml=anchor(opml, "feeds", "opml") if opml else None),
        model=model if ("model", "path") in overridden else _anchored_model(model, folder),
    )


def _anchored_model(model: ModelSettings, folder: Path) -> ModelSettings:
    """Let the path name a folder beside the settings file; else it stays, a folder elsewhere or a hub id."""
    if model.path is None:
        return model
    expanded = os.path.expanduser(model.path)  # noqa: PTH111 (keeps the text as it is, and raises nothing)
    beside = folder / expanded
    return dataclasses.replace(model, path=str(beside) if beside.is_dir() else expanded)
