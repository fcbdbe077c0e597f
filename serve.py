"""The HTTP face: `python serve.py` serves pages and an API on this machine.

`create_app` makes the ASGI app for tests and other servers; see `desk/web/`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from desk.settings import find_config, load_settings
from desk.web.app import create_app, serve
from errors import CausewireError

__all__ = ["create_app", "main", "serve"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Serve pages and an API on this machine.")
    parser.add_argument("--config", type=Path, help="settings file")
    parser.add_argument("--host", help="address to bind (the settings': this machine alone)")
    parser.add_argument("--port", help="port to bind, 0 for any")
    parser.add_argument("--model", help="model folder or hub id")
    options = parser.parse_args(arguments)
    environ = dict(os.environ)
    environ |= {"CAUSEWIRE_SERVER_HOST": options.host} if options.host else {}
    environ |= {"CAUSEWIRE_SERVER_PORT": options.port} if options.port else {}
    try:
        serve(load_settings(find_config(options.config, environ), environ), model=options.model)
    except CausewireError as error:
        sys.stderr.write(f"serve.py: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
