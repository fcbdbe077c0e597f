"""Imports point one way, and nobody imports what is above."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each room, and the rooms that it may import besides itself.
MAY_IMPORT = {
    "errors": set(),
    "sample": {"errors"},
    "ingest": {"errors"},
    "model": {"errors"},
    "aggregate": {"errors", "ingest", "model"},
    "training": {"errors", "model"},
    "score": {"errors", "ingest", "model"},
    "desk": {"errors", "ingest", "model", "aggregate", "sample"},
    "commands": {"errors", "ingest", "model", "aggregate", "sample", "training", "score", "desk"},
    "cli": {"errors", "commands"},
    "serve": {"errors", "desk"},
}


def modules(room: str) -> list[Path]:
    single = ROOT / f"{room}.py"
    return [single] if single.is_file() else sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> list[tuple[int, str]]:
    """Return (line, first name) of every import in a file, those inside functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.partition(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            found.append((node.lineno, (node.module or "").partition(".")[0]))
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room):
    files = modules(room)
    assert files
    allowed = MAY_IMPORT[room] | {room}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in files
        for line, name in imported(path)
        if name in MAY_IMPORT and name not in allowed
    ]
    assert wrong == []


def test_every_python_folder_is_a_room():
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    singles = {path.stem for path in ROOT.glob("*.py")}
    assert folders | singles == MAY_IMPORT.keys()


def test_every_file_says_what_it_is_for():
    silent = [
        f"{path.relative_to(ROOT)}"
        for room in MAY_IMPORT
        for path in modules(room)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
