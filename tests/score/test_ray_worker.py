"""What a worker does with a shard, without a cluster around it."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from functools import partial

import pytest

from common import contents
from errors import ArchiveError, CausewireError
from score.folder import ShardFolder
from score.identity import kernel_of
from score.manifest import Manifest, fingerprint, library_versions
from score.plan import make_plan
from score.ray_worker import Job, ShardMaker, Tries, parcels, received
from score.run import score_archive


@pytest.fixture
def job(jsonl, tmp_path, tagger) -> Job:
    titles = [None if n % 5 == 0 else f"Fund {n} raises its stake" for n in range(55)]
    source = jsonl(
        [{"id": n, "title": title, "mixed": n if n % 2 else "x"} for n, title in enumerate(titles)]
    )
    out = tmp_path / "out"
    plan = make_plan(source, out, tagger, title="title", summary=None, shard_rows=20)
    with ShardFolder(out, Manifest.of(plan, fingerprint(source), kernel_of(tagger))) as folder:
        assert folder.found() == {}
    return Job(plan, out, lambda: tagger, {}, Tries().begin, tries=2)


def begun_with(job: Job, libraries: dict[str, str]) -> None:
    path = job.folder / "_manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "libraries": libraries}))


def error_of(job: Job) -> str:
    parcel = next(parcels(job))
    with pytest.raises(ArchiveError) as caught:
        received(ShardMaker(job)(parcel).to_pylist()[0])
    return str(caught.value)


def test_a_worker_makes_the_bytes_of_one_machine_and_says_what_became_of_the_rows(job, tmp_path, tagger):
    score_archive(job.plan.archive.path, tmp_path / "whole", tagger, shard_rows=20)
    make = ShardMaker(job)
    done = [received(make(parcel).to_pylist()[0]) for parcel in parcels(job)]
    assert [(one.index, one.rows, one.tally.scored) for one in done] == [
        (0, 20, 16),
        (1, 20, 16),
        (2, 15, 12),
    ]
    assert contents(job.folder, "part-") == contents(tmp_path / "whole", "part-")


def test_a_shard_that_is_there_is_neither_sent_nor_made(job):
    job = dataclasses.replace(job, found={1: 20, 2: 14})
    sent = list(parcels(job))
    assert [parcel["data"][0].is_valid for parcel in sent] == [True, False, True]
    done = received(ShardMaker(job)(sent[1]).to_pylist()[0])
    assert (done.index, done.rows, done.tally) == (1, 20, None)
    assert contents(job.folder, "part-") == {}


def test_the_model_is_loaded_once(job, tagger):
    loads: Counter[str] = Counter()

    def load():
        loads["all"] += 1
        return tagger

    make = ShardMaker(dataclasses.replace(job, load=load))
    for parcel in parcels(job):
        make(parcel)
    assert loads["all"] == 1


def test_an_error_names_its_shard(job, tagger):
    tagger.predict_proba = lambda texts: list(texts)[99]
    assert error_of(job).startswith("part-00000.parquet cannot be made (IndexError: list index out of range)")


def test_a_shard_that_ended_its_workers_again_and_again_is_given_up(job):
    for _ in range(2):
        job.begin(0)
    assert error_of(job).startswith("part-00000.parquet: it ended 2 workers, one after another; give")


def test_a_node_that_does_not_share_the_folder_is_refused(job, tmp_path):
    elsewhere = dataclasses.replace(job, folder=tmp_path / "elsewhere")
    assert "elsewhere is not there on" in error_of(elsewhere)


def test_a_node_with_another_model_is_refused(job, tagger):
    other = dataclasses.replace(tagger, version="fake-2")
    assert "has model fake-2, the run fake-1" in error_of(dataclasses.replace(job, load=lambda: other))


def test_a_node_with_another_kernel_is_refused(job, tagger):
    other = dataclasses.replace(tagger, kernel="bf16")
    assert "computes with bf16, the run with fp32" in error_of(dataclasses.replace(job, load=lambda: other))


def test_a_node_with_other_libraries_is_refused(job):
    begun_with(job, {**library_versions(), "pyarrow": "1.0"})
    assert error_of(job).endswith("than the run was begun with; pip install pyarrow==1.0 there")


def test_a_node_may_have_libraries_that_the_run_does_not_name(job):
    begun_with(job, {"torch": library_versions()["torch"]})
    assert received(ShardMaker(job)(next(parcels(job))).to_pylist()[0]).rows == 20


def test_a_node_without_the_model_is_told_of(job, tmp_path):
    from model.tagger import Tagger

    job = dataclasses.replace(job, load=partial(Tagger.from_pretrained, tmp_path / "no-model"))
    assert "part-00000.parquet: model folder" in error_of(job)


def test_an_archive_that_is_damaged_is_the_last_parcel(job):
    path = job.plan.archive.path
    path.unlink()
    (last,) = parcels(job)
    back = ShardMaker(job)(last).to_pylist()[0]
    assert json.loads(back["error"]) == [f"no file {path}", "check the path"]
    with pytest.raises(CausewireError, match="no file"):
        received(back)
