"""The folder `work` in a model folder: what a run was of, and its states, as long as it is unfinished.

refuse_foreign(out)           # before anything is read for it
begin(out, meta)              # a new run
state = state_of(out, meta)   # one that goes on
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from errors import ModelError
from model.meta import LAYOUT, META, CheckpointMeta
from training.callbacks import last_state

WORK = "work"
_RUN = "run.json"  # written before any state: what the run is of
# In what torch raises for a full disk and for a state that is cut off, which have no types of their own.
_TORCH_WRITER, _TORCH_READER = "inline_container", "PytorchStreamReader"


def refuse_foreign(out: Path) -> None:
    """Refuse a folder that is not training's to write over.

    Raises:
        ModelError: `out` holds something else than a model or an unfinished run, or is a file.
    """
    work = out / WORK
    if out.exists() and not out.is_dir():
        raise ModelError(f"{out} is a file", "name a folder with --out")
    if (work / _RUN).is_file():
        return
    if not (out / META).is_file() and out.exists() and any(out.iterdir()):
        raise ModelError(f"{out} is neither empty nor a model folder", "name another folder with --out")
    if work.exists() and any(work.iterdir()):
        raise ModelError(f"{work} is of no unfinished run", "move it, or name another folder with --out")


def begin(out: Path, meta: CheckpointMeta) -> None:
    """Make the folder ready for a new run, without the states of an older one.

    Raises:
        ModelError: see `refuse_foreign`.
    """
    refuse_foreign(out)
    work = out / WORK
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)
    (work / _RUN).write_text(_described(meta), encoding="utf-8")


def state_of(out: Path, meta: CheckpointMeta) -> Path:
    """Return the state that an unfinished run of these rows, causes, languages, recipe and base goes on from.

    Raises:
        ModelError: there is none, or it is of another run.
    """
    work = out / WORK
    state = last_state(work)
    if state is None or not (work / _RUN).is_file():
        raise ModelError(f"{work} holds no unfinished run", "leave out --resume")
    if (work / _RUN).read_text(encoding="utf-8") != _described(meta):
        raise ModelError(
            f"the unfinished run in {work} is of other rows, causes, languages, recipe or base encoder",
            "give what it was begun with, or leave out --resume to begin anew",
        )
    return state


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say in one line what a run cannot write or read: no such place, no right to it, no space, cut off."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        if _TORCH_READER in str(error):
            raise ModelError(
                f"the newest state in {out / WORK} is cut off",
                "remove its folder and resume from the one before, or begin anew without --resume",
            ) from error
        if isinstance(error, RuntimeError) and _TORCH_WRITER not in str(error):
            raise
        place = getattr(error, "filename", None) or out
        reason = getattr(error, "strerror", None) or error
        raise ModelError(
            f"cannot write or read {place} ({reason})", "make room there, or name another --out"
        ) from error


def _described(meta: CheckpointMeta) -> str:
    return json.dumps({"layout": LAYOUT, **dataclasses.asdict(meta)}, indent=2)
