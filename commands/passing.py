"""How a command hands all its arguments, `--help` with them, to a parser of its own."""

from __future__ import annotations

from typing import Any

PASS_ON: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": []}
