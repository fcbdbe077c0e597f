"""A folder of shards that can be killed at any moment and gone on with.

    with ShardFolder(path, manifest) as folder:
        if not folder.keeps(index, rows): folder.write(index, shard)   # in any order; or elsewhere
            # write_shard(path, index, shard), and here folder.has(index, tally)
        folder.finish()

Every file gets its name only when all of it is on the disk. What became of a shard's rows stands in
its own footer, so that nothing has to be kept in step with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from errors import ArchiveError
from ingest.places import is_remote
from ingest.streams import writing
from score.manifest import Manifest, finished
from score.report import Tally
from score.shard import FOOTER, Shard

MANIFEST = "_manifest.json"
# What a killed run leaves of a file that it was writing; whatever else is there is someone's own.
_SHARD = re.compile(r"part-(\d{5,})\.parquet")
_LEFTOVER = re.compile(rf"\.(part-\d{{5,}}\.parquet|{re.escape(MANIFEST)})\.\d+\.partial")
_ANOTHER = "name another folder, or remove this one to begin anew"
_READERS = 16  # of footers at once: on an object store each takes some hundredths of a second


class ShardFolder:
    """The output folder of one run, as a context manager; only one run at a time can have it.

    Args:
        path: made if it is not there.
        manifest: of this run; a folder that was begun with another is refused.

    Raises:
        ArchiveError: the folder holds something else, belongs to another input or model, is being written by
            another run, or cannot be written.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._found: dict[int, Tally] = {}  # shards that an earlier run has made
        self._done: dict[int, Tally] = {}  # shards of this run's plan that are there
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._lock(stack)
            self._begin_or_go_on({path.name: path for path in self._without_leftovers()})
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def resumed_rows(self) -> int:
        """Rows of this run's shards that an earlier run has made."""
        return sum(tally.rows for index, tally in self._done.items() if tally is self._found.get(index))

    def keeps(self, index: int, rows: int) -> bool:
        """Keep a shard of so many rows that lies here already; say whether there was one.

        Args:
            index: its place among all shards.
            rows: as the plan cuts it.
        """
        tally = self._found.get(index)
        if tally is None or tally.rows != rows:
            return False
        self._done[index] = tally
        return True

    def write(self, index: int, shard: Shard) -> None:
        """Write one shard.

        Raises:
            ArchiveError: the disk is full.
        """
        write_shard(self.path, index, shard)
        self.has(index, shard.tally)

    def has(self, index: int, tally: Tally) -> None:
        """Take note of a shard that another process has written."""
        self._done[index] = tally

    def found(self) -> dict[int, int]:
        """Return which shards an earlier run has made, and their rows."""
        return {index: tally.rows for index, tally in self._found.items()}

    def finish(self) -> Tally:
        """Write the counts of all shards into the manifest and return their sum.

        Every shard must have been written, or `keeps` have said that it is there.

        Raises:
            ArchiveError: a run of something else has meanwhile begun in the same folder.
        """
        self._refuse_another(Manifest.read(self.path / MANIFEST))
        self._without_leftovers()  # of a worker elsewhere that was killed while it wrote
        shards = [(shard_name(index), tally.rows) for index, tally in sorted(self._done.items())]
        total = sum(self._done.values(), Tally())
        self._write_manifest(self.manifest.as_json(finished(shards, total)))
        return total

    def _files(self) -> list[Path]:
        """Return what is in the folder; an object store has none until something is in it."""
        return list(self.path.iterdir()) if self.path.exists() else []

    def _without_leftovers(self) -> list[Path]:
        """Remove what is half written; return what is in the folder then."""
        files = self._files()
        leftovers = [path for path in files if _LEFTOVER.fullmatch(path.name)]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return [path for path in files if path not in leftovers]

    def _lock(self, stack: ExitStack) -> None:
        if is_remote(self.path):
            return  # no store has locks; `finish` looks whether someone else began meanwhile
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise ArchiveError(
                f"cannot make the folder {self.path} ({error.strerror})", "name another"
            ) from error
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveError(
                f"another run is writing to {self.path}", "wait for it, or name another folder"
            ) from error
        except OSError:
            return  # a network file system without locks on folders: the same as a store

    def _begin_or_go_on(self, files: Mapping[str, Path]) -> None:
        if MANIFEST in files:
            begun = Manifest.read(files[MANIFEST])
            self._refuse_another(begun)
            self.manifest = begun
            self._found = self._finished_shards(files)
        elif files:
            raise ArchiveError(
                f"{self.path} is not empty and has no {MANIFEST}", "name an empty or a new folder"
            )
        else:
            self._write_manifest(self.manifest.as_json(None))

    def _refuse_another(self, begun: Manifest) -> None:
        if difference := begun.difference(self.manifest):
            raise ArchiveError(f"{self.path} was begun with {difference}", _ANOTHER)

    def _finished_shards(self, files: Mapping[str, Path]) -> dict[int, Tally]:
        paths = {int(found[1]): path for name, path in files.items() if (found := _SHARD.fullmatch(name))}
        with ThreadPoolExecutor(_READERS, "footer") as readers:
            tallies = readers.map(self._tally_of, paths.values())
            return {index: tally for index, tally in zip(paths, tallies, strict=True) if tally}

    def _tally_of(self, path: Path) -> Tally | None:
        """Read a shard's footer; None for a file that is not a whole shard of this run, to be made again."""
        try:
            with path.open("rb") as file:
                metadata = pq.read_metadata(file)
            raw = json.loads((metadata.metadata or {})[FOOTER])
            whole = metadata.num_rows == raw["rows"] and raw["model_version"] == self.manifest.model.version
            return Tally.from_json(raw) if whole else None
        except (OSError, pa.ArrowException, ValueError, KeyError, TypeError):
            return None

    def _write_manifest(self, text: str) -> None:
        with writing(self.path / MANIFEST) as stream:
            stream.write(text.encode())


def write_shard(folder: Path, index: int, shard: Shard) -> None:
    """Write a shard into a folder that some `ShardFolder` of any process has in hand.

    Raises:
        ArchiveError: the disk is full.
    """
    with writing(folder / shard_name(index)) as stream:
        stream.write(shard.data)


def shard_name(index: int) -> str:
    """Return the file name of a shard; they sort by name up to a hundred thousand of them."""
    return f"part-{index:05d}.parquet"
