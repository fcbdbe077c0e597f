"""The HTTP face: `python serve.py` serves pages and an API on this machine.

`create_app` makes the ASGI app for tests and other servers; see `desk/web/`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from desk.settings import find_config, load_settings, with_server
from desk.web.app import create_app, serve
from errors import CausewireError

__all__ = ["create_app", "main", "serve"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Serve pages and an API on this machine.")
    parser.add_argument("--config", type=Path, help="settings file")
    parser.add_argument("--host", help="address to bind (the settings': this machine alone)")
    parser.add_argument("--port", type=int, help="port to bind, 0 for any")
    parser.add_argument("--model", help="model folder or hub id")
    options = parser.parse_args(arguments)
    if options.port is not None and not 0 <= options.port <= 65535:
        parser.error(f"argument --port: {options.port} is no port; take one from 0 to 65535")
    try:
        settings = load_settings(find_config(options.config, os.environ), os.environ)
        serve(with_server(settings, options.host, options.port), model=options.model)
    except CausewireError as error:
        lines = (f"serve.py: {error}", *(f"  {line}" for line in error.details))
        sys.stderr.writelines(f"{line}\n" for line in lines)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
