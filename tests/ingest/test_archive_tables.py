"""An archive's tables say what its rows say, whatever the file holds."""

import csv
import io
import json
import math
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from errors import ArchiveError
from ingest.archive_columns import python_values
from ingest.archive_csv import MAX_FIELD_CHARS
from ingest.archive_jsonl import _BLOCK_BYTES
from ingest.archives import ROW_ERROR, ArchiveWriter, read_archive

QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def told(path):
    """Return (number and error, values) of every row by the tables."""
    archive = read_archive(path)
    rows = []
    for table in archive.tables():
        assert table.schema.names == [*archive.schema.names, ROW_ERROR]
        columns = [python_values(table[field.name], field) for field in archive.schema]
        for error, *values in zip(table[ROW_ERROR].to_pylist(), *columns, strict=True):
            rows.append((error, dict(zip(archive.columns, values, strict=True))))
    return rows


def assert_tables_say_what_rows_say(path):
    archive = read_archive(path)
    rows = list(archive.rows())
    by_tables = told(path)
    assert len(by_tables) == len(rows)
    for row, (error, values) in zip(rows, by_tables, strict=True):
        assert error == (f"row {row.number} {row.error}" if row.error else None)
        for name in archive.columns:
            assert same(values[name], row.values.get(name)), (name, values[name], row.values.get(name))


def same(one, other):
    """Equal, but for one that is no number: that is like another, within lists and objects too."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, int | float) and math.isnan(one):
        return math.isnan(other)
    return one == other


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
GOOD_LINES = st.dictionaries(st.sampled_from("abc"), JSON_VALUES, max_size=3).map(json.dumps)
TEXT_LINES = st.fixed_dictionaries({"a": st.text(max_size=6), "b": st.integers(-9, 9)}).map(json.dumps)
BAD_LINES = st.sampled_from(
    ["", "null", "[1]", '{"a": 1}{"a": 2}', '{"a": "\\ud83d"}', '{"a": tru', '{"a": 1, "a": 2}', "{}", "  "]
)


@QUICK
@given(
    st.lists(TEXT_LINES, min_size=1, max_size=4), st.lists(GOOD_LINES | BAD_LINES | TEXT_LINES, max_size=6)
)
@example(['{"a": "", "b": 0}'], ['{"a": null, "c": [NaN]}'])
def test_jsonl_as_tables_is_jsonl_as_rows(tmp_path, first, rest):
    (tmp_path / "a.jsonl").write_text("\n".join(first + rest), encoding="utf-8")
    assert_tables_say_what_rows_say(tmp_path / "a.jsonl")


CSV_FIELDS = st.text(st.sampled_from('ab",\n \r;é'), max_size=5)


@QUICK
@given(st.lists(st.lists(CSV_FIELDS, min_size=1, max_size=4), min_size=1, max_size=8), st.booleans())
def test_csv_as_tables_is_csv_as_rows(tmp_path, records, proper):
    text = io.StringIO()
    if proper:
        csv.writer(text).writerows([["x", "y", "z"], *records])
    else:
        text.write("x,y,z\n" + "\n".join(",".join(fields) for fields in records) + "\nlast,1,2\n")
    (tmp_path / "a.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    assert_tables_say_what_rows_say(tmp_path / "a.csv")


def test_a_column_that_comes_after_many_blocks_is_there_from_the_start(tmp_path):
    line = json.dumps({"title": "x" * 100}) + "\n"
    lines = [line] * (3 * _BLOCK_BYTES // len(line))
    (tmp_path / "a.jsonl").write_text("".join(lines) + '{"title": "last", "late": 1.5}\n')
    rows = told(tmp_path / "a.jsonl")
    assert len(rows) == len(lines) + 1
    assert rows[0] == (None, {"title": "x" * 100, "late": None})
    assert rows[-1] == (None, {"title": "last", "late": 1.5})


@pytest.mark.parametrize("bad", ["{", '{"title": "\\ud800"}', "null", ""])
def test_a_bad_line_in_a_later_block_has_its_own_number(tmp_path, bad):
    line = json.dumps({"title": "x" * 100}) + "\n"
    count = 2 * _BLOCK_BYTES // len(line)
    (tmp_path / "a.jsonl").write_text(line * count + bad + "\n" + line * 2)
    errors = [error for error, _ in told(tmp_path / "a.jsonl")]
    assert len(errors) == count + 2 + bool(bad)
    assert [n for n, error in enumerate(errors, 1) if error] == ([count + 1] if bad else [])
    if bad:
        assert errors[count].startswith(f"row {count + 1} ")


def test_a_line_that_is_too_long_costs_that_line_even_across_blocks(tmp_path):
    giant = json.dumps({"title": "y" * (17 << 20)})
    (tmp_path / "a.jsonl").write_text('{"title": "a"}\n' + giant + '\n{"title": "b"}\n')
    first, bad, last = told(tmp_path / "a.jsonl")
    assert (first, last) == ((None, {"title": "a"}), (None, {"title": "b"}))
    assert bad == ("row 2 is longer than 16 MB", {"title": None})


def test_a_csv_field_that_is_too_long_costs_its_row_and_bursts_into_no_others(tmp_path):
    article = "a line of the article, with words\n" * (MAX_FIELD_CHARS // 34 + 2)
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["title", "body"], ["one", "x"], ["long", article], ["three", "y"]])
    rows = told(tmp_path / "a.csv")
    assert [values["title"] for _, values in rows] == ["one", None, "three"]
    assert rows[1][0] == "row 2 has a field longer than 2,097,152 characters"
    assert_tables_say_what_rows_say(tmp_path / "a.csv")


def test_a_csv_field_without_an_end_in_sight_is_an_error_that_names_the_row(tmp_path):
    (tmp_path / "a.csv").write_text('title\none\n"two\n' + "a line of an article\n" * 900_000 + '"\nthree\n')
    with pytest.raises(
        ArchiveError, match=r"a\.csv: row 2 has a field longer than 16,777,216 .*; mend the row"
    ):
        told(tmp_path / "a.csv")


def test_parquet_keeps_its_types_and_a_dictionary_becomes_its_values(tmp_path):
    table = pa.table(
        {
            "title": pa.array(["a", None, "a"]).dictionary_encode(),
            "when": pa.array([1, 10**7, None], pa.date32()),
            "deep": pa.array([{"x": [1]}, None, {"x": []}]),
            "n": pa.array([1, 2, 3], pa.uint8()),
        }
    )
    schema = table.schema.set(3, table.schema.field("n").with_nullable(nullable=False))
    pq.write_table(table.cast(schema), tmp_path / "a.parquet")
    (read,) = read_archive(tmp_path / "a.parquet").tables()
    assert read["title"].to_pylist() == ["a", None, "a"]
    assert read.drop_columns(["title", ROW_ERROR]).equals(table.drop_columns("title"))
    assert read[ROW_ERROR].null_count == 3


def test_a_cell_of_parquet_that_is_no_text_costs_that_row_of_a_table(tmp_path):
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 2, 3)))
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"a\xffb")])
    pq.write_table(pa.table({"title": broken}), tmp_path / "a.parquet")
    assert told(tmp_path / "a.parquet") == [
        (None, {"title": "a"}),
        ("row 2 has bytes that are not UTF-8", {"title": None}),
        (None, {"title": "b"}),
    ]


def test_a_time_that_no_calendar_has_is_text_where_text_is_written(tmp_path):
    table = pa.table({"title": ["a", "b"], "day": pa.array([1, 10**7], pa.date32())})
    for name in ("b.csv", "b.jsonl"):
        with ArchiveWriter(tmp_path / name, table.schema) as writer:
            writer.write(table)
    assert (tmp_path / "b.csv").read_text() == "title,day\na,1970-01-02\nb,29349-01-26\n"
    assert '"day": "29349-01-26"' in (tmp_path / "b.jsonl").read_text()


def test_mixed_values_go_from_jsonl_to_jsonl_as_they_are(tmp_path):
    lines = [{"v": 1}, {"v": "1"}, {"v": {"deep": [1, "x"]}}, {"v": None}, {"v": [1, "a"]}, {"v": True}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    archive = read_archive(tmp_path / "a.jsonl")
    with ArchiveWriter(tmp_path / "b.jsonl", archive.schema) as writer:
        for table in archive.tables():
            writer.write(table.drop_columns(ROW_ERROR))
    assert [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()] == lines


@pytest.mark.parametrize("ending", ["csv", "jsonl.zst", "parquet"])
def test_tables_of_a_large_archive_stream_through_a_small_memory(write_archive, tmp_path, ending):
    source = tmp_path / f"a.{ending}"
    schema = pa.schema([("title", pa.string()), ("body", pa.string())])
    write_archive(
        source, schema, ([{"title": f"t{i}{j}", "body": "x" * 900} for j in range(1000)] for i in range(40))
    )
    archive = read_archive(source)
    before, peak = pa.total_allocated_bytes(), 0
    tracemalloc.start()
    try:
        for _ in archive.tables():
            peak = max(peak, pa.total_allocated_bytes() - before)
        peak += tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 14_000_000  # of 37 MB
