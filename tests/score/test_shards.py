"""A shard is a function of the plan, its rows and the model, whoever makes it and in whatever order."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import contents
from errors import ArchiveError
from ingest.archives import ROW_ERROR
from score import local
from score.folder import ShardFolder
from score.identity import kernel_of
from score.manifest import Manifest, fingerprint
from score.plan import cut, make_plan
from score.run import score_archive
from score.shard import make_shard

ROWS = [
    {"id": n, "title": title, "views": None if n % 3 else n, "tags": ["a"] * (n % 3), "mixed": mixed}
    for n, (title, mixed) in enumerate(
        [
            ("Oil slips", 1),
            (None, "x"),
            ("Gold gains", {"y": [2]}),
            ("日銀、金利を据え置き", None),
            ("  ", 2.5),
        ]
        * 9
    )
]


def plan_of(source: Path, target: Path, tagger):
    return make_plan(source, target, tagger, title="title", summary=None, shard_rows=10)


def rechunked(rows: pa.Table, dice: random.Random) -> pa.Table:
    """Return the same rows in other chunks, as another engine may hold them."""
    ends = sorted({0, len(rows), *(dice.randrange(len(rows)) for _ in range(4))})
    return pa.concat_tables(
        pa.ipc.open_stream(_sent(rows.slice(a, b - a))).read_all() for a, b in pairwise(ends)
    )


def _sent(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "csv.gz"])
def test_shards_made_in_any_order_and_of_any_chunks_are_those_of_the_local_engine(
    write_archive, jsonl, tmp_path, tagger, ending
):
    source = jsonl(ROWS, "rows.jsonl")
    if ending != "jsonl":
        score_archive(source, tmp_path / f"in.{ending}", tagger, title="title")  # in another format
        source = without_added_columns(tmp_path / f"in.{ending}", tmp_path / f"bare.{ending}")
    score_archive(source, tmp_path / "local", tagger, shard_rows=10)

    plan = plan_of(source, tmp_path / "other", tagger)
    dice = random.Random(3)
    with ShardFolder(tmp_path / "other", Manifest.of(plan, fingerprint(source), kernel_of(tagger))) as folder:
        missing = [shard for shard in plan.shards() if not folder.keeps(shard.index, len(shard.rows))]
        dice.shuffle(missing)
        for shard in missing:
            folder.write(shard.index, make_shard(plan, rechunked(shard.rows, dice), tagger))
        total = folder.finish()
    assert total.rows == len(ROWS)
    assert contents(tmp_path / "other") == contents(tmp_path / "local")


def without_added_columns(scored: Path, target: Path) -> Path:
    from ingest.archives import ArchiveWriter, read_archive

    archive = read_archive(scored)
    with ArchiveWriter(target, pa.schema([archive.schema.field(name) for name in ROWS[0]])) as writer:
        for table in archive.tables():
            writer.write(table.select(list(ROWS[0])))
    return target


def test_a_run_that_another_engine_began_ends_here_with_the_same_bytes(jsonl, tmp_path, tagger):
    source = jsonl(ROWS)
    score_archive(source, tmp_path / "local", tagger, shard_rows=10)
    plan = plan_of(source, tmp_path / "out", tagger)
    with ShardFolder(tmp_path / "out", Manifest.of(plan, fingerprint(source), kernel_of(tagger))) as folder:
        last = list(plan.shards())[-2]
        folder.write(last.index, make_shard(plan, last.rows, tagger))
    report = score_archive(source, tmp_path / "out", tagger, shard_rows=10)
    assert report.resumed_rows == 10
    assert contents(tmp_path / "out") == contents(tmp_path / "local")


def test_no_shard_is_given_out_once_the_archive_has_changed(jsonl, tmp_path, tagger):
    source = jsonl(ROWS)
    shards = plan_of(source, tmp_path / "out", tagger).shards()
    assert next(shards).index == 0
    jsonl(ROWS[:-1])
    with pytest.raises(ArchiveError, match=r"in\.jsonl changed while it was read"):
        next(shards)


def test_a_scored_parquet_shard_has_plain_text_where_values_were_mixed(jsonl, tmp_path, tagger):
    score_archive(jsonl(ROWS), tmp_path / "out", tagger, shard_rows=100)
    table = pq.read_table(tmp_path / "out/part-00000.parquet")
    assert table["mixed"].to_pylist()[:5] == ["1", "x", '{"y": [2]}', None, "2.5"]
    assert ROW_ERROR not in table.schema.names
    assert not any(field.metadata for field in table.schema)


def test_a_value_that_is_no_text_leaves_as_it_came(jsonl, tmp_path, tagger):
    rows = [{"title": "Oil slips"}, {"title": 12.5}, {"title": ["a"]}, {"title": "12.5"}]
    score_archive(jsonl(rows), tmp_path / "out.jsonl", tagger)
    scored = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["title"] for row in scored] == [row["title"] for row in rows]
    assert [row["error"] for row in scored] == [None, "title is not text", "title is not text", None]


TABLES = st.lists(st.lists(st.text("aé", max_size=9), max_size=5), max_size=6)


@given(TABLES, st.integers(1, 6), st.integers(1, 40))
def test_where_shards_end_depends_on_the_rows_alone(tables, most_rows, most_bytes):
    rows = [text for table in tables for text in table]
    one = list(cut(iter([pa.table({"t": pa.array(rows, pa.string())})]), most_rows, most_bytes))
    many = list(cut((pa.table({"t": pa.array(t, pa.string())}) for t in tables), most_rows, most_bytes))
    pieces = [piece["t"].to_pylist() for piece in many]
    assert pieces == [piece["t"].to_pylist() for piece in one]
    assert [text for piece in pieces for text in piece] == rows
    for piece in pieces:
        assert 0 < len(piece) <= most_rows
        assert len("".join(piece[:-1]).encode()) < most_bytes
    for piece in pieces[:-1]:
        assert len(piece) == most_rows or len("".join(piece).encode()) >= most_bytes


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([["aaaa", "bb"], None, [], ["cccccc"]], pa.list_(pa.string())),
        ([["aaaa", "bb"], None, [], ["cccccc"]], pa.large_list(pa.string_view())),
        (
            [{"x": "aaaa", "y": ["bb"]}, None, {"x": None, "y": None}, {"x": "cccccc", "y": []}],
            pa.struct([("x", pa.string()), ("y", pa.list_(pa.binary()))]),
        ),
    ],
)
def test_texts_within_lists_and_structs_count_too(values, kind):
    table = pa.table({"t": pa.array(values, kind), "n": [1, 2, 3, 4]})
    assert [len(piece) for piece in cut(iter([table]), 10, 6)] == [1, 3]
    assert [len(piece) for piece in cut(iter([table.slice(1)]), 10, 6)] == [3]


def test_the_report_says_rows_errors_duplicates_and_rate_in_one_line(jsonl, tmp_path, tagger):
    ticks = iter([0.0, 2.0, 0.0, 2.0])
    source = jsonl([{"title": "Oil slips"}, {"title": None}, {"title": "Oil slips"}, {"title": " "}])
    said = score_archive(source, tmp_path / "out", tagger, clock=lambda: next(ticks)).words()
    assert said == (
        "4 rows, 2 scored, 0 withheld, 2 errors (1 title is empty; 1 title is missing), 1 duplicates; "
        "2.0 s, 2 rows/s"
    )
    again = score_archive(source, tmp_path / "out", tagger, clock=lambda: next(ticks)).words()
    assert again == said.replace("2 rows/s", "0 rows/s, 4 rows done before")


def test_a_terminal_sees_rate_and_time_left(jsonl, tmp_path, tiny_model):
    source = jsonl([{"title": f"a bubble in chips {n}"} for n in range(20_000)])
    seen = in_a_terminal(source, tmp_path / "out", tiny_model)
    assert "20,000/20,000" in seen
    assert "/s " in seen
    assert " left " in seen
    assert f"{tmp_path}/out: 20,000 rows, 20,000 scored" in seen


@pytest.mark.slow
def test_a_terminal_sees_nothing_when_told_to_be_quiet(jsonl, tmp_path, tiny_model):
    source = jsonl([{"title": f"a bubble in chips {n}"} for n in range(20_000)])
    assert in_a_terminal(source, tmp_path / "quiet", tiny_model, "--quiet") == ""


def in_a_terminal(source: Path, target: Path, model: Path, *options: str) -> str:
    """Run the command with its stderr in a terminal and return what stands there."""
    master, slave = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-m", "cli", "score", source, "-o", target, "--model", model, *options]
    child = subprocess.Popen(
        command, stdout=slave, stderr=slave, env=environment, cwd=Path(__file__).parents[2]
    )
    os.close(slave)
    seen = b""
    try:
        while chunk := os.read(master, 65_536):
            seen += chunk
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(master)
    assert child.wait() == 0
    return seen.decode()


def test_rows_prepared_in_processes_give_the_same_shards(tmp_path, jsonl, tagger, monkeypatch):
    monkeypatch.setattr(local, "_BEFORE_PROCESSES", 0)
    source = jsonl(ROWS)
    for kernel in ("fp32", "cuda-bf16"):
        tagger.kernel = kernel
        score_archive(source, tmp_path / kernel, tagger, shard_rows=10)
    names = sorted(path.name for path in (tmp_path / "fp32").glob("*.parquet"))
    assert len(names) == 5
    for name in names:
        assert (tmp_path / "fp32" / name).read_bytes() == (tmp_path / "cuda-bf16" / name).read_bytes()


def test_rows_tokenized_in_processes_give_the_same_shards(tmp_path, jsonl, tiny_tagger, monkeypatch):
    monkeypatch.setattr(tiny_tagger.compute, "texts_a_call", 3)
    source, here, there = jsonl(ROWS), tmp_path / "here", tmp_path / "there"
    score_archive(source, here, tiny_tagger, shard_rows=10)
    monkeypatch.setattr(local, "_BEFORE_PROCESSES", 0)
    monkeypatch.setattr(tiny_tagger.compute, "kernel", "cuda-bf16")
    monkeypatch.setattr(tiny_tagger, "predict_proba", lambda _: pytest.fail("they are tokenized again"))
    score_archive(source, there, tiny_tagger, shard_rows=10)
    assert contents(here, "part-") == contents(there, "part-")


def test_a_tagger_may_say_how_many_texts_suit_a_call(tmp_path, jsonl, tagger):
    calls = []
    predict, tagger.texts_a_call = tagger.predict_proba, 7
    tagger.predict_proba = lambda texts: calls.append(len(texts)) or predict(texts)
    score_archive(jsonl([{"title": f"Oil slips {n}"} for n in range(20)]), tmp_path / "out.parquet", tagger)
    assert calls == [7, 7, 6]
