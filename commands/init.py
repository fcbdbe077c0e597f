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
    from desk.files import write_text
    from desk.settings import default_toml
    from errors import SettingsError

    if path.exists() and not force:
        raise SettingsError(f"{path} is there already", "name another file, or overwrite it with --force")
    write_text(path, default_toml())
    click.echo(f"wrote {path}")
