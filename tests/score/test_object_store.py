"""Archives and folders of shards at s3:// addresses, on a server that answers as S3 does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common import contents
from errors import ArchiveError
from ingest.archives import read_archive
from ingest.places import place
from score.run import score_archive

s3fs = pytest.importorskip("s3fs", reason="s3:// addresses need an extra: pip install '.[s3]'")
moto_server = pytest.importorskip("moto.server", reason="the S3 of these tests is moto's")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def store():
    """Return the environment in which s3:// is a server of this machine, with a bucket `desk`."""
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir("desk")
        yield environment
    server.stop()


@pytest.fixture
def folder(store, request):
    """Return an s3:// folder that is this test's alone."""
    return f"s3://desk/{request.node.name}"


def headlines(count: int) -> list[dict]:
    return [{"id": n, "title": f"Fund {n} raises its stake" if n % 5 else None} for n in range(count)]


def test_a_folder_on_a_store_has_the_bytes_of_one_on_a_disk(jsonl, tmp_path, tagger, folder):
    source = jsonl(headlines(95))
    place(f"{folder}/in.jsonl").write_bytes(source.read_bytes())
    score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    report = score_archive(f"{folder}/in.jsonl", f"{folder}/out", tagger, shard_rows=20)
    assert report.rows == 95
    assert contents(f"{folder}/out") == contents(tmp_path / "out")


def test_a_run_on_a_store_goes_on_where_it_stopped(jsonl, tmp_path, tagger, folder):
    source = jsonl(headlines(95))
    predict = tagger.predict_proba

    def interrupted(texts):
        if "Fund 43 raises its stake" in texts:
            raise KeyboardInterrupt
        return predict(texts)

    tagger.predict_proba = interrupted
    with pytest.raises(KeyboardInterrupt):
        score_archive(source, folder, tagger, shard_rows=20)
    assert set(contents(folder)) == {"_manifest.json", "part-00000.parquet"}
    tagger.predict_proba = predict
    assert score_archive(source, folder, tagger, shard_rows=20).resumed_rows == 20
    score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    assert contents(folder) == contents(tmp_path / "out")


def test_another_input_is_refused_there_too(jsonl, tagger, folder):
    score_archive(jsonl(headlines(45)), folder, tagger, shard_rows=20)
    before = contents(folder)
    with pytest.raises(ArchiveError, match=f"{folder} was begun with another input"):
        score_archive(jsonl(headlines(44)), folder, tagger, shard_rows=20)
    assert contents(folder) == before


def test_two_runs_that_began_at_once_with_other_inputs_are_not_mixed_unseen(jsonl, tagger, folder):
    predict = tagger.predict_proba

    def meanwhile(texts):
        tagger.predict_proba = predict
        other = place(folder) / "_manifest.json"
        other.write_text(other.read_text().replace('"bytes": ', '"bytes": 9'))
        return predict(texts)

    tagger.predict_proba = meanwhile
    with pytest.raises(ArchiveError, match="was begun with another input"):
        score_archive(jsonl(headlines(45)), folder, tagger, shard_rows=20)


@pytest.mark.parametrize("ending", ["csv.gz", "jsonl.zst", "parquet"])
def test_one_file_on_a_store_appears_whole(jsonl, tagger, folder, ending):
    score_archive(jsonl(headlines(45)), f"{folder}/out.{ending}", tagger)
    assert [int(row.values["id"]) for row in read_archive(f"{folder}/out.{ending}").rows()] == list(range(45))
    assert [path.name for path in place(folder).iterdir()] == [f"out.{ending}"]


def test_a_file_that_is_not_there_or_is_no_archive_is_told_of(tagger, folder, tmp_path):
    with pytest.raises(ArchiveError, match=f"no file {folder}/none.csv"):
        score_archive(f"{folder}/none.csv", tmp_path / "out", tagger)
    place(f"{folder}/bad.csv.gz").write_bytes(b"\x1f\x8b\x08 not so")
    with pytest.raises(ArchiveError, match=f"{folder}/bad.csv.gz is damaged or cut short"):
        score_archive(f"{folder}/bad.csv.gz", tmp_path / "out", tagger)
    place(f"{folder}/in.csv").write_text("title\nOil slips\n")
    with pytest.raises(ArchiveError, match=r"cannot write s3://no-such-bucket/out/_manifest\.json"):
        score_archive(f"{folder}/in.csv", "s3://no-such-bucket/out", tagger)


def test_an_input_that_is_written_over_while_it_is_read_is_not_called_finished(tagger, folder, jsonl):
    source = place(f"{folder}/in.jsonl")
    source.write_bytes(jsonl(headlines(45)).read_bytes())
    predict = tagger.predict_proba

    def meddle(texts):
        source.write_bytes(jsonl(headlines(46)).read_bytes())
        return predict(texts)

    tagger.predict_proba = meddle
    with pytest.raises(ArchiveError, match=r"in\.jsonl changed while it was read"):
        score_archive(source, f"{folder}/out", tagger, shard_rows=20)


@pytest.mark.timeout(600)
def test_a_killed_command_goes_on_at_the_store(store, folder, tmp_path, jsonl, tiny_model):
    """The whole command, as a process of its own, killed when the first shard is there."""
    source = jsonl([{"title": f"capex number {n % 5000}"} for n in range(120_000)])
    command = [sys.executable, "-m", "cli", "score", str(source), "--model", str(tiny_model), "--quiet", "-o"]
    environment = {**os.environ, **store}
    run = subprocess.Popen([*command, folder], cwd=ROOT, env=environment)
    out = place(folder)
    while not (out / "part-00000.parquet").exists():
        assert run.poll() is None
        time.sleep(0.05)
    run.kill()
    run.wait()
    assert not (out / "part-00004.parquet").exists()
    for target in (folder, str(tmp_path / "out")):
        subprocess.run([*command, target], cwd=ROOT, env=environment, check=True)
    assert contents(folder) == contents(tmp_path / "out")


def test_an_address_of_no_known_kind_is_an_error():
    with pytest.raises(
        ArchiveError, match=r"nope://desk/in\.csv cannot be reached .*Unsupported.*; check the"
    ):
        place("nope://desk/in.csv")


def test_a_store_without_credentials_or_without_an_answer_is_an_error(store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the discard port: nothing listens
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()  # it keeps what it once read from the environment
    with pytest.raises(ArchiveError, match=r"s3://other/in\.csv cannot be reached .*; check the address"):
        place("s3://other/in.csv")
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_file_address_is_a_path(tmp_path):
    assert place(f"file://{tmp_path}/in.csv") == tmp_path / "in.csv"
    assert place(place(tmp_path)) == tmp_path
