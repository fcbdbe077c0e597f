"""Labelled rows come the same from JSONL, CSV, Parquet and the hub, and what is wrong names its place."""

import re

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub.errors import HTTPError

from errors import DataError
from training.corpus import read_labelled
from training.sources import digest_of

CAUSES = ("weather", "strike")
ROWS = [
    {"title": "1984", "summary": 'NA, said "he"', "labels": ["weather", "strike"]},
    {"title": "Zeile ü\nzwei", "summary": "", "labels": []},
]


@pytest.fixture
def sources(tmp_path):
    """Return the same two rows as CSV, Parquet and hub data set, each with what reads it."""
    lines = [
        "\ufefftitle,summary,labels",
        '1984,"NA, said ""he""",weather; strike',
        "",
        '"Zeile ü\nzwei",,',
        "",
    ]
    (tmp_path / "mine.csv").write_bytes("\r\n".join(lines).encode())
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "mine.parquet")

    def hub(name, *, split):
        if (name, split) != ("desk/labels", "test"):
            raise FileNotFoundError(f"no {name}, no {split}\nand a second line")
        return datasets.Dataset.from_list(ROWS)

    return tmp_path, hub


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet", "desk/labels"])
def test_every_kind_of_source_gives_the_same_rows(sources, name):
    folder, hub = sources
    if name == "desk/labels":
        rows = read_labelled(name, CAUSES, split="test", load=hub)
    else:
        rows = read_labelled(folder / name, CAUSES)
    found = [{"title": row.title, "summary": row.summary, "labels": list(row.labels)} for row in rows]
    assert found == ROWS


def test_a_bad_csv_row_is_named_by_its_line(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('title,labels\n"two\nlines",weather\nshort\ngood,\n,weather\n')
    with pytest.raises(DataError) as told:
        read_labelled(path, CAUSES)
    assert [line.partition(";")[0] for line in told.value.details] == [
        f"{path}:4: 1 fields where the heading has 2",
        f"{path}:6: title is missing or no text",
    ]


def test_a_bad_parquet_row_is_named_by_its_number(tmp_path):
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"title": ["x", "y"], "labels": [["weather"], None]}), path)
    with pytest.raises(DataError, match=r"mine\.parquet row 2: labels is no list"):
        read_labelled(path, CAUSES)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "there is no file"),
        ("mine.txt", b"x", "unknown ending"),
        ("mine.csv", b"titel,labels\nx,\n", r"no column title \(it has titel, labels\)"),
        ("mine.csv", b"", r"no column title and no column labels \(it has none\)"),
        ("mine.csv", b"title,labels\nx,\n\xff,\n", r"mine\.csv:3: not UTF-8"),
        ("mine.csv", b"title,labels,,title\nx,,,y\n", "has two columns title"),
        ("mine.csv", b"a long first line, " * 99, r"has no column title .*…\);"),
        ("mine.csv", b'title,labels\nx,\n"y,\nz,\n', r"mine\.csv:3: not proper CSV"),
        ("mine.csv", b"title,labels\n", "holds no labelled headline"),
        ("mine.csv", b"title;labels\nx;\n", r"has ';' between its columns; save it as CSV with commas"),
        ("mine.csv", "title,labels\nx,\n".encode("utf-16"), r"is UTF-16; save it as UTF-8"),
        ("mine.parquet", b"PAR?", "cannot be read"),
        ("mine.jsonl", b'{"title": "\xff", "labels": []}\n', r"mine\.jsonl:1: not UTF-8"),
        ("mine.jsonl", b"[" * 100_000, r"mine\.jsonl:1: not JSON"),
        ("mine.jsonl", b'{"title": "x" "labels": []}', r"mine\.jsonl:1: not JSON \(.* at column 15\)"),
        ("mine.jsonl", b'[{"title": "x", "labels": []}]\n', "is one JSON array; write one object a line"),
    ],
)
def test_a_source_that_cannot_be_read_says_so(tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as told:
        read_labelled(path, CAUSES)
    assert re.search(words, str(told.value))
    assert str(path) in told.value.what
    assert told.value.remedy


def test_blanks_around_columns_and_names_do_not_count(tmp_path):
    (tmp_path / "mine.csv").write_text("title, labels\nx,weather\n")
    (tmp_path / "mine.jsonl").write_text('{"title": "x", "labels": ["weather "]}\n')
    for name in ("mine.csv", "mine.jsonl"):
        assert read_labelled(tmp_path / name, CAUSES)[0].labels == ("weather",)


def test_endings_may_be_in_capitals_and_two_columns_without_a_name(tmp_path):
    (tmp_path / "MINE.CSV").write_text("title,labels,,\nx,weather,,\n")
    assert read_labelled(tmp_path / "MINE.CSV", CAUSES)[0].labels == ("weather",)


def test_a_parquet_file_may_have_any_name_and_labels_as_texts(tmp_path):
    path = tmp_path / "year=2026" / "mine [1]*.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"title": ["x", "y"], "labels": ["weather; strike", ""]}), path)
    assert [row.labels for row in read_labelled(path, CAUSES)] == [("weather", "strike"), ()]


def test_a_parquet_file_without_rows_holds_no_headline(tmp_path):
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"title": pa.array([], pa.string()), "labels": pa.array([], pa.string())}), path)
    with pytest.raises(DataError, match="holds no labelled headline"):
        read_labelled(path, CAUSES)


def test_a_page_in_the_place_of_a_label_is_not_shown_whole(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"title": "x", "labels": ["' + "word " * 9999 + '"]}\n')
    with pytest.raises(DataError, match=r"mine\.jsonl:1: labels has unknown 'word") as told:
        read_labelled(path, CAUSES)
    assert len(str(told.value)) < 300 + len(str(path))


def test_a_folder_is_no_source(tmp_path):
    with pytest.raises(DataError, match="there is no file"):
        read_labelled(tmp_path, CAUSES)


def test_a_hub_data_set_that_is_not_there_says_so(sources):
    with pytest.raises(DataError, match=r"desk/nothing \(train\) cannot be read \(no desk/nothing, no"):
        read_labelled("desk/nothing", CAUSES, load=sources[1])


def test_a_connection_that_fails_says_so():
    def fails(*_, **__):
        raise HTTPError("proxy said 403")  # what the hub's client raises is no OSError

    with pytest.raises(DataError, match=r"desk/labels \(train\) cannot be read \(proxy said 403\)"):
        read_labelled("desk/labels", CAUSES, load=fails)


def test_a_digest_follows_the_rows_of_a_hub_data_set(sources):
    _, hub = sources
    changed = datasets.Dataset.from_list([*ROWS, {"title": "x", "summary": "", "labels": []}])
    first = digest_of("desk/labels", split="test", load=hub)
    assert first == digest_of("desk/labels", split="test", load=hub)
    assert first != digest_of("desk/labels", load=lambda _name, split: changed)
