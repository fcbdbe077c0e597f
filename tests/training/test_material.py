"""Rows of one's own beside ours or alone: which causes, which rows, what is judged, how often it is shown."""

import json
from collections import Counter

import pytest

from errors import DataError
from model.causes import CAUSE_NAMES, CAUSES, Cause
from training.material import counted, our_material, own_material, recipe_for
from training.recipe import Recipe

WEATHER = Cause("weather", "Weather", "Storms, drought, heat.")
STRIKE = Cause("strike", "Strikes", "Work stopped.")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def mine(tmp_path):
    labels = {0: ["weather"], 1: ["strike"], 2: []}
    return write(tmp_path / "mine.jsonl", [{"title": f"Own {n}", "labels": labels[n % 3]} for n in range(60)])


@pytest.fixture
def corpus(tmp_path):
    """Return 400 rows like ours: the batches a1 and r1 to fit, r5 to calibrate on, r7 to test on."""
    batches = ("a1", "r1", "r5", "r7")
    rows = [
        {
            "id": f"{batches[n % 4]}-{n}",
            "title": f"Ours {n}",
            "labels": [CAUSE_NAMES[n // 4 % 5]] if n // 4 % 5 < 4 else [],
        }
        for n in range(400)
    ]
    return write(tmp_path / "corpus.jsonl", rows)


def test_alone_there_are_the_users_causes_and_rows_only(mine):
    material = own_material(mine, (WEATHER, STRIKE), add=False)
    assert material.causes == (WEATHER, STRIKE)
    assert sum(map(len, material.split.parts().values())) == 60
    assert [source.name for source in material.sources] == ["mine.jsonl"]


def test_beside_ours_each_row_speaks_of_the_causes_it_was_judged_for(mine, corpus):
    material = own_material(mine, (WEATHER, STRIKE), add=True, corpus=corpus)
    assert material.names == (*CAUSE_NAMES, "weather", "strike")
    by_origin = {row.title.split()[0]: set(row.judged) for row in material.split.fit}
    assert by_origin == {"Ours": set(CAUSE_NAMES), "Own": {"weather", "strike"}}
    rows, judged = counted(material)["weather"]["calibration"]
    assert (rows, judged) == (3, 9)


def test_beside_ours_few_rows_are_shown_more_often_in_the_fit_but_held_ones_once(tmp_path, corpus):
    rows = [{"title": f"Own {n}", "labels": ["weather"] * (n % 2)} for n in range(20)]
    split = own_material(write(tmp_path / "m.jsonl", rows), (WEATHER,), add=True, corpus=corpus).split
    shown = Counter(row.id for row in split.fit if row.title.startswith("Own"))
    assert set(shown.values()) == {2}  # 14 of 200 twice are about an eighth
    held = [row.id for row in (*split.calibration, *split.test)]
    assert len(held) == len(set(held))


def test_a_cause_of_ours_in_the_users_file_is_the_same_cause(tmp_path, corpus):
    macro = Cause("macro", "The economy", "Our words.")
    labels = {0: ["weather"], 1: ["macro"], 2: []}
    rows = [{"title": f"Own {n}", "labels": labels[n % 3]} for n in range(60)]
    material = own_material(write(tmp_path / "m.jsonl", rows), (macro, WEATHER), add=True, corpus=corpus)
    assert material.names == (*CAUSE_NAMES, "weather")
    assert material.causes[3] == macro
    assert any("macro" in row.labels for row in material.split.fit if row.title.startswith("Own"))


def test_a_row_may_say_itself_what_it_was_judged_for(tmp_path, corpus):
    rows = [{"title": f"Own {n}", "labels": ["weather"] * (n % 2)} for n in range(20)]
    rows[0] |= {"labels": ["macro"], "judged": ["macro"]}
    material = own_material(write(tmp_path / "m.jsonl", rows), (WEATHER,), add=True, corpus=corpus)
    (row,) = {r for part in material.split.parts().values() for r in part if r.title == "Own 0"}
    assert (row.labels, row.judged) == (("macro",), ("macro",))


def test_more_rows_for_our_own_causes_need_be_no_more_than_one(tmp_path, corpus):
    path = write(tmp_path / "m.jsonl", [{"title": "Own 1", "labels": ["macro"]}])
    material = own_material(path, None, add=True, corpus=corpus)
    assert material.causes == CAUSES
    assert [row.title for row in material.split.fit if row.title.startswith("Own")] == ["Own 1"] * 5


def test_alone_every_cause_must_have_rows(mine):
    with pytest.raises(DataError, match=r"mine\.jsonl is too small: heat has 0 titles with it"):
        own_material(mine, (WEATHER, STRIKE, Cause("heat", "Heat", "Hot.")), add=False)


def test_the_digest_follows_both_sources(mine, corpus):
    alone = own_material(mine, (WEATHER, STRIKE), add=False).sha256
    beside = own_material(mine, (WEATHER, STRIKE), add=True, corpus=corpus).sha256
    assert len({alone, beside, our_material(corpus).sha256}) == 3


def test_few_rows_take_more_epochs_and_a_shorter_average(mine, corpus):
    material = own_material(mine, (WEATHER, STRIKE), add=False)
    recipe = recipe_for(Recipe(), material)
    assert recipe.epochs == 30
    assert recipe.average_decay < 0.9
    assert recipe_for(Recipe(), material, epochs=2).epochs == 2


def test_our_own_recipe_stays_as_it_is():
    assert recipe_for(Recipe(), our_material()) == Recipe()
