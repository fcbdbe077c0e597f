"""On which line a key stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.toml_lines import line_of, line_of_syntax_error, without_place

TEXT = """\
# heading
a = 1

[b]
  # inner
  c = [
    1,
    2,
  ]
d = '''
x = 1
'''
[[e.f]]
g = 1
[[e.f]]
h = { i = 2 }
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("b",), 4),
        (("b", "c"), 6),
        (("b", "c", 1), 6),
        (("b", "d"), 10),
        (("b", "x"), 4),
        (("e", "f", 0, "g"), 14),
        (("e", "f", 1), 15),
        (("e", "f", 1, "h", "i"), 16),
        (("z",), None),
    ],
)
def test_a_key_is_found_on_the_line_where_its_statement_begins(path, line):
    assert line_of(TEXT, path) == line


@given(st.integers(0, 6), st.integers(1, 6))
def test_blank_lines_and_comments_before_a_key_move_its_line_by_as_many(blank, keys):
    text = "\n" * blank + "# c\n" + "".join(f"k{n} = {n}\n" for n in range(keys))
    assert [line_of(text, (f"k{n}",)) for n in range(keys)] == [blank + 2 + n for n in range(keys)]


def test_a_syntax_error_names_its_line_and_words_apart():
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads("a = 1\nb = \n")
    assert line_of_syntax_error("a = 1\nb = \n", caught.value) == 2
    assert without_place(caught.value) == "Invalid value"


def test_an_unfinished_document_is_at_fault_on_its_last_line():
    text = "a = 1\nb = [\n1,\n"
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert line_of_syntax_error(text, caught.value) == 3
