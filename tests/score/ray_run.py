"""Score an archive into a folder on a Ray cluster, with a model that takes its time or fails.

    python ray_run.py SOURCE FOLDER ENGINE ADDRESS --log FILE [--seconds S]

ENGINE is `ray` or `local`. Prints how many rows there are and how many an earlier run had done, or
leaves with an error's words. FILE gets the number of each process that loads the model; S is how long a
shard takes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from common import FakeScorer
from errors import CausewireError
from score.ray_engine import RayEngine
from score.run import score_archive

SHARD_ROWS = 20


class SlowTagger(FakeScorer):
    """Takes its time; a text can make it fail or take its process along."""

    def __init__(self, seconds: float, log: Path) -> None:
        super().__init__()
        self.seconds = seconds
        with log.open("a") as file:  # a line for each time that a process loads the model
            file.write(f"{os.getpid()}\n")

    def predict_proba(self, texts):
        time.sleep(self.seconds)
        if "a text that fails" in texts:
            raise ValueError("no such thing")
        if "a text that kills" in texts:
            os.abort()
        return super().predict_proba(texts)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("source", "folder", "engine", "address"):
        parser.add_argument(name)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--log", type=Path, required=True)
    given = parser.parse_args()
    load = partial(SlowTagger, given.seconds, given.log)
    engine = (
        RayEngine(load=load, address=given.address, workers=2, tries=2) if given.engine == "ray" else None
    )
    try:
        report = score_archive(given.source, given.folder, load(), shard_rows=SHARD_ROWS, engine=engine)
    except CausewireError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps({"rows": report.rows, "resumed": report.resumed_rows}))


if __name__ == "__main__":
    main()
