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
    from desk.settings import with_server
    from desk.web.app import serve

    serve(with_server(app.settings(kernel), host, port), model=model, announce=click.echo)
