"""A file of causes is read whole, or refused by file, line and key."""

import pytest

from desk.taxonomy import read_taxonomy
from errors import SettingsError
from model.causes import CAUSES, Cause

GOOD = """
[[causes]]
name = "supply_chain"
description = '''Shortages,
  ports.'''

[[causes]]
name = "macro"

[[causes]]
name = "weather"
title = "Weather & climate"
description = "Storms."
"""


def test_titles_are_made_and_our_own_causes_keep_theirs(tmp_path):
    (tmp_path / "c.toml").write_text(GOOD)
    assert read_taxonomy(tmp_path / "c.toml") == (
        Cause("supply_chain", "Supply chain", "Shortages, ports."),
        next(cause for cause in CAUSES if cause.name == "macro"),
        Cause("weather", "Weather & climate", "Storms."),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[causes]\n", r"c\.toml:1: .*write the line as TOML"),
        ("", r"c\.toml: causes is missing"),
        ('[causes]\nname = "a"\n', r"c\.toml:1: causes: is no list: head each cause with \[\[causes\]\]"),
        ("causes = []\n", r"c\.toml names no cause; add"),
        (
            '[[causes]]\nname = "a"\ndescription = "x"\n\n[[causes]]\ntitle = "b"\n',
            r":5: causes\[1\]\.name is missing",
        ),
        ('[[causes]]\nname = "a"\n', r":1: causes\[0\]: a has no description"),
        (
            '[[causes]]\nname = "Fed"\ndescription = "x"\n',
            r":2: causes\[0\]\.name: 'Fed' is no name: a small letter",
        ),
        (
            '[[causes]]\nname = "error"\ndescription = "x"\n',
            r":2: causes\[0\]\.name: 'error' is the name of a",
        ),
        (
            '[[causes]]\nname = "a"\ndescription = "x"\ntitel = "A"\n',
            r":4: causes\[0\]\.titel is not known; did you mean",
        ),
        (
            '[[causes]]\nname = "a"\ndescription = 3\n',
            r":3: causes\[0\]\.description: 3 should be a valid string",
        ),
        (
            '[[causes]]\nname = "a"\ndescription = "x"\n[[causes]]\nname = "a"\ndescription = "y"\n',
            r":5: the cause a stands twice; take one out",
        ),
    ],
)
def test_what_is_wrong_is_told_by_line(tmp_path, text, words):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(SettingsError, match=words):
        read_taxonomy(tmp_path / "c.toml")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_taxonomy(tmp_path / "none.toml")
