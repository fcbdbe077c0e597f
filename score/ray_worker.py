"""What a worker of a cluster does: shards in, files out. It knows nothing of Ray but that tables come and go.

A shard travels as one row, its rows as Arrow's stream of bytes in one cell, for a row is never divided:

    index   its place among all shards
    rows    how many it has
    data    the rows; null for a shard that is there already
    tally   on the way back: what became of the rows, as JSON
    error   JSON of what went wrong and the remedy, if something did
"""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from errors import ArchiveError, CausewireError, ModelError
from model.scorer import Scorer
from model.workers import threads
from score.folder import MANIFEST, shard_name, write_shard
from score.identity import kernel_of, model_identity
from score.manifest import Manifest, library_versions, unlike
from score.plan import Plan
from score.report import Tally
from score.shard import make_shard

_PARCEL = pa.schema(
    [
        ("index", pa.int64()),
        ("rows", pa.int64()),
        ("data", pa.large_binary()),
        ("tally", pa.string()),
        ("error", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Job:
    """What every process of a run is told.

    Args:
        plan: the run; its archive at a place that the reading process reaches.
        folder: of the shards, at a place that every process reaches.
        load: loads the model.
        found: shards that are there already, and their rows.
        begin: counts how often a shard's making has begun; see `Tries`.
        tries: so often at most.
    """

    plan: Plan
    folder: Path
    load: Callable[[], Scorer]
    found: Mapping[int, int]
    begin: Callable[[int], int]
    tries: int


class Tries:
    """Counts how often the making of each shard has begun: one for all workers, so that it outlives them.

    A shard that ends every process that takes it up would else be given out for ever.
    """

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, index: int) -> int:
        """Return how often, this time included."""
        self._begun[index] += 1
        return self._begun[index]


@dataclass(frozen=True, slots=True)
class Done:
    """A shard that is there: its place, its rows, and what became of them if this run made it."""

    index: int
    rows: int
    tally: Tally | None


def parcels(job: Job) -> Iterator[pa.Table]:
    """Read the archive: every shard as one row, without its data where the folder has it.

    An error of the archive is the last row.
    """
    try:
        for shard in job.plan.shards():
            rows = len(shard.rows)
            there = job.found.get(shard.index) == rows
            yield _parcel(index=shard.index, rows=rows, data=None if there else _packed(shard.rows))
    except CausewireError as error:
        yield _parcel(index=-1, rows=0, error=_told(error.what, error.remedy))


class ShardMaker:
    """One a worker; loads the model at its first shard and keeps it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._tagger: Scorer | None = None
        self._threads = 1

    def __call__(self, parcel: pa.Table) -> pa.Table:
        """Make the shard of a parcel, write its file, and send back what became of the rows."""
        row = {name: parcel[name][0] for name in _PARCEL.names}
        index, rows = row["index"].as_py(), row["rows"].as_py()
        if not row["data"].is_valid:
            return _parcel(index=index, rows=rows, error=row["error"].as_py())
        try:
            tally = self._make(index, pa.ipc.open_stream(row["data"].as_buffer()).read_all())
        except CausewireError as error:
            told = _told(f"{shard_name(index)}: {error.what}", error.remedy)
        except Exception as error:  # noqa: BLE001 - it would reach the caller without the shard's name
            what = f"{shard_name(index)} cannot be made ({type(error).__name__}: {error})"
            told = _told(what, "report it, for this is a defect; `--engine local` may get past it")
        else:
            return _parcel(index=index, rows=rows, tally=json.dumps(tally.as_json()))
        return _parcel(index=index, rows=rows, error=told)

    def _make(self, index: int, rows: pa.Table) -> Tally:
        tagger = self._tagger = self._tagger or self._loaded()
        if self._job.begin(index) > self._job.tries:
            raise ArchiveError(
                f"it ended {self._job.tries} workers, one after another",
                "give the workers more memory; Ray's logs say why they ended",
            )
        with threads(self._threads):
            shard = make_shard(self._job.plan, rows, tagger)
        write_shard(self._job.folder, index, shard)
        return shard.tally

    def _loaded(self) -> Scorer:
        job, here = self._job, platform.node()
        if not (job.folder / MANIFEST).exists():
            raise ArchiveError(f"{job.folder} is not there on {here}", "name a folder that every node shares")
        manifest = Manifest.read(job.folder / MANIFEST)
        if others := unlike(manifest.libraries, library_versions()):
            raise ArchiveError(
                f"{here} has other libraries than the run was begun with", f"pip install {others} there"
            )
        kernel = manifest.kernel
        self._threads = kernel.threads
        os.environ["RAYON_NUM_THREADS"] = str(kernel.threads)  # the tokenizer's: it takes all cores else
        tagger = job.load()
        if model_identity(tagger) != job.plan.model:
            raise ModelError(
                f"{here} has model {tagger.version}, the run {job.plan.model.version}",
                "put the same model on every node",
            )
        if kernel_of(tagger).name != kernel.name:
            raise ModelError(
                f"{here} computes with {kernel_of(tagger).name}, the run with {kernel.name}",
                "take nodes of one kind, or begin anew with a kernel that all of them have",
            )
        return tagger


def received(row: Mapping[str, Any]) -> Done:
    """Read what came back.

    Raises:
        ArchiveError: the shard could not be made; the words say which and why.
    """
    if row["error"]:
        raise ArchiveError(*json.loads(row["error"]))
    tally = Tally.from_json(json.loads(row["tally"])) if row["tally"] else None
    return Done(row["index"], row["rows"], tally)


def _parcel(**values: object) -> pa.Table:
    return pa.table({field.name: pa.array([values.get(field.name)], field.type) for field in _PARCEL})


def _packed(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def _told(what: str, remedy: str) -> str:
    return json.dumps([what, remedy])
