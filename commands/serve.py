"""`causewire serve`: pages and the API over HTTP."""

from __future__ import annotations

import click

from commands.app import App, kernel_option, pass_app


@click.command("serve")
@click.option("--host", help="Address to bind.  [default: this machine alone]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to bind; 0 is any.")
@click.option("--model", help="Model folder or hub id.")
@kernel_option
@pass_app
def command(app: App, *, host: str | None, port: int | None, model: str | None, kernel: str | None) -> None:
    """Serve pages for people and an API for programs."""
    import dataclasses

    from desk.web.app import serve

    settings = app.settings(kernel)
    server = dataclasses.replace(
        settings.server,
        host=settings.server.host if host is None else host,
        port=settings.server.port if port is None else port,
    )
    serve(dataclasses.replace(settings, server=server), model=model, announce=click.echo)
