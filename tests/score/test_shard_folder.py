from __future__ import annotations

import fcntl
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from common import contents
from errors import ArchiveError
from score.run import score_archive

HERE = Path(__file__).parent


def headlines(count: int) -> list[dict]:
    """Rows of which some are doubles, some null and some foreign (by script: that is told in no time)."""
    dice = random.Random(7)
    titles = [None, "", "Oil slips", "日銀、金利を据え置き"]
    return [
        {"id": n, "title": dice.choice(titles) if n % 5 == 0 else f"Fund {n} raises its stake"}
        for n in range(count)
    ]


def test_shards_are_numbered_and_together_hold_every_row_in_order(jsonl, tmp_path, tagger):
    report = score_archive(jsonl(headlines(95)), tmp_path / "out", tagger, shard_rows=20)
    shards = sorted((tmp_path / "out").glob("*.parquet"))
    assert [path.name for path in shards] == [f"part-{n:05d}.parquet" for n in range(5)]
    assert [pq.read_metadata(path).num_rows for path in shards] == [20, 20, 20, 20, 15]
    assert [n for path in shards for n in pq.read_table(path)["id"].to_pylist()] == list(range(95))
    assert pq.read_table(tmp_path / "out")["id"].to_pylist() == list(range(95))  # the folder as one table
    assert report.rows == 95


def test_the_manifest_says_from_what_and_how_and_what_became_of_the_rows(jsonl, tmp_path, tagger):
    source = jsonl(headlines(45))
    report = score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    manifest = json.loads((tmp_path / "out/_manifest.json").read_text())
    assert manifest["input"]["name"] == "in.jsonl"
    assert manifest["input"]["bytes"] == source.stat().st_size
    assert manifest["model"]["version"] == "fake-1"
    assert manifest["model"]["thresholds"] == [0.5] * 4
    assert manifest["kernel"] == {"name": "fp32", "threads": torch.get_num_threads()}
    finished = manifest["finished"]
    assert finished["shards"] == [
        {"file": f"part-0000{n}.parquet", "rows": r} for n, r in enumerate([20, 20, 5])
    ]
    assert (finished["rows"], finished["scored"]) == (45, report.scored)
    assert (finished["errors"], finished["withheld"]) == (report.errors, report.withheld)
    assert finished["duplicates"] == report.duplicates


def test_a_shard_depends_on_its_rows_and_the_model_alone(jsonl, tmp_path, tagger):
    rows = headlines(60)
    score_archive(jsonl(rows), tmp_path / "all", tagger, shard_rows=20)
    score_archive(jsonl(rows[20:40], "middle.jsonl"), tmp_path / "middle", tagger, shard_rows=20)
    middle = (tmp_path / "all/part-00001.parquet").read_bytes()
    assert (tmp_path / "middle/part-00000.parquet").read_bytes() == middle


def test_a_second_run_computes_nothing_and_reports_the_same(jsonl, tmp_path, tagger):
    source = jsonl(headlines(95))
    first = score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    before = contents(tmp_path / "out")
    tagger.asked.clear()
    second = score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    assert tagger.asked == []
    assert contents(tmp_path / "out") == before
    assert (second.errors, second.scored, second.withheld) == (first.errors, first.scored, first.withheld)
    assert (first.resumed_rows, second.resumed_rows, second.rows) == (0, 95, 95)


def test_a_run_goes_on_around_the_shards_that_are_there(jsonl, tmp_path, tagger):
    source = jsonl(headlines(95))
    score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    before = contents(tmp_path / "out")
    (tmp_path / "out/part-00001.parquet").unlink()
    whole = (tmp_path / "out/part-00003.parquet").read_bytes()
    (tmp_path / "out/part-00003.parquet").write_bytes(whole[: len(whole) // 2])  # as by a bad copy
    (tmp_path / "out/.part-00004.parquet.99.partial").write_bytes(b"half")
    report = score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    assert contents(tmp_path / "out") == before
    assert report.resumed_rows == 55


def test_the_rows_told_around_the_shards_that_are_there_never_fall(jsonl, tmp_path, tagger):
    source = jsonl(headlines(60))
    score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    (tmp_path / "out/part-00000.parquet").unlink()
    scorer, predict, told = threading.current_thread(), tagger.predict_proba, []
    kept, scored = threading.Event(), threading.Event()

    def progress(done: int, _expected: int) -> None:
        if threading.current_thread() is scorer:
            told.append(done)
            if kept.is_set():
                scored.set()
        else:
            kept.set()
            scored.wait(0.5)  # so that the other thread comes between, if it can
            told.append(done)

    def predict_then(texts):
        assert kept.wait(60)
        return predict(texts)

    tagger.predict_proba = predict_then
    score_archive(source, tmp_path / "out", tagger, shard_rows=20, progress=progress)
    assert told == sorted(told)
    assert told[-1] == 60


def test_what_a_killed_worker_elsewhere_has_left_half_written_goes_at_the_end(jsonl, tmp_path, tagger):
    def progress(done: int, _expected: int) -> None:
        if (tmp_path / "out").exists() and done < 35:
            (tmp_path / "out/.part-00001.parquet.77.partial").write_bytes(b"half")

    source = jsonl(headlines(35))
    score_archive(source, tmp_path / "out", tagger, shard_rows=20, progress=progress)
    assert sorted(contents(tmp_path / "out")) == [
        "_manifest.json",
        "part-00000.parquet",
        "part-00001.parquet",
    ]


def test_a_folder_that_is_refused_loses_no_file(jsonl, tmp_path, tagger):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".my-download.partial").write_bytes(b"mine")
    (out / ".part-of-my-thesis.7.partial").write_bytes(b"mine")
    before = contents(out)
    with pytest.raises(ArchiveError, match="is not empty and has no _manifest"):
        score_archive(jsonl(headlines(5)), out, tagger)
    assert contents(out) == before


def test_a_run_killed_while_it_began_its_folder_is_begun_anew(jsonl, tmp_path, tagger):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/._manifest.json.99.partial").write_bytes(b"half")
    assert score_archive(jsonl(headlines(5)), tmp_path / "out", tagger).rows == 5
    assert sorted(contents(tmp_path / "out")) == ["_manifest.json", "part-00000.parquet"]


def test_a_run_with_the_real_tagger_is_gone_on_with_to_the_same_bytes(jsonl, tmp_path, tiny_tagger):
    titles = [f"{word} number {n}" for n in range(9) for word in ("bubble", "capex", "the fed and inflation")]
    source = jsonl([{"title": title} for title in titles])
    score_archive(source, tmp_path / "out", tiny_tagger, shard_rows=10)
    before = contents(tmp_path / "out")
    (tmp_path / "out/part-00001.parquet").unlink()
    assert score_archive(source, tmp_path / "out", tiny_tagger, shard_rows=10).resumed_rows == 17
    assert contents(tmp_path / "out") == before
    assert json.loads(before["_manifest.json"])["model"]["calibration"] != {}


def begun(jsonl, tmp_path, tagger) -> Path:
    source = jsonl(headlines(45))
    score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    (tmp_path / "out/part-00002.parquet").unlink()
    return source


def assert_refused(tmp_path, source, tagger, words: str, **options) -> None:
    before = contents(tmp_path / "out")
    with pytest.raises(ArchiveError, match=f"out was begun with {words}.*; name another folder, or remove"):
        score_archive(source, tmp_path / "out", tagger, **{"shard_rows": 20, **options})
    assert contents(tmp_path / "out") == before


def test_a_changed_input_is_refused(jsonl, tmp_path, tagger):
    begun(jsonl, tmp_path, tagger)
    changed = jsonl([*headlines(44), {"id": 44, "title": "another"}])
    assert_refused(tmp_path, changed, tagger, "another input")


def test_the_same_input_under_another_name_is_gone_on_with(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    moved = source.rename(tmp_path / "moved.jsonl")
    assert score_archive(moved, tmp_path / "out", tagger, shard_rows=20).resumed_rows == 40


def test_a_changed_model_is_refused(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    tagger.version = "fake-2"
    assert_refused(tmp_path, source, tagger, "another model")


def test_changed_thresholds_are_refused_even_under_one_version(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    tagger.thresholds = (0.5, 0.5, 0.5, 0.6)
    assert_refused(tmp_path, source, tagger, r"other thresholds \(0\.5, 0\.5, 0\.5, 0\.5\)")


def test_a_kernel_that_is_not_the_manifests_is_refused(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    tagger.kernel = "bf16"
    assert_refused(
        tmp_path,
        source,
        tagger,
        r"another kernel \(fp32, not bf16: add --kernel fp32, on a machine that has it\)",
    )


def test_other_columns_are_refused(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    assert_refused(tmp_path, source, tagger, "other columns", title="id")


def test_other_shards_are_refused(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    assert_refused(tmp_path, source, tagger, "other shards", shard_rows=30)


def test_other_versions_of_what_computes_and_writes_are_refused(jsonl, tmp_path, tagger, monkeypatch):
    source = begun(jsonl, tmp_path, tagger)
    ours = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.0" if name == "pyarrow" else ours(name))
    needed = re.escape(f"other libraries (pip install pyarrow=={ours('pyarrow')} to go on)")
    assert_refused(tmp_path, source, tagger, needed)


def test_another_build_of_the_same_version_goes_on(jsonl, tmp_path, tagger, monkeypatch):
    source = begun(jsonl, tmp_path, tagger)
    ours = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: f"{ours(name).partition('+')[0]}+other")
    assert score_archive(source, tmp_path / "out", tagger, shard_rows=20).resumed_rows == 40


def test_a_run_that_goes_on_takes_the_threads_that_it_began_with(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    path = tmp_path / "out/_manifest.json"
    manifest = json.loads(path.read_text())
    manifest["kernel"]["threads"] = here = torch.get_num_threads() + 1
    path.write_text(json.dumps(manifest))
    seen: list[int] = []
    predict = tagger.predict_proba
    tagger.predict_proba = lambda texts: [seen.append(torch.get_num_threads()), predict(texts)][1]
    score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    assert set(seen) == {here}
    assert torch.get_num_threads() == here - 1


def test_a_folder_of_something_else_is_refused(jsonl, tmp_path, tagger):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("years of work")
    with pytest.raises(ArchiveError, match=r"is not empty and has no _manifest\.json"):
        score_archive(jsonl(headlines(5)), tmp_path / "out", tagger)
    assert contents(tmp_path / "out") == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"layout": 1}', '{"layout": 99}'])
def test_a_manifest_that_cannot_be_read_is_an_error(jsonl, tmp_path, tagger, text):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/_manifest.json").write_text(text)
    with pytest.raises(ArchiveError, match=r"_manifest\.json.*; name a new folder"):
        score_archive(jsonl(headlines(5)), tmp_path / "out", tagger)


def test_a_folder_that_cannot_be_made_is_an_error(jsonl, tmp_path, tagger):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ArchiveError, match="cannot make the folder"):
        score_archive(jsonl(headlines(5)), tmp_path / "out/shards", tagger)


def test_only_one_run_at_a_time_can_have_a_folder(jsonl, tmp_path, tagger):
    source = begun(jsonl, tmp_path, tagger)
    other = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(ArchiveError, match="another run is writing to"):
        score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    os.close(other)
    assert score_archive(source, tmp_path / "out", tagger, shard_rows=20).resumed_rows == 40


def test_an_input_that_changes_while_it_is_read_is_not_called_finished(jsonl, tmp_path, tagger):
    source = jsonl(headlines(45))
    predict = tagger.predict_proba

    def meddle(texts):
        os.utime(source, ns=(1, 1))
        return predict(texts)

    tagger.predict_proba = meddle
    with pytest.raises(ArchiveError, match="changed while it was read"):
        score_archive(source, tmp_path / "out", tagger, shard_rows=20)
    assert json.loads((tmp_path / "out/_manifest.json").read_text())["finished"] is None


def check_killed(tmp_path: Path, source: Path, *, between: int, half_written: int, seed: int) -> None:
    """Run `killed_run.py` and check its folder against an unbroken run's."""
    command = [sys.executable, HERE / "killed_run.py", source, tmp_path / "whole", tmp_path / "killed"]
    command += [str(between), str(half_written), str(seed)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    assert run.returncode == 0, run.stderr
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    told: dict[str, int] = json.loads(run.stdout)
    assert told["between"] >= between
    assert told["half_written"] >= half_written


def test_a_run_killed_at_any_moment_ends_with_the_bytes_of_an_unbroken_one(jsonl, tmp_path):
    check_killed(tmp_path, jsonl(headlines(600)), between=3, half_written=1, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_twenty_kills_between_the_shards_lose_no_row(jsonl, tmp_path, seed):
    check_killed(tmp_path, jsonl(headlines(3000)), between=20, half_written=3, seed=seed)


@contextmanager
def small_disk(folder: Path, kilobytes: int):
    """Mount a tmpfs of so many kilobytes."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_the_run_clearly_and_it_goes_on_when_there_is_room(jsonl, tmp_path, tagger):
    source = jsonl(headlines(3000))
    score_archive(source, tmp_path / "whole", tagger, shard_rows=20)
    with small_disk(tmp_path / "disk", 400):
        out = tmp_path / "disk/out"
        with pytest.raises(
            ArchiveError, match=r"cannot write .*part-\d+\.parquet: No space left.*free space"
        ):
            score_archive(source, out, tagger, shard_rows=20)
        written = contents(out)
        assert 10 < len(written) < 150
        whole = contents(tmp_path / "whole")
        assert all(whole[name] == data for name, data in written.items() if name != "_manifest.json")
        subprocess.run(["mount", "-o", "remount,size=4m", tmp_path / "disk"], check=True)
        score_archive(source, out, tagger, shard_rows=20)
        assert contents(out) == whole


def test_a_full_disk_leaves_nothing_of_a_single_file(jsonl, tmp_path, tagger):
    source = jsonl(headlines(3000))
    with small_disk(tmp_path / "disk", 100):
        with pytest.raises(ArchiveError, match=r"cannot write .*out\.jsonl: No space left"):
            score_archive(source, tmp_path / "disk/out.jsonl", tagger, shard_rows=20)
        assert list((tmp_path / "disk").iterdir()) == []
