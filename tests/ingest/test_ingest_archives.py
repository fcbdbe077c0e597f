"""Archives in every format and packing, whole, torn and odd."""

import csv
import gzip
import itertools
import json
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from errors import ArchiveError
from ingest.archive_columns import json_field
from ingest.archives import (
    ArchiveDefaults,
    ArchiveWriter,
    Row,
    RowError,
    archive_headlines,
    read_archive,
    table_of,
)
from ingest.ledger import Ledger
from ingest.records import Headline
from ingest.writing import Added

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)
FORMATS = ["csv", "jsonl", "parquet"]
ENDINGS = [f".{kind}{packed}" for kind, packed in itertools.product(FORMATS, ["", ".gz", ".zst"])]
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("count", pa.int64()),
        ("weight", pa.float64()),
        ("flag", pa.bool_()),
        ("tags", pa.list_(pa.string())),
    ]
)
ROWS = [
    {"id": "1", "title": 'Says "no", twice', "count": 3, "weight": 0.1, "flag": True, "tags": ["a", "b"]},
    {"id": "2", "title": "Two\nlines, 금리", "count": None, "weight": None, "flag": False, "tags": []},
    {"id": "3", "title": None, "count": 2**40, "weight": -1e-9, "flag": None, "tags": None},
]


def values(path):
    return [row.values for row in read_archive(path).rows()]


def batches(archive):
    rows = (row.values for row in archive.rows())
    while batch := list(itertools.islice(rows, 500)):
        yield batch


def written(path, text):
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("ending", [e for e in ENDINGS if "csv" not in e])
def test_what_is_written_is_read_back_with_its_columns_order_and_types(write_archive, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    assert write_archive(path, SCHEMA, [ROWS[:2], ROWS[2:]]) == 3
    archive = read_archive(path)
    assert archive.schema == SCHEMA
    assert values(path) == ROWS
    assert [row.number for row in archive.rows()] == [1, 2, 3]
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [e for e in ENDINGS if "csv" in e])
def test_csv_is_text_with_lists_joined_and_nulls_empty(write_archive, tmp_path, ending):
    path = tmp_path / f"a{ending}"
    write_archive(path, SCHEMA, [ROWS])
    assert read_archive(path).columns == tuple(SCHEMA.names)
    assert [list(row.values()) for row in values(path)] == [
        ["1", 'Says "no", twice', "3", "0.1", "true", "a|b"],
        ["2", "Two\nlines, 금리", "", "", "false", ""],
        ["3", "", str(2**40), "-1e-09", "", ""],
    ]


def test_a_line_that_is_no_json_object_costs_that_line(tmp_path):
    bad = [b'{"title": ', b"", b"[1]", b'{"title": "\xff"}', b'"x"', b'{"title": "\\ud800"}', b"[" * 50_000]
    lines = [b'{"title": "a"}', *bad, b'{"title": "b", "n": 1}']
    path = written(tmp_path / "a.jsonl", b"\n".join(lines))
    archive = read_archive(path)
    assert archive.columns == ("title", "n")
    rows = list(archive.rows())
    assert [row.number for row in rows] == list(range(1, 9))
    assert [bool(row.error) for row in rows] == [False, True, True, True, True, True, True, False]
    words = ["is not JSON", "not an object", "not UTF-8", "not an object", "half a character", "is not JSON"]
    assert all(word in row.error for word, row in zip(words, rows[1:7], strict=True))


def test_a_row_of_csv_that_is_torn_costs_that_row(tmp_path):
    text = (
        "title,n\nfirst,1\nragged\n"
        + '"two\nlines",2\nlong,1,2\nbad \udcff,3\n"open quote,4\nnext,5\n"q"x,6\nlast,7\n'
    )
    path = written(tmp_path / "a.csv", text.encode("utf-8", "surrogateescape"))
    rows = list(read_archive(path).rows())
    assert [row.values["title"] for row in rows if not row.error] == ["first", "two\nlines", "next", "last"]
    assert [(row.number, row.error) for row in rows if row.error] == [
        (2, "has 1 fields where the heading has 2"),
        (4, "has 3 fields where the heading has 2"),
        (5, "has bytes that are not UTF-8"),
        (6, "is not proper CSV (',' expected after '\"')"),
        (8, "is not proper CSV (',' expected after '\"')"),
    ]


def test_an_article_of_many_lines_in_one_field_of_csv_is_one_row(tmp_path):
    article = "a line of the article, with words\n" * 5_000
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["title", "body"], ["one", "x"], ["long", article], ["three", "y"]])
    rows = list(read_archive(path).rows())
    assert [row.error for row in rows] == [""] * 3
    assert [row.values for row in rows] == [
        {"title": "one", "body": "x"},
        {"title": "long", "body": article},
        {"title": "three", "body": "y"},
    ]


@pytest.mark.parametrize(
    "column", [pa.array([1, 10**7, 2], pa.date32()), pa.array([1, 9 * 10**18, 2], pa.timestamp("us"))]
)
def test_a_time_of_parquet_that_no_calendar_has_costs_that_row(tmp_path, column):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"title": ["a", "b", "c"], "published": column}), path)
    rows = list(read_archive(path).rows())
    assert [row.values.get("title") for row in rows] == ["a", None, "c"]
    assert [bool(row.error) for row in rows] == [False, True, False]
    assert "has a value that no row can hold" in rows[1].error
    assert [type(item) for item in headlines(path)] == [Headline, RowError, Headline]


def test_a_cell_of_parquet_that_is_no_text_costs_that_row(tmp_path):
    path = tmp_path / "a.parquet"
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 2, 3)))
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"a\xffb")])
    pq.write_table(pa.table({"title": broken}), path)
    rows = list(read_archive(path).rows())
    assert [row.values.get("title") for row in rows] == ["a", None, "b"]
    assert "not UTF-8" in rows[1].error


def test_a_mark_at_the_start_of_a_file_is_no_part_of_the_first_column(tmp_path):
    for name, text in [("a.csv", "title\nx\n"), ("a.jsonl", '{"title": "x"}\n')]:
        assert values(written(tmp_path / name, b"\xef\xbb\xbf" + text.encode())) == [{"title": "x"}]


def test_columns_that_mix_types_become_text_where_one_type_is_asked_for(write_archive, tmp_path):
    lines = [
        {"a": 1, "b": 1, "c": {"x": 1}, "d": [], "e": None},
        {"a": "x", "b": 2.5, "c": None, "d": ["y"]},
        {"f": 2**70},
    ]
    path = written(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    archive = read_archive(path)
    kinds = {field.name: str(field.type) for field in archive.schema}
    assert kinds == {
        "a": "string",
        "b": "double",
        "c": "string",
        "d": "list<item: string>",
        "e": "string",
        "f": "string",
    }
    target = tmp_path / "b.parquet"
    write_archive(target, archive.schema, batches(archive))
    assert [row["a"] for row in values(target)] == ["1", "x", None]
    assert values(target)[0]["c"] == '{"x": 1}'
    assert values(target)[2]["f"] == str(2**70)


@pytest.mark.parametrize("numbers", [[2**53 + 1, 0.5], [0.5, 2**53 + 1], [1, -(2**60), 0.5]])
def test_whole_numbers_that_no_float_holds_stay_whole_beside_floats(write_archive, tmp_path, numbers):
    lines = [json.dumps({"n": number}) for number in numbers for _ in range(2_000)]
    archive = read_archive(written(tmp_path / "a.jsonl", "\n".join(lines)))
    write_archive(tmp_path / "b.parquet", archive.schema, [[row.values for row in archive.rows()]])
    assert [row["n"] for row in values(tmp_path / "b.parquet")][::2_000] == [str(n) for n in numbers]


def test_jsonl_holds_no_nan_however_deep_it_lies(write_archive, tmp_path):
    deep = {"list": [1.5, float("nan")], "deeper": {"x": [{"y": float("-inf")}], "z": 1}}
    schema = pa.schema([("list", pa.list_(pa.float64())), json_field("deeper")])
    write_archive(tmp_path / "a.jsonl", schema, [[deep]])
    text = (tmp_path / "a.jsonl").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {
        "list": [1.5, None],
        "deeper": {"x": [{"y": None}], "z": 1},
    }


def test_types_that_only_parquet_has_become_text_elsewhere(write_archive, tmp_path):
    row = {"day": date(2026, 3, 2), "at": NOW, "sum": Decimal("1.10"), "raw": b"\x00", "nan": float("nan")}
    source = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([row]), source)
    archive = read_archive(source)
    for name in ("b.jsonl", "b.csv"):
        write_archive(tmp_path / name, archive.schema, [[r.values for r in archive.rows()]])
    expected = {"day": "2026-03-02", "at": NOW.isoformat(), "sum": "1.10", "raw": "AA=="}
    assert values(tmp_path / "b.jsonl") == [{**expected, "nan": None}]
    assert values(tmp_path / "b.csv") == [{**expected, "nan": "nan"}]
    write_archive(tmp_path / "c.parquet", archive.schema, [[r.values for r in archive.rows()]])
    assert read_archive(tmp_path / "c.parquet").schema == archive.schema


def cut_gz(path):
    path.write_bytes(gzip.compress(("title\n" + "".join(f"{n}\n" for n in range(50_000))).encode())[:-20])


def cut_zst(path):
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(("title\n" + "".join(f"{n * 7919 % 99991}\n" for n in range(40_000))).encode())
    path.write_bytes(path.read_bytes()[:-500])


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("a.csv", lambda p: p.write_bytes(b""), "has no rows"),
        ("a.csv", lambda p: p.write_bytes(b"title,summary\n"), "has no rows"),
        ("a.csv.gz", lambda p: p.write_bytes(gzip.compress(b"")), "has no rows"),
        ("a.jsonl", lambda p: p.write_bytes(b"\n\n"), "has no rows"),
        ("a.jsonl", lambda p: p.write_bytes(b"title\nx\n"), "no line that is a JSON object"),
        (
            "a.parquet",
            lambda p: pq.write_table(pa.table({"title": pa.array([], pa.string())}), p),
            "has no rows",
        ),
        ("a.parquet", lambda p: p.write_bytes(b"PAR1 no"), "damaged or cut short"),
        ("a.parquet", lambda p: p.write_bytes(b""), "damaged or cut short"),
        ("a.csv", lambda p: p.write_bytes(b"title,title\nx,y\n"), "column 'title' twice"),
        ("a.csv", lambda p: p.write_bytes("title\nx\n".encode("utf-16")), "is UTF-16"),
        ("a.xlsx", lambda p: p.write_bytes(b"x"), "unknown ending"),
        ("a", lambda p: p.write_bytes(b"x"), "unknown ending"),
        ("a.gz", lambda p: p.write_bytes(b"x"), "unknown ending"),
        ("a.csv.gz", lambda p: p.write_bytes(b"title\nx\n"), "damaged or cut short"),
        ("a.csv.zst", lambda p: p.write_bytes(b"title\nx\n"), "damaged or cut short"),
        ("a.csv.gz", cut_gz, "damaged or cut short"),
        ("a.csv.zst", cut_zst, "damaged or cut short"),
        ("a.csv", lambda p: None, "no file"),
        ("a.parquet", lambda p: None, "no file"),
        ("a.csv", lambda p: p.mkdir(), "is a folder"),
    ],
)
def test_an_archive_that_cannot_be_used_is_named_with_a_remedy(tmp_path, name, make, words):
    path = tmp_path / name
    make(path)
    with pytest.raises(ArchiveError) as caught:
        list(archive_headlines(path, now=NOW))
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.remedy


def test_a_column_that_is_missing_is_told_with_those_that_are_there(tmp_path):
    path = written(tmp_path / "a.csv", "headline;body\nx;y\n")
    with pytest.raises(ArchiveError, match="no column 'title'; name one of its columns: headline;body"):
        archive_headlines(path, now=NOW)
    with pytest.raises(ArchiveError, match="no column 'when'"):
        archive_headlines(path, now=NOW, title="headline;body", published="when")


def failing_batches():
    yield ROWS
    raise RuntimeError("the model fell over")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failure_in_the_middle_leaves_nothing(write_archive, tmp_path, ending):
    with pytest.raises(RuntimeError):
        write_archive(tmp_path / f"a{ending}", SCHEMA, failing_batches())
    assert list(tmp_path.iterdir()) == []


def test_a_quote_that_is_never_closed_costs_its_own_line(tmp_path):
    path = written(tmp_path / "a.csv", 'title,n\nfirst,1\n"open,2\nnext,3\nlast,4\n')
    rows = list(read_archive(path).rows())
    assert [row.values.get("title") for row in rows] == ["first", None, "next", "last"]
    assert rows[1].error == "is not proper CSV (unexpected end of data)"


def test_an_error_while_writing_leaves_no_file_and_the_old_one_as_it_was(write_archive, tmp_path):
    path = written(tmp_path / "a.csv", "old")
    with pytest.raises(RuntimeError):
        write_archive(path, SCHEMA, failing_batches())
    with (
        pytest.raises(ArchiveError, match="column 'count'"),
        ArchiveWriter(tmp_path / "b.parquet", SCHEMA) as writer,
    ):
        writer.write(table_of([Row(1, {"count": "many"})], SCHEMA))
    with pytest.raises(ArchiveError, match="cannot write"):
        write_archive(tmp_path / "no" / "where.csv", SCHEMA, [ROWS])
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"


# ---- headlines


def headlines(path, **options):
    return list(archive_headlines(path, now=NOW, **options))


def test_rows_become_headlines_and_bad_rows_become_errors(tmp_path):
    lines = [
        {"id": "7", "title": "<b>Rates</b> held", "summary": "A &amp; B", "published": "2026-03-02T09:00:00Z",
         "source": "Harbour", "link": "https://h.test/1", "market": "KR", "language": "en-US"},
        {"title": None},
        {"title": 5},
        {"title": " <p></p> "},
        {"title": "A day", "published": "2026-03-02", "link": "javascript:x"},
        {"title": "No time"},
        {"title": "Ahead", "published": "2027-01-01T00:00:00Z"},
    ]  # fmt: skip
    path = written(tmp_path / "wire.jsonl.gz", "\n".join(map(json.dumps, lines)))
    first, *errors, day, none, ahead = headlines(
        path, defaults=ArchiveDefaults(timezone="Asia/Seoul", market="JP")
    )
    assert first == Headline(
        id=first.id,
        title="Rates held",
        summary="A & B",
        link="https://h.test/1",
        source="Harbour",
        market="KR",
        published_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        published_quality="exact",
        first_seen_at=NOW,
        language="en",
        timezone="Asia/Seoul",
    )
    assert [str(error) for error in errors] == [
        "row 2 has no title",
        "row 3 has a title that is not text",
        "row 4 has an empty title",
    ]
    assert (day.published_at, day.published_quality) == (datetime(2026, 3, 1, 15, tzinfo=UTC), "day_only")
    assert (day.source, day.market, day.language, day.link) == ("wire", "JP", "und", None)
    assert (none.published_at, ahead.published_at) == (None, None)


def test_an_id_of_the_archive_counts_within_its_source(tmp_path):
    path = written(tmp_path / "a.csv", "id,title,source\n1,x,A\n1,y,A\n1,x,B\n,x,A\n")
    ids = [headline.id for headline in headlines(path)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert ids != [headline.id for headline in headlines(path, id_="")]


def test_two_files_of_a_publisher_that_both_count_from_1_overwrite_nothing(tmp_path):
    def take_in(title, day):
        path = written(tmp_path / "a.csv", f"id,title,published\n1,{title},{day}\n")
        return ledger.add(headlines(path, defaults=ArchiveDefaults(source="Harbour")), NOW)

    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        assert take_in("Rates held", "2024-03-04T15:00:00Z") == Added(new=1)
        assert take_in("Rates cut", "2025-03-04T15:00:00Z") == Added(new=1)
        assert take_in("Rates held", "2024-03-04T15:00:00Z") == Added(unchanged=1)
        assert take_in("Rates held again", "2024-03-04T16:00:00Z") == Added(revised=1)
        assert [h.title for h in ledger.headlines()] == ["Rates held again", "Rates cut"]


def test_a_link_is_whole_or_not_there(tmp_path):
    links = ["https://a.test/" + "x" * length for length in (1_985, 1_986)]
    path = written(tmp_path / "a.csv", "title,link\n" + "".join(f"T,{link}\n" for link in links))
    assert [headline.link for headline in headlines(path)] == [links[0], None]


def test_columns_can_be_chosen(tmp_path):
    path = written(tmp_path / "a.csv", "head,when,paper,title\nx,1772443800,P,wrong\n")
    (headline,) = headlines(path, title="head", published="when", source="paper")
    assert (headline.title, headline.source, headline.published_quality) == ("x", "P", "exact")


def test_times_of_parquet_need_no_reading(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"title": ["x"], "published": pa.array([NOW.replace(tzinfo=None)], pa.timestamp("ns"))})
    pq.write_table(table, path)
    assert headlines(path)[0].published_at == NOW


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("2026-03-02 00:00:00", (2026, 3, 2, 5)),
        ("2026-03-02T00:00:00Z", (2026, 3, 2, 5)),  # the day that is written, in the archive's zone
        ("2026-07-01 00:00", (2026, 7, 1, 4)),
        ("1772409600", (2026, 3, 2, 5)),
        ("2026-03-02 00:00:01", None),
        ("2026-03-02T05:00:00Z", None),
    ],
)
def test_a_time_of_midnight_waits_as_its_day_does(tmp_path, published, day):
    path = written(tmp_path / "a.csv", f"title,published\nx,{published}\n")
    (headline,) = headlines(path, defaults=ArchiveDefaults(timezone="America/New_York"))
    assert headline.published_quality == ("day_only" if day else "exact")
    if day:
        assert headline.published_at == datetime(*day, tzinfo=UTC)


def test_a_day_of_parquet_saved_as_a_timestamp_is_a_day(tmp_path):
    days = pa.array([datetime(2026, 3, 2)], pa.timestamp("ns"))  # noqa: DTZ001 - as pandas saves a day
    pq.write_table(pa.table({"title": ["x"], "published": days}), tmp_path / "a.parquet")
    (headline,) = headlines(tmp_path / "a.parquet", defaults=ArchiveDefaults(timezone="America/New_York"))
    assert (headline.published_at, headline.published_quality) == (
        datetime(2026, 3, 2, 5, tzinfo=UTC),
        "day_only",
    )


def test_a_midnight_keeps_the_id_of_the_time_that_was_written(tmp_path):
    path = written(tmp_path / "a.csv", "title,published\nx,2026-03-02T00:00:00Z\nx,2026-03-02T09:00:00Z\n")
    midnight, morning = headlines(path, defaults=ArchiveDefaults(timezone="Asia/Seoul"))
    assert midnight.published_at == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert midnight.id == morning.id


def test_an_unknown_zone_is_an_error(tmp_path):
    path = written(tmp_path / "a.csv", "title\nx\n")
    with pytest.raises(ArchiveError, match="unknown time zone"):
        headlines(path, defaults=ArchiveDefaults(timezone="Mars/Base"))


def test_an_archive_goes_into_the_ledger_once_however_often_it_is_taken_in(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["title", "published"], *([f"T{n}", "2026-03-02"] for n in range(1500))])
    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        good = (h for h in archive_headlines(path, now=NOW) if not isinstance(h, RowError))
        assert ledger.add(good, NOW).new == 1500
        again = (h for h in archive_headlines(path, now=NOW) if not isinstance(h, RowError))
        assert ledger.add(again, NOW).unchanged == 1500


@pytest.mark.parametrize("ending", ["csv.gz", "jsonl.zst", "parquet"])
def test_a_large_archive_streams_through_a_small_memory(write_archive, tmp_path, ending):
    source, target = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    schema = pa.schema([("title", pa.string()), ("body", pa.string())])
    write_archive(
        source, schema, ([{"title": f"t{i}{j}", "body": "x" * 900} for j in range(1000)] for i in range(40))
    )
    before, peak = pa.total_allocated_bytes(), 0

    def watched(archive):  # Arrow's memory is its own, and tracemalloc does not see it
        nonlocal peak
        for batch in batches(archive):
            peak = max(peak, pa.total_allocated_bytes() - before)
            yield batch

    tracemalloc.start()
    try:
        write_archive(target, schema, watched(read_archive(source)))
        peak += tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000  # of 37 MB
    assert read_archive(target).schema == schema
