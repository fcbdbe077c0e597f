"""What every command is handed: the global options, and the settings when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # heavy: only for the annotations
    from aggregate.live import Download
    from desk.settings import Settings


@dataclass(frozen=True, slots=True)
class App:
    """The global options of the command line; `download` stands in for the source of live prices."""

    config: Path | None
    ledger_path: Path | None
    download: Download | None = None

    def now(self) -> datetime:
        """Give the instant at which a command looks: aware UTC."""
        return datetime.now(UTC)

    def settings(self, kernel: str | None = None) -> Settings:
        """Read the settings: the file, the environment, then `--ledger` and a command's `--kernel`.

        Raises:
            SettingsError: see `desk.settings.load_settings`.
        """
        import dataclasses
        import os

        from desk.settings import LedgerSettings, find_config, load_settings

        settings = load_settings(find_config(self.config, os.environ), os.environ)
        if kernel is not None:
            settings = dataclasses.replace(settings, model=dataclasses.replace(settings.model, kernel=kernel))
        if self.ledger_path is None:
            return settings
        return dataclasses.replace(settings, ledger=LedgerSettings(path=self.ledger_path))


pass_app = click.make_pass_decorator(App)
kernel_option = click.option(
    "--kernel",
    help="How to compute: auto, cuda-bf16, amx-bf16, avx512-bf16, fp32, eager.  [default: the fastest]",
)
