"""Rows of one's own are parted by their titles: none in two parts, every cause in each."""

import random

from hypothesis import given
from hypothesis import strategies as st

from training.corpus import LabelledHeadline
from training.split import LEAST, Split, split_by_title, title_key

CAUSES = ("weather", "strike")


def row(number, labels=(), judged=CAUSES, title=None):
    return LabelledHeadline(f"m-{number}", title or f"Title {number}", "", tuple(labels), tuple(judged))


def carriers(rows, cause):
    return {title_key(row.title) for row in rows if cause in row.labels}


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sets(st.sampled_from(CAUSES)), st.booleans()),
        min_size=1,
        max_size=80,
    )
)
def test_no_row_is_lost_and_no_title_stands_in_two_parts(drawn):
    rows = [
        row(i, labels, title=f"{'ST' if shout else 'st'}ory, {n}!" if shout else f"story {n}")
        for i, (n, labels, shout) in enumerate(drawn)
    ]
    parts = split_by_title(rows).parts()
    assert sorted(r.id for part in parts.values() for r in part) == sorted(r.id for r in rows)
    keys = [{title_key(r.title) for r in part} for part in parts.values()]
    assert len(set.union(*keys)) == sum(map(len, keys))


def test_every_cause_is_in_each_part_even_if_it_is_rare():
    rows = [row(n, ["weather"]) for n in range(LEAST)] + [row(n, ["strike"]) for n in range(50, 100)]
    for part in split_by_title(rows).parts().values():
        for cause in CAUSES:
            assert carriers(part, cause)
            assert any(cause not in r.labels for r in part)


def test_the_parts_do_not_hang_on_the_order_of_the_rows():
    rows = [row(n, ["weather"] if n % 3 == 0 else ["strike"] if n % 5 == 0 else []) for n in range(200)]
    shuffled = random.Random(1).sample(rows, len(rows))
    one, other = split_by_title(rows).parts(), split_by_title(shuffled).parts()
    assert all({r.id for r in one[part]} == {r.id for r in other[part]} for part in one)


def test_about_fifteen_in_a_hundred_go_to_each_held_part():
    rows = [row(n, ["weather"] if n % 3 == 0 else []) for n in range(400)]
    split = split_by_title(rows)
    assert 50 <= len(split.calibration) <= 75
    assert 50 <= len(split.test) <= 75
    assert len(carriers(split.calibration, "weather")) == round(0.15 * 134)


def test_a_title_that_stands_in_a_held_part_of_ours_goes_there():
    ours = Split([row(1, title="Fit me")], [row(2, title="Hold me")], [row(3, title="Test me")])
    split = split_by_title([row(4, title="test ME!"), row(5, title="Hold  me"), row(6, title="fit me")], ours)
    assert [[r.id for r in part] for part in split.parts().values()] == [["m-6"], ["m-5"], ["m-4"]]
