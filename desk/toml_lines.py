"""On which line of a TOML file a key stands, for errors that a person can act on.

`tomllib` gives values without places. This asks the parser itself: the statement that sets a key is
the one whose lines, added to those before it, make the key appear. No second TOML parser, so no
second opinion of what a line means; it costs one parse a line and runs only when there is an error.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

KeyPath = Sequence[str | int]
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def line_of(text: str, path: KeyPath) -> int | None:
    """Return the line (from 1) of the statement that sets `path`, or of its nearest parent that is set.

    Args:
        text: a TOML document that parses.
        path: keys from the root; an integer counts within an array.
    """
    for length in range(len(path), 0, -1):
        line = _line_of_exactly(text, path[:length])
        if line is not None:
            return line
    return None


def line_of_syntax_error(text: str, error: tomllib.TOMLDecodeError) -> int:
    """Return the line (from 1) that a decode error names; the last one for 'at end of document'."""
    found = _AT_LINE.search(str(error))
    return int(found.group(1)) if found else max(1, len(text.splitlines()))


def without_place(error: tomllib.TOMLDecodeError) -> str:
    """Return the error's words without '(at line 3, column 5)'."""
    return str(error).partition(" (at ")[0]


def _line_of_exactly(text: str, path: KeyPath) -> int | None:
    lines = text.splitlines(keepends=True)
    start = 0  # the first line of the statement that is being read
    for end in range(1, len(lines) + 1):
        document = _parse("".join(lines[:end]))
        if document is None:  # in the middle of an array or a long string
            continue
        if _has(document, path):
            return _first_words(lines, start) + 1
        start = end
    return None


def _parse(text: str) -> object | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _has(value: Any, path: KeyPath) -> bool:  # noqa: ANN401 (TOML holds anything)
    for key in path:
        inside = key in value if isinstance(value, dict) else _is_index(key, value)
        if not inside:
            return False
        value = value[key]
    return True


def _is_index(key: str | int, value: object) -> bool:
    return isinstance(value, list) and isinstance(key, int) and key < len(value)


def _first_words(lines: Sequence[str], start: int) -> int:
    while not lines[start].strip() or lines[start].lstrip().startswith("#"):
        start += 1
    return start
