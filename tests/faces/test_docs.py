"""README and docs name only what exists: commands, flags, make targets, variables, errors, files."""

from __future__ import annotations

import builtins
import re
import shlex
from pathlib import Path

import click
import pytest

from cli import COMMANDS, causewire
from desk.environment import CONFIG_VARIABLE, VARIABLES
from errors import CausewireError

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
IN_FENCE = re.compile(r"^(?:\$ )?(?:python -m cli|causewire) +([^\n|&;#]+)", re.MULTILINE)
IN_PROSE = re.compile(r"`(?:python -m cli|causewire) +([^`]+)`")
MAKE_IN_FENCE = re.compile(r"^(?:\$ )?make +([a-z-]+)", re.MULTILINE)
MAKE_IN_PROSE = re.compile(r"`make ([a-z-]+)`")


def texts() -> list[tuple[str, str]]:
    return [(page.name, page.read_text(encoding="utf-8")) for page in PAGES]


def in_code(fenced: re.Pattern[str], inline: re.Pattern[str]) -> list[tuple[str, str]]:
    """Return (page, match) of what the docs show as code, in blocks and in sentences."""
    found = []
    for name, text in texts():
        blocks = "\n".join(FENCE.findall(text))
        found += [(name, match) for match in fenced.findall(blocks) + inline.findall(FENCE.sub("", text))]
    return found


def command_lines() -> list[tuple[str, list[str]]]:
    """Return (page, words after `causewire`) of every command line of the docs."""
    return [(name, shlex.split(words)) for name, words in in_code(IN_FENCE, IN_PROSE)]


def flags_of(command: click.Command, *, valued: bool = False) -> set[str]:
    """Return a command's flags; with `valued` those alone that take a value."""
    options = [one for one in command.params if isinstance(one, click.Option)]
    return {
        flag
        for one in options
        for flag in (*one.opts, *one.secondary_opts)
        if not valued or not (one.is_flag or one.count)
    }


def check(words: list[str]) -> str | None:
    """Return what is wrong with a command line, or None."""
    context = click.Context(causewire)
    command: click.Command = causewire
    known, valued = flags_of(causewire) | {"--help", "-h"}, flags_of(causewire, valued=True)
    is_value = False
    for word in words:
        if is_value:
            is_value = False
        elif word.startswith("-"):
            flag, equals, _ = word.partition("=")
            if flag not in known:
                return f"has no flag {word}"
            is_value = flag in valued and not equals
        elif isinstance(command, click.Group) and word != "COMMAND":
            inner = command.get_command(context, word)
            if inner is None:
                if command.invoke_without_command:
                    break
                return f"has no command {word}"
            command = inner
            known |= flags_of(command)
            valued |= flags_of(command, valued=True)
    return None


def test_every_command_line_of_the_docs_can_be_run():
    lines = command_lines()
    assert lines
    wrong = [
        f"{page}: causewire {' '.join(words)}: {said}" for page, words in lines if (said := check(words))
    ]
    assert wrong == []


def test_every_make_target_of_the_docs_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {name for _, name in in_code(MAKE_IN_FENCE, MAKE_IN_PROSE)}
    assert named
    assert named <= targets


def test_every_variable_of_the_docs_exists_and_the_other_way_round():
    named = {name for _, text in texts() for name in re.findall(r"CAUSEWIRE_[A-Z_]*[A-Z]", text)}
    assert named == {CONFIG_VARIABLE, *(variable.name for variable in VARIABLES)}


def test_every_error_that_the_docs_name_exists():
    import errors

    own = {
        name
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, Exception)
    }
    named = {name for _, text in texts() for name in re.findall(r"\b([A-Z]\w+Error)\b", text)}
    builtin = {name for name in named if hasattr(builtins, name)}
    assert CausewireError.__name__ in own
    assert named - builtin <= own


def test_every_file_that_the_docs_link_to_exists():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_a_command_that_does_not_exist_would_be_found():
    assert check(["sumary", "--market", "XNYS"]) == "has no command sumary"
    assert check(["--debug", "sumary"]) == "has no command sumary"
    assert check(["--config", "x.toml", "sumary"]) == "has no command sumary"
    assert check(["--config", "sumary", "summary", "--market=XNYS"]) is None
    assert check(["summary", "--markt", "XNYS"]) == "has no flag --markt"
    assert check(["evaluate", "--no-such-flag"]) == "has no flag --no-such-flag"
    assert check(["--config", "x.toml", "serve", "--port", "1"]) is None
    assert check(["feeds", "export-opml", "x.opml"]) is None
    assert check(["ingest", "archive", "a.csv", "--no-tag"]) is None


@pytest.mark.skipif(len(PAGES[0].read_text()) < 500, reason="README.md is not written yet")
def test_every_command_is_told_of_in_readme_or_docs():
    assert set(COMMANDS) <= {word for _, words in command_lines() for word in words}
