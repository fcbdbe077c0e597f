"""`causewire init`: write a commented causewire.toml."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path), default=Path("causewire.toml"))
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def command(*, path: Path, force: bool) -> None:
    """Write a settings file.

    It holds every setting with its default and what it means.
    """
    from desk.settings import default_toml
    from errors import SettingsError

    if path.exists() and not force:
        raise SettingsError(f"{path} is there already", "name another file, or overwrite it with --force")
    try:
        path.write_text(default_toml(), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", "name a file that can be written") from error
    click.echo(f"wrote {path}")
