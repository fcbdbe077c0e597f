from __future__ import annotations

import csv
import gzip
import json
import os
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import ArchiveError, ModelError
from ingest.archives import read_archive
from score.plan import expected_rows
from score.run import score_archive

CAUSES = ["infrastructure_cost", "valuation", "regulation", "macro"]
ADDED = [*CAUSES, "causes", "error", "model_version"]
FORMATS = ["csv", "csv.gz", "jsonl", "jsonl.zst", "parquet", "parquet.gz"]
ROWS = [
    {"id": "7", "title": "Fed holds rates", "summary": "No change this month.", "tone": "flat"},
    {"id": "3", "title": "Grid operator to spend $4 bln on new lines", "summary": "", "tone": "up"},
    {"id": "5", "title": "Chip shares look stretched, fund says", "summary": "", "tone": "down"},
]


def rows_of(path: Path) -> list[dict]:
    return [row.values for row in read_archive(path).rows()]


@pytest.mark.parametrize("out", FORMATS)
@pytest.mark.parametrize("into", ["csv", "jsonl.gz", "parquet.zst"])
def test_every_format_becomes_every_other_with_all_its_columns_in_order(
    write_archive, tmp_path, tagger, into, out
):
    source = tmp_path / f"in.{into}"
    write_archive(source, pa.schema([(name, pa.string()) for name in ROWS[0]]), [ROWS])
    report = score_archive(source, tmp_path / f"out.{out}", tagger)
    scored = read_archive(tmp_path / f"out.{out}")
    assert list(scored.columns) == [*ROWS[0], *ADDED]
    assert [row.values["id"] for row in scored.rows()] == ["7", "3", "5"]
    for row, before in zip(rows_of(scored.path), ROWS, strict=True):
        assert {name: row[name] for name in before} == before
        text = f"{before['title']}. {before['summary']}".removesuffix(". ")
        assert [float(row[cause]) for cause in CAUSES] == list(tagger.expected(text).values())
        assert row["model_version"] == "fake-1"
    assert (report.rows, report.scored, report.errors, report.withheld) == (3, 3, {}, 0)


def test_a_csv_says_its_causes_with_bars_strongest_first_and_nulls_as_nothing(jsonl, tmp_path, tagger):
    source = jsonl([{"title": "Fed holds rates"}, {"title": None}, {"title": "Chip shares look stretched"}])
    score_archive(source, tmp_path / "out.csv", tagger)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in (rows[0], rows[2]):
        expected = tagger.expected(row["title"])
        strongest = sorted(
            (name for name in CAUSES if expected[name] >= 0.5), key=lambda name: -expected[name]
        )
        assert row["causes"] == "|".join(strongest)
    assert [rows[1][name] for name in ADDED] == ["", "", "", "", "", "title is missing", "fake-1"]


def test_a_csv_can_be_read_again_whatever_ends_a_line_within_its_fields(jsonl, tmp_path, tagger):
    texts = ["one\rtwo", "one\r\ntwo", "one\ntwo", "\r", "one\u2028two"]
    score_archive(jsonl([{"title": "x", "note": text} for text in texts]), tmp_path / "out.csv", tagger)
    assert [row["note"] for row in rows_of(tmp_path / "out.csv")] == texts


def test_parquet_keeps_its_types_and_gets_floats_and_a_list(tmp_path, tagger):
    when = datetime(2026, 7, 28, 13, 30, tzinfo=UTC)
    table = pa.table(
        {
            "title": pa.array(["Fed holds rates", "Oil slips"]).dictionary_encode(),
            "published": pa.array([when, None], type=pa.timestamp("us", tz="UTC")),
            "views": pa.array([3, None], type=pa.int16()),
            "tags": pa.array([["a", "b"], []], type=pa.list_(pa.string())),
            "desk": pa.array([{"name": "rates"}, None], type=pa.struct([("name", pa.string())])),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    score_archive(tmp_path / "in.parquet", tmp_path / "out.parquet", tagger)
    scored = pq.read_table(tmp_path / "out.parquet")
    assert scored.select(table.column_names).cast(table.schema).equals(table)
    assert [scored.schema.field(name).type for name in CAUSES] == [pa.float32()] * 4
    assert scored.schema.field("causes").type == pa.list_(pa.string())


def test_each_unusable_row_says_why_and_the_rest_is_scored(jsonl, tmp_path, tagger):
    lines = [
        {"id": 1, "title": "Fed holds rates"},
        {"id": 2, "title": None},
        {"id": 3},
        {"id": 4, "title": "   "},
        {"id": 5, "title": 12.5},
        '{"id": 6, "title": "cut sho',
        {"id": 7, "title": "Oil slips", "summary": ["not", "text"]},
        {"id": 8, "title": "Bundesregierung beschließt Milliardenhilfe für Chipfabriken"},
        '{"id": 9, "title": "half an emoji \\ud83d"}',
        {"id": 10, "title": "Oil slips", "summary": None},
    ]
    report = score_archive(jsonl(lines), tmp_path / "out.jsonl", tagger)
    rows = rows_of(tmp_path / "out.jsonl")
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5, None, 7, 8, None, 10]
    errors = {number: row["error"] for number, row in enumerate(rows, 1) if row["error"]}
    assert errors.pop(6).startswith("row 6 is not JSON")
    assert errors == {
        2: "title is missing",
        3: "title is missing",
        4: "title is empty",
        5: "title is not text",
        7: "summary is not text",
        8: "withheld: language de is not among the model's (en)",
        9: "row 9 has half a character (a lone surrogate)",
    }
    for row in rows:
        nulls = [row[cause] is None for cause in (*CAUSES, "causes")]
        assert all(nulls) if row["error"] else not any(nulls)
    assert report.errors == {
        "row is unreadable": 2,
        "summary is not text": 1,
        "title is empty": 1,
        "title is missing": 2,
        "title is not text": 1,
    }
    assert (report.rows, report.scored, report.withheld, report.duplicates) == (10, 2, 1, 0)


def test_a_csv_line_with_too_few_fields_keeps_its_place(tmp_path, tagger):
    (tmp_path / "in.csv").write_text("id,title\n1,Fed holds rates\n2\n3,Oil slips\n", encoding="utf-8")
    report = score_archive(tmp_path / "in.csv", tmp_path / "out.csv", tagger)
    rows = rows_of(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["error"] == "row 2 has 1 fields where the heading has 2"
    assert (report.scored, report.errors) == (2, {"row is unreadable": 1})


def test_each_distinct_text_is_computed_once_a_shard_and_counted(jsonl, tmp_path, tagger):
    titles = ["Oil slips", "Gold gains", "Oil slips", " Oil slips ", "Gold gains", "Oil slips"]
    source = jsonl([{"title": title} for title in titles])
    report = score_archive(source, tmp_path / "out.jsonl", tagger, shard_rows=4)
    assert tagger.asked == ["Oil slips", "Gold gains", "Gold gains", "Oil slips"]
    assert (report.scored, report.duplicates) == (6, 2)
    rows = rows_of(tmp_path / "out.jsonl")
    assert [row["title"] for row in rows] == titles
    assert {tuple(row[cause] for cause in CAUSES) for row in rows if "Oil" in row["title"]} == {
        tuple(tagger.expected("Oil slips").values())
    }


def test_the_text_comes_from_the_columns_that_are_named(jsonl, tmp_path, tagger):
    source = jsonl([{"head": "Oil slips", "body": "Demand fears", "summary": "unused", "title": "unused"}])
    score_archive(source, tmp_path / "out.jsonl", tagger, title="head", summary="body")
    assert tagger.asked == ["Oil slips. Demand fears"]


def test_without_a_summary_column_titles_are_scored_alone(jsonl, tmp_path, tagger):
    score_archive(jsonl([{"title": "Oil slips"}]), tmp_path / "out.jsonl", tagger)
    assert tagger.asked == ["Oil slips"]


@pytest.mark.parametrize("asked", [{"title": "headline"}, {"summary": "abstract"}, {"summary": "summary"}])
def test_a_column_that_was_asked_for_and_is_not_there_is_an_error(jsonl, tmp_path, tagger, asked):
    with pytest.raises(ArchiveError, match=r"no column '.+' \(it has id, title\); name one .* with --"):
        score_archive(jsonl([{"id": 1, "title": "Oil slips"}]), tmp_path / "out.csv", tagger, **asked)
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("name", ["macro", "causes", "error", "model_version"])
def test_an_input_column_of_our_name_is_an_error_with_the_remedy(jsonl, tmp_path, tagger, name):
    with pytest.raises(ArchiveError, match=f"a column that scoring adds: {name}; rename or drop it"):
        score_archive(jsonl([{"title": "Oil slips", name: "x"}]), tmp_path / "out", tagger)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("causes", [("error", "macro"), ("macro", "macro"), ("causes", "model_version")])
def test_a_model_with_a_cause_of_our_columns_name_is_an_error(jsonl, tmp_path, tagger, causes):
    tagger.causes = causes
    with pytest.raises(ModelError, match=f"'{causes[0]}' twice.*train"):
        score_archive(jsonl([{"title": "x"}]), tmp_path / "out.csv", tagger)


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl.gz", "in.parquet"])
def test_a_pipe_is_refused_at_once_for_it_cannot_be_read_again(tmp_path, tagger, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ArchiveError, match=r"is no plain file.*save it"):
        score_archive(tmp_path / name, tmp_path / "out", tagger)


def test_the_input_is_never_written_over(jsonl, tmp_path, tagger):
    source = jsonl([{"title": "Oil slips"}])
    before = source.read_bytes()
    with pytest.raises(ArchiveError, match="is the input itself"):
        score_archive(source, tmp_path / "." / "in.jsonl", tagger)
    assert source.read_bytes() == before


def test_an_ending_that_cannot_be_written_is_told_before_a_text_is_scored(jsonl, tmp_path, tagger):
    with pytest.raises(ArchiveError, match="unknown ending"):
        score_archive(jsonl([{"title": "Oil slips"}]), tmp_path / "out.xlsx", tagger)
    assert tagger.asked == []


def test_an_input_cut_short_leaves_no_output(tmp_path, tagger):
    packed = gzip.compress(b'{"title": "Oil slips"}\n' * 5000)
    (tmp_path / "in.jsonl.gz").write_bytes(packed[:-20])
    with pytest.raises(ArchiveError, match=r"in\.jsonl\.gz is damaged or cut short"):
        score_archive(tmp_path / "in.jsonl.gz", tmp_path / "out.csv", tagger)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl.gz"]


def test_a_model_that_fails_leaves_no_output_and_no_thread(jsonl, tmp_path, tagger):
    predict = tagger.predict_proba

    def fail(texts):
        if "Oil slips 12" in texts:  # when all threads are at work
            raise RuntimeError("no memory")
        return predict(texts)

    tagger.predict_proba = fail
    source = jsonl([{"title": f"Oil slips {number}"} for number in range(50)])
    with pytest.raises(RuntimeError, match="no memory"):
        score_archive(source, tmp_path / "out.csv", tagger, shard_rows=5)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("read-ahead", "finish"))]


@pytest.mark.parametrize(("out", "scored"), [("out", "out/part-00000.parquet"), ("out.csv", "out.csv")])
def test_a_row_that_comes_when_the_columns_have_been_read_is_noticed(jsonl, tmp_path, tagger, out, scored):
    source = jsonl([{"title": "Oil slips"}])

    def append(done, expected):  # the first call comes between reading the columns and reading the rows
        source.write_text('{"title": "Oil slips", "new": 1}\n')

    with pytest.raises(ArchiveError, match=r"in\.jsonl changed while it was read; score it again"):
        score_archive(source, tmp_path / out, tagger, progress=append)
    assert not (tmp_path / scored).exists()
    score_archive(source, tmp_path / out, tagger)
    assert rows_of(tmp_path / scored)[0]["new"] in (1, "1")  # a CSV knows but text


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_an_output_of_the_wrong_kind_is_told_before_anything_is_scored(jsonl, tmp_path, tagger, kind):
    target = tmp_path / ("out.parquet" if kind == "folder" else "out")
    target.mkdir() if kind == "folder" else target.write_text("mine")
    with pytest.raises(ArchiveError, match=f"{target.name} is a {kind}"):
        score_archive(jsonl([{"title": "Oil slips"}]), target, tagger)
    assert tagger.asked == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", target.name]


def test_progress_only_grows_and_ends_at_the_rows_there_are(jsonl, tmp_path, tagger):
    source = jsonl([{"title": f"Oil slips {number}"} for number in range(95)])
    told: list[tuple[int, int]] = []
    score_archive(source, tmp_path / "out", tagger, shard_rows=10, progress=lambda *step: told.append(step))
    assert told[0] == (0, 95)
    assert told[-1] == (95, 95)
    assert told == sorted(told)
    assert all(done <= expected for done, expected in told)


def test_expected_rows_are_near_for_text_and_exact_for_parquet(write_archive, tmp_path):
    schema = pa.schema([("title", pa.string())])
    for name in ("a.csv", "a.csv.gz", "a.jsonl.zst", "a.parquet"):
        write_archive(tmp_path / name, schema, [[{"title": "Oil slips"}] * 37])
        assert expected_rows(read_archive(tmp_path / name)) == 37
    write_archive(tmp_path / "a.parquet.gz", schema, [[{"title": "Oil slips"}] * 37])
    assert expected_rows(read_archive(tmp_path / "a.parquet.gz")) == 0  # not known without unpacking


def test_the_report_tells_seconds_by_the_clock_it_was_given(jsonl, tmp_path, tagger):
    ticks = count(100.0, 4.0)
    source = jsonl([{"title": "Oil slips"}] * 8)
    report = score_archive(source, tmp_path / "out.csv", tagger, clock=lambda: next(ticks))
    assert (report.seconds, report.rows_per_second) == (4.0, 2.0)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("Oil slips")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12), st.integers(1, 5))
def test_whatever_the_rows_hold_each_comes_out_once_in_its_place(tmp_path, tagger, values, shard_rows):
    source = tmp_path / "in.jsonl"
    lines = [json.dumps({"n": n, "title": title, "summary": text}) for n, (title, text) in enumerate(values)]
    source.write_text("\n".join(lines), encoding="utf-8")
    report = score_archive(source, tmp_path / "out.jsonl", tagger, shard_rows=shard_rows)
    rows = rows_of(tmp_path / "out.jsonl")
    assert [row["n"] for row in rows] == list(range(len(values)))
    assert report.rows == len(values)
    assert report.scored == sum(row["macro"] is not None for row in rows)
    assert all((row["error"] is None) == (row["causes"] is not None) for row in rows)


def test_the_real_tagger_scores_an_archive(jsonl, tmp_path, tiny_tagger):
    source = jsonl(
        [{"title": "a bubble in chips"}, {"title": "capex and inflation"}, {"title": "hello there"}]
    )
    report = score_archive(source, tmp_path / "out.jsonl", tiny_tagger)
    rows = rows_of(tmp_path / "out.jsonl")
    assert [row["causes"] for row in rows] == [
        list(causes) for causes in tiny_tagger.predict([r["title"] for r in rows])
    ]
    assert rows[0]["causes"] == ["valuation"]
    assert rows[0]["model_version"] == tiny_tagger.version
    assert report.scored == 3
