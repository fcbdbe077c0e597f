"""`_manifest.json`: what a folder of shards was made from and how, so that no run mixes two of them.

It is written before the first shard, and once more, with the counts, after the last.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from errors import ArchiveError
from score.columns import TextColumns
from score.identity import Kernel, ModelIdentity
from score.plan import Plan
from score.report import Tally

LAYOUT = 3  # raised when older code could no longer go on with the folder
_LIBRARIES = ("torch", "tokenizers", "lingua-language-detector", "pyarrow")


def library_versions() -> dict[str, str]:
    """Return the versions of what computes, judges and writes here, without the mark of a build."""
    return {name: importlib.metadata.version(name).partition("+")[0] for name in _LIBRARIES}


def unlike(begun: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Return which libraries of a run have another version here, as pip takes them; empty if none has."""
    return " ".join(f"{name}=={version}" for name, version in begun.items() if here.get(name) != version)


@dataclass(frozen=True, slots=True)
class InputFile:
    """The input as it was: its name (for people), its size in bytes, the sha256 of its bytes."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What decides every byte of the shards.

    Args:
        input: the archive.
        columns: which of its columns make the text.
        model: which model scores.
        kernel: how it computes; a run that goes on takes the number of threads from here.
        shard_rows: most rows of a shard.
        shard_bytes: a shard ends with the row that brings its texts to so many bytes.
        libraries: versions of those that compute, judge and write.
    """

    input: InputFile
    columns: TextColumns
    model: ModelIdentity
    kernel: Kernel
    shard_rows: int
    shard_bytes: int
    libraries: dict[str, str] = dataclasses.field(default_factory=library_versions)

    @classmethod
    def of(cls, plan: Plan, input_: InputFile, kernel: Kernel) -> Self:
        """Make the manifest of a run that begins here."""
        return cls(
            input=input_,
            columns=plan.columns,
            model=plan.model,
            kernel=kernel,
            shard_rows=plan.shard_rows,
            shard_bytes=plan.shard_bytes,
        )

    def as_json(self, finished: dict[str, Any] | None) -> str:
        """Return the file's text; `finished` are the counts, None while the run goes on."""
        raw = {"layout": LAYOUT, **dataclasses.asdict(self), "finished": finished}
        return json.dumps(raw, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a manifest.

        Raises:
            ArchiveError: it is damaged or of another layout.
        """
        remedy = "name a new folder for the output"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["layout"] != LAYOUT:
                raise ArchiveError(f"{path}: layout is {raw['layout']}, not {LAYOUT}", remedy)
            return cls(
                input=InputFile(**raw["input"]),
                columns=TextColumns(**raw["columns"]),
                model=ModelIdentity(**raw["model"]),
                kernel=Kernel(**raw["kernel"]),
                shard_rows=int(raw["shard_rows"]),
                shard_bytes=int(raw["shard_bytes"]),
                libraries=dict(raw["libraries"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"{path} is not a manifest that can be read ({error})", remedy) from error

    def difference(self, now: Manifest) -> str | None:
        """Say in a few words what of `now` is another than here; None when both make the same shards."""
        if (self.input.bytes, self.input.sha256) != (now.input.bytes, now.input.sha256):
            return f"another input ({self.input.name}, sha256 {self.input.sha256[:12]}…)"
        if self.columns != now.columns:
            summary = f" and summary '{self.columns.summary}'" if self.columns.summary else " and no summary"
            return f"other columns (title '{self.columns.title}'{summary})"
        if self.model != now.model:
            return _other_model(self.model, now.model)
        if (self.shard_rows, self.shard_bytes) != (now.shard_rows, now.shard_bytes):
            return f"other shards ({self.shard_rows} rows or {self.shard_bytes} bytes)"
        return _other_machine(self, now)


def _other_model(begun: ModelIdentity, now: ModelIdentity) -> str:
    if dataclasses.replace(begun, thresholds=now.thresholds) == now:
        return f"other thresholds ({', '.join(f'{value:g}' for value in begun.thresholds)})"
    return f"another model ({begun.version})"


def _other_machine(begun: Manifest, now: Manifest) -> str | None:
    if begun.kernel.name != now.kernel.name:
        first, here = begun.kernel.name, now.kernel.name
        return f"another kernel ({first}, not {here}: add --kernel {first}, on a machine that has it)"
    others = unlike(begun.libraries, now.libraries)
    return f"other libraries (pip install {others} to go on)" if others else None


def fingerprint(path: Path) -> InputFile:
    """Read a file's size and the sha256 of its bytes.

    Raises:
        ArchiveError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return InputFile(path.name, file.seek(0, os.SEEK_END), digest)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read ({error.strerror})", "check the path") from error


def finished(shards: list[tuple[str, int]], tally: Tally) -> dict[str, Any]:
    """Return what a manifest says at the end: the counts, and every shard with its rows."""
    return {**tally.as_json(), "shards": [{"file": name, "rows": rows} for name, rows in shards]}
